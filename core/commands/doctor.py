"""`doctor`: what is configured, what works, and what to do about the rest."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import StudioError
from core.settings import Settings, load

if TYPE_CHECKING:
    from core.llm import ModelSettings


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> int:
    """Check every part and say how to mend what is broken. Exit code 0 when all parts work."""
    settings = load()
    parts = check(settings)
    if as_json:
        sys.stdout.write(json.dumps(parts) + "\n")
    else:
        for name, (fine, note) in parts.items():
            sys.stdout.write(f"{'ok ' if fine else 'NO '} {name:10} {note}\n")
        for note in settings.notes:
            sys.stdout.write(f"    {note}\n")
    return 0 if all(fine for fine, _ in parts.values()) else 1


def check(settings: Settings) -> dict[str, tuple[bool, str]]:
    """Part -> whether it works, and a note for people."""
    from core.studio import open_studio

    free = shutil.disk_usage(_existing(settings)).free
    parts = {
        "python": (sys.version_info >= (3, 11), sys.version.split()[0]),
        "disk": (free > 1 << 30, f"{free / 1e9:.1f} GB free for {settings.studio_data_dir}"),
    }
    try:
        studio = open_studio(settings.model_copy(update={"log_level": "ERROR"}))
    except StudioError as error:
        return parts | {"studio": (False, f"{error.message} {error.hint}")}
    kind = "SQLite" if studio.database.is_sqlite else "PostgreSQL"
    parts |= {
        "database": (True, f"{kind}, schema up to date"),
        "models": (True, ", ".join(studio.llm.usable(settings.studio_models))),
        "providers": (True, _providers(studio.llm.config)),
        "studio": (True, "opened and closed"),
    }
    studio.close()
    return parts


def _providers(config: ModelSettings) -> str:
    """Who is configured, and who is absent by which setting; being absent is not being broken."""
    from core.llm.provider import listed

    found = listed(config)
    there = ", ".join(one.name for one in found if not one.missing)
    absent = ", ".join(f"{one.name} ({one.missing})" for one in found if one.missing)
    return there + (f"; absent: {absent}" if absent else "")


def _existing(settings: Settings) -> str:
    folder = settings.studio_data_dir
    while not folder.exists():
        folder = folder.parent
    return str(folder)
