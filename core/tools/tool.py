"""What a model may call: a function over tables, registered by standing in its own file."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from core.data.tables import Tables
from core.errors import Invalid
from core.kernel.registry import Registry
from core.tools.evidence import Outcome

HERE = Path(__file__).parent
DAY_S = 24 * 3600
ROOMS = ("core.tools.builtin", "core.tools.recipes")


class Tool:
    """One registered function with its words and its parameters."""

    def __init__(
        self,
        name: str,
        description: str,
        fn: Callable[[Tables, Any], Outcome],
        *,
        cache_ttl_s: int = 0,
    ) -> None:
        self.name = name
        self.description = description
        self.fn = fn
        self.cache_ttl_s = cache_ttl_s
        self.params: type[BaseModel] = get_type_hints(fn)["params"]

    @cached_property
    def version(self) -> str:
        """SHA-256 of the tool's file and of all that tools share; it changes when either does."""
        own = Path(inspect.getsourcefile(self.fn) or "").read_bytes()
        return hashlib.sha256(own + _shared().encode()).hexdigest()

    def spec(self) -> dict[str, Any]:
        """Name, description and JSON schema of the parameters, as models are told."""
        schema = _terse(self.params.model_json_schema())
        return {"name": self.name, "description": self.description, "parameters": schema}

    def __call__(self, tables: Tables, params: BaseModel | dict[str, Any]) -> Outcome:
        """The outcome of one run. Raises Invalid when the parameters do not fit."""
        if isinstance(params, self.params):
            return self.fn(tables, params)
        given = params.model_dump() if isinstance(params, BaseModel) else params
        try:
            checked = self.params.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "parameters"
            raise Invalid(
                f"{self.name!r} cannot use {place!r}: {first['msg']}.",
                hint=f"It takes: {', '.join(self.params.model_fields)}.",
            ) from error
        return self.fn(tables, checked)


def _terse(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema without the titles that only repeat its names: models pay for every word."""
    kept = {name: part for name, part in schema.items() if name not in ("title", "properties")}
    if "properties" in schema:
        kept["properties"] = {name: _terse(part) for name, part in schema["properties"].items()}
    return kept


@cache
def _shared() -> str:
    """SHA-256 of the files that recipes are made with: statistics, readings, sentences."""
    digest = hashlib.sha256()
    for folder in (HERE, HERE / "statistics"):
        for file in sorted(folder.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


TOOLS: Registry[Tool] = Registry("tool")


def tool(
    name: str, description: str, *, cache_ttl_s: int = 0
) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Register `fn(tables, params: Model) -> Outcome` in TOOLS; the function stays as it is.

    With `cache_ttl_s` an equal question about the same rows is answered from the cache for so
    long: for tools that read nothing but the tables their parameters name.
    """

    def register(fn: Callable[..., Outcome]) -> Callable[..., Outcome]:
        TOOLS.add(name, Tool(name, description, fn, cache_ttl_s=cache_ttl_s))
        return fn

    return register


def discover() -> Registry[Tool]:
    """TOOLS, after every file in the rooms of tools was imported. Calling again changes nothing."""
    for room in ROOMS:
        if importlib.util.find_spec(room) is None:
            continue
        package = importlib.import_module(room)
        for found in sorted(item.name for item in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{room}.{found}")
    return TOOLS
