"""The tables themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from core.kernel.records import ENDED, EVENT, OPEN, WAIT
from tests.core.kernel.proofs.parts import ANA, until


def test_every_question_and_event_is_a_row(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    wait = kernel.database.rows(sa.select(WAIT))[0]
    assert wait.question == "May I publish?"
    assert wait.deadline_at.utcoffset() == timedelta(0)
    kinds = [e.type for e in kernel.database.rows(sa.select(EVENT).order_by(EVENT.c.id))]
    assert kinds[-2:] == ["step.waiting", "task.waiting"]


CORE = Path(__file__).parents[3] / "core"
WITHOUT_TENANT = {"identity_org", "kernel_process", "ledger_entry"}


def tables():
    """Table -> the room whose records.py declares it."""
    import importlib

    for file in CORE.rglob("records.py"):
        importlib.import_module(".".join(("core", *file.relative_to(CORE).with_suffix("").parts)))
    return {
        mapper.local_table: mapper.class_.__module__.split(".")[1]
        for mapper in SQLModel._sa_registry.mappers
        if mapper.class_.__module__.startswith("core.")
    }


def test_every_table_knows_its_tenant():
    found = {table.name for table in tables() if "org_id" not in table.columns}
    assert found == WITHOUT_TENANT


def test_every_table_begins_with_its_room():
    wrong = {t.name: room for t, room in tables().items() if not t.name.startswith(f"{room}_")}
    assert wrong == {}
    assert len(tables()) > 15


def test_every_amount_is_64_bits_and_every_time_has_its_zone():
    for table in tables():
        for column in table.columns:
            if column.name.endswith("_nusd") or column.name in ("nusd", "held", "spent", "max"):
                assert isinstance(column.type, sa.BigInteger), f"{table.name}.{column.name}"
            if column.name.endswith("_at") or column.name == "at":
                assert type(column.type).__name__ == "Utc" or column.name == "forked_at"


def test_a_state_is_open_or_ended():
    assert not set(OPEN) & set(ENDED)
    assert {"queued", "running", "waiting"} == set(OPEN)
