"""A tool's arguments, filled by what its parameters are called."""

from __future__ import annotations

from typing import Any

from core.llm.messages import ToolSpec
from core.llm.offline.columns import main_measure, with_role
from core.llm.offline.question import Wish


def suits(tool: ToolSpec, profile: dict[str, Any]) -> bool:
    """The table has the kinds of columns that the tool works on."""
    names = properties(tool)
    measures, times = with_role(profile, "measure"), with_role(profile, "time")
    if {"time", "period", "current"} & names.keys() and not times:
        return False
    if "measures" in names and len(measures) < 2:
        return False
    splits = {"dimension", "dimensions"} & names.keys() and not {
        "period",
        "aggregate",
    } & names.keys()
    if splits and not with_role(profile, "dimension"):
        return False
    return bool(measures) or "measure" not in required(tool)


def empty(tool: ToolSpec, table: str, profile: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """The fewest arguments: everything that fits is looked at."""
    made: dict[str, Any] = {"table": table}
    if "measure" in required(tool):
        made["measure"] = wish.measures[0] if wish.measures else main_measure(profile)
    if "time" in required(tool):
        made["time"] = with_role(profile, "time")[0]
    return made


def fill(tool: ToolSpec, table: str, profile: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """The arguments that make the tool answer the wish; what it leaves open is left out."""
    measures, dimensions = wish.measures, wish.groups
    times = [name for name in wish.named if name in with_role(profile, "time")]
    counts = wish.aggregate == "count" and not measures
    wanted = {
        "measure": measures[0] if measures else None if counts else _implied(tool, profile, wish),
        "measures": measures or None,
        "dimension": dimensions[0] if dimensions else None,
        "dimensions": dimensions or None,
        "time": times[0] if times else None,
        "period": wish.period.unit if wish.period else None,
        "current": wish.period.current if wish.period else None,
        "aggregate": wish.aggregate,
        "top": wish.top,
    }
    known = properties(tool)
    chosen = {
        name: value
        for name, value in wanted.items()
        if value is not None and name in known and _allowed(known[name], value)
    }
    return {**empty(tool, table, profile, wish), **chosen}


def properties(tool: ToolSpec) -> dict[str, Any]:
    """The schema of each parameter."""
    return tool.parameters.get("properties", {})


def required(tool: ToolSpec) -> list[str]:
    """Names of the parameters that must be given."""
    return tool.parameters.get("required", [])


def _implied(tool: ToolSpec, profile: dict[str, Any], wish: Wish) -> str | None:
    """The main measure, where a question about an amount names none."""
    about_amounts = wish.aggregate or wish.extreme or wish.change
    return main_measure(profile) if about_amounts and "aggregate" in properties(tool) else None


def _allowed(schema: dict[str, Any], value: Any) -> bool:
    """The schema lists no choices, or this one."""
    choices = [
        choice for part in (schema, *schema.get("anyOf", ())) for choice in part.get("enum", ())
    ]
    return not choices or value in choices
