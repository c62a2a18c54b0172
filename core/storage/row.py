"""What every table's class is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sqlmodel import SQLModel


class Row(SQLModel):
    """A row of the table that its class names in `__tablename__`."""

    if TYPE_CHECKING:  # SQLModel types its default, a method, instead of what SQLAlchemy takes
        __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]
