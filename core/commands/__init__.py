"""The commands, one a file; and the one place where their errors become words and exit codes."""

from core.commands.line import run

__all__ = ["run"]
