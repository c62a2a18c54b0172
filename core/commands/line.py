"""The command line itself: finds the commands, runs one, tells errors like a person would."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import typer
from typer.exceptions import Abort, Exit, TyperException

from core.errors import Invalid, StudioError

OWN = {"line", "printing"}


def app() -> typer.Typer:
    """Every command of this folder: `def NAME(...)` in `NAME.py`, dashes for underscores."""
    cli = typer.Typer(
        name="core", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    folder = str(Path(__file__).parent)
    for found in sorted(item.name for item in pkgutil.iter_modules([folder])):
        if found not in OWN:
            module = importlib.import_module(f"core.commands.{found}")
            command: Callable[..., object] = getattr(module, found)
            cli.command(found.replace("_", "-"))(command)
    return cli


def run(words: list[str]) -> int:
    """The exit code of the command: 0 when all is well, 1 for its own no, 2 for an error."""
    try:
        return int(app()(words, standalone_mode=False) or 0)
    except StudioError as error:
        told = {"error": error.as_value()}
        if "--json" in words:
            sys.stdout.write(json.dumps(told) + "\n")
        sys.stderr.write(f"{error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 2
    except Exit as error:
        return error.exit_code
    except Abort:
        sys.stderr.write("Stopped.\n")
        return 130
    except TyperException as error:
        if "--json" in words:
            told = {"error": Invalid(error.format_message()).as_value()}
            sys.stdout.write(json.dumps(told) + "\n")
        sys.stderr.write(f"{error.format_message()}\n")
        return error.exit_code
