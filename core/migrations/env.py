"""What Alembic runs: our metadata only, in the connection it is given."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

CORE = Path(__file__).parents[1]


def discover() -> None:
    """Every table of ours is known to the metadata."""
    for file in sorted(CORE.rglob("records.py")):
        import_module(".".join(("core", *file.relative_to(CORE).with_suffix("").parts)))


def ours(_object: Any, name: str | None, type_: str, _reflected: bool, _to: Any) -> bool:
    """Leave alone what the engine keeps in the same database."""
    return type_ != "table" or name in SQLModel.metadata.tables


def plain(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as SQLAlchemy's own: a migration must not change with our code."""
    names = {"AutoString": "sa.String()", "Utc": "sa.DateTime(timezone=True)", "Json": "sa.JSON()"}
    return names.get(type(item).__name__) or False if kind == "type" else False


if context.config is not None and "connection" in context.config.attributes:
    discover()
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=SQLModel.metadata,
        include_object=ours,
        render_item=plain,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
