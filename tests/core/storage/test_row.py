"""The base of every table."""

from __future__ import annotations

from sqlmodel import SQLModel

from core.kernel.records import Step, Task
from core.storage.row import Row


def test_a_table_is_called_what_its_class_says_and_the_base_is_none():
    assert {Task.__tablename__, Step.__tablename__} <= set(SQLModel.metadata.tables)
    assert not hasattr(Row, "__table__")
    assert not [name for name in SQLModel.metadata.tables if "_" not in name]
