"""Policies, alerts, violations, prompts, batches, pages; what a completion used in detail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "governance_alert",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("cause", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("governance_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_governance_alert_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_governance_alert_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_governance_alert_send_at"), ["send_at"], unique=False)

    op.create_table(
        "governance_override",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "name", "revision"),
    )
    op.create_table(
        "llm_batch",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("llm_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_llm_batch_org_id"), ["org_id"], unique=False)

    op.create_table(
        "llm_page",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("landed_url", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("llm_page", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_llm_page_hash"), ["hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_llm_page_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_llm_page_task_id"), ["task_id"], unique=False)

    op.create_table(
        "llm_prompt",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "name", "hash"),
    )
    op.create_table(
        "llm_prompt_move",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("tests", sa.JSON(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("llm_prompt_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_llm_prompt_move_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_llm_prompt_move_org_id"), ["org_id"], unique=False)

    op.create_table(
        "safety_violation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("use_case", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("safety_violation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_safety_violation_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_safety_violation_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_safety_violation_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_safety_violation_severity"), ["severity"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_safety_violation_task_id"), ["task_id"], unique=False)

    with op.batch_alter_table("kernel_task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("policy", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("trace", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("ledger_usage", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unit", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("breakdown", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="model"))
        batch_op.add_column(sa.Column("use_case", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("variant", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("prompt_hash", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("cache_hit", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("batch", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("latency_ms", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("first_token_ms", sa.Integer(), nullable=True))
        batch_op.alter_column(
            "units", existing_type=sa.INTEGER(), type_=sa.BigInteger(), existing_nullable=False
        )
        batch_op.create_index(batch_op.f("ix_ledger_usage_use_case"), ["use_case"], unique=False)
    # The defaults were for the rows that were there.
    with op.batch_alter_table("kernel_task", schema=None) as batch_op:
        batch_op.alter_column("trace", server_default=None)
    with op.batch_alter_table("ledger_usage", schema=None) as batch_op:
        for name in ("unit", "kind", "use_case", "variant", "prompt_hash"):
            batch_op.alter_column(name, server_default=None)
        for name in ("cache_hit", "batch", "latency_ms"):
            batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    """Go one version down."""
    with op.batch_alter_table("ledger_usage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_usage_use_case"))
        batch_op.alter_column(
            "units", existing_type=sa.BigInteger(), type_=sa.INTEGER(), existing_nullable=False
        )
        batch_op.drop_column("first_token_ms")
        batch_op.drop_column("latency_ms")
        batch_op.drop_column("batch")
        batch_op.drop_column("cache_hit")
        batch_op.drop_column("prompt_hash")
        batch_op.drop_column("variant")
        batch_op.drop_column("use_case")
        batch_op.drop_column("kind")
        batch_op.drop_column("breakdown")
        batch_op.drop_column("unit")

    with op.batch_alter_table("kernel_task", schema=None) as batch_op:
        batch_op.drop_column("trace")
        batch_op.drop_column("policy")

    with op.batch_alter_table("safety_violation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_safety_violation_task_id"))
        batch_op.drop_index(batch_op.f("ix_safety_violation_severity"))
        batch_op.drop_index(batch_op.f("ix_safety_violation_person_id"))
        batch_op.drop_index(batch_op.f("ix_safety_violation_org_id"))
        batch_op.drop_index(batch_op.f("ix_safety_violation_at"))

    op.drop_table("safety_violation")
    with op.batch_alter_table("llm_prompt_move", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_llm_prompt_move_org_id"))
        batch_op.drop_index(batch_op.f("ix_llm_prompt_move_name"))

    op.drop_table("llm_prompt_move")
    op.drop_table("llm_prompt")
    with op.batch_alter_table("llm_page", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_llm_page_task_id"))
        batch_op.drop_index(batch_op.f("ix_llm_page_org_id"))
        batch_op.drop_index(batch_op.f("ix_llm_page_hash"))

    op.drop_table("llm_page")
    with op.batch_alter_table("llm_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_llm_batch_org_id"))

    op.drop_table("llm_batch")
    op.drop_table("governance_override")
    with op.batch_alter_table("governance_alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_governance_alert_send_at"))
        batch_op.drop_index(batch_op.f("ix_governance_alert_org_id"))
        batch_op.drop_index(batch_op.f("ix_governance_alert_at"))

    op.drop_table("governance_alert")
