"""What a tool said before of the same data, asked in the same way, by the same organisation.

A tool that declares `cache_ttl_s` promises to read only the tables its parameters name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

import core.data
from core.storage.cache import Cache
from core.tools.tool import Tool

ENGINES = ("duckdb", "numpy")


def recalled(
    kept: Cache | None,
    *,
    org_id: str,
    tool: Tool | None,
    arguments: dict[str, Any],
    tables: Mapping[str, str],
    make: Callable[[], Any],
) -> tuple[Any, bool]:
    """What `make` gives, as JSON, and whether it was known already, so that nothing ran.

    `tables` says of each table what its rows are: another hash is another question. Nothing is
    kept of what raises, nor of what JSON would change.
    """
    key = _key(org_id, tool, arguments, tables) if kept and tool and tool.cache_ttl_s else ""
    if not (kept and tool and key):
        return make(), False
    found = _read(kept.get(key))
    if found is not None:
        return found, True
    made = make()
    data = to_json(made)
    if from_json(data) == made:
        kept.put(key, data, tool.cache_ttl_s)
    return made, False


def _key(org_id: str, tool: Tool, arguments: dict[str, Any], tables: Mapping[str, str]) -> str:
    """Empty when the arguments do not fit: the tool itself will say why."""
    try:
        params = tool.params.model_validate(arguments).model_dump(mode="json")
    except ValidationError:
        return ""
    named = {name: rows for name, rows in sorted(tables.items()) if name in params.values()}
    asked = [tool.name, tool.version, _data_version(), params, named]
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return f"tool:{org_id}:{digest}" if named else ""


def _read(data: bytes | None) -> Any:
    """What was kept; None when it is no JSON object."""
    try:
        found = from_json(data) if data else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@cache
def _data_version() -> str:
    """SHA-256 of what recipes stand on: how tables are read, and the engines that compute."""
    digest = hashlib.sha256("|".join(f"{name} {version(name)}" for name in ENGINES).encode())
    for file in sorted(Path(core.data.__path__[0]).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
