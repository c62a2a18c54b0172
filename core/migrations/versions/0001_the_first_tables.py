"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "identity_org",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "insight_landing",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("parquet_hash", sa.String(), nullable=False),
        sa.Column("landing", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "source_hash", "key"),
    )
    op.create_table(
        "kernel_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("kernel_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kernel_audit_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_audit_task_id"), ["task_id"], unique=False)

    op.create_table(
        "kernel_event",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "id"),
    )
    op.create_table(
        "kernel_process",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kernel_step",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("parent_seq", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("leaf", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=True),
        sa.Column("estimate", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("cost_nusd", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("overrun_nusd", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "seq"),
    )
    with op.batch_alter_table("kernel_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kernel_step_org_id"), ["org_id"], unique=False)

    op.create_table(
        "kernel_task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("who", sa.JSON(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("forked_from", sa.String(), nullable=True),
        sa.Column("forked_at", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("kernel_task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_kernel_task_forked_from"), ["forked_from"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_kernel_task_operation"), ["operation"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_task_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_task_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_task_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_task_state"), ["state"], unique=False)

    op.create_table(
        "kernel_wait",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("shows", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "seq"),
    )
    with op.batch_alter_table("kernel_wait", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_kernel_wait_deadline_at"), ["deadline_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_kernel_wait_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kernel_wait_verdict"), ["verdict"], unique=False)

    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_account_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_account_scope"), ["scope"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "account_id", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_hold",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("nusd", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.String(), nullable=False),
        sa.Column("lease_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ledger_hold", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_hold_open",
            ["lease_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "ledger_limit",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("max", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "unit", "period"),
    )
    with op.batch_alter_table("ledger_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_limit_org_id"), ["org_id"], unique=False)

    op.create_table(
        "ledger_usage",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("cache_write_tokens", sa.Integer(), nullable=False),
        sa.Column("reasoning_tokens", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("cost_nusd", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "seq", "line"),
    )
    with op.batch_alter_table("ledger_usage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_usage_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_usage_operation"), ["operation"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_usage_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_usage_person_id"), ["person_id"], unique=False)

    op.create_table(
        "storage_source",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "hash", "name"),
    )
    op.create_table(
        "identity_team",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["identity_org.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("identity_team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_team_org_id"), ["org_id"], unique=False)

    op.create_table(
        "identity_person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["identity_org.id"],
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["identity_team.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("identity_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_person_org_id"), ["org_id"], unique=False)

    op.create_table(
        "identity_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["identity_person.id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_session_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_identity_session_person_id"), ["person_id"], unique=False
        )


def downgrade() -> None:
    """Go one version down."""
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_session_person_id"))
        batch_op.drop_index(batch_op.f("ix_identity_session_org_id"))

    op.drop_table("identity_session")
    with op.batch_alter_table("identity_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_person_org_id"))

    op.drop_table("identity_person")
    with op.batch_alter_table("identity_team", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_team_org_id"))

    op.drop_table("identity_team")
    op.drop_table("storage_source")
    with op.batch_alter_table("ledger_usage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_usage_person_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_usage_org_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_usage_operation"))
        batch_op.drop_index(batch_op.f("ix_ledger_usage_at"))

    op.drop_table("ledger_usage")
    with op.batch_alter_table("ledger_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_limit_org_id"))

    op.drop_table("ledger_limit")
    with op.batch_alter_table("ledger_hold", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_hold_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.drop_table("ledger_hold")
    op.drop_table("ledger_entry")
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_account_scope"))
        batch_op.drop_index(batch_op.f("ix_ledger_account_org_id"))

    op.drop_table("ledger_account")
    with op.batch_alter_table("kernel_wait", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kernel_wait_verdict"))
        batch_op.drop_index(batch_op.f("ix_kernel_wait_org_id"))
        batch_op.drop_index(batch_op.f("ix_kernel_wait_deadline_at"))

    op.drop_table("kernel_wait")
    with op.batch_alter_table("kernel_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kernel_task_state"))
        batch_op.drop_index(batch_op.f("ix_kernel_task_person_id"))
        batch_op.drop_index(batch_op.f("ix_kernel_task_parent_id"))
        batch_op.drop_index(batch_op.f("ix_kernel_task_org_id"))
        batch_op.drop_index(batch_op.f("ix_kernel_task_operation"))
        batch_op.drop_index(batch_op.f("ix_kernel_task_forked_from"))

    op.drop_table("kernel_task")
    with op.batch_alter_table("kernel_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kernel_step_org_id"))

    op.drop_table("kernel_step")
    op.drop_table("kernel_process")
    op.drop_table("kernel_event")
    with op.batch_alter_table("kernel_audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kernel_audit_task_id"))
        batch_op.drop_index(batch_op.f("ix_kernel_audit_org_id"))

    op.drop_table("kernel_audit")
    op.drop_table("insight_landing")
    op.drop_table("identity_org")
