"""Tool specs, a table's profile and results as the offline model meets them."""

from __future__ import annotations

import json
from typing import Any

from core.llm import Message, ToolCall, ToolSpec
from core.llm.offline.model import Answer, answer

QUESTION = "Why did revenue fall in the last quarter?"
UNITS = {"enum": ["day", "week", "month", "quarter", "year", "auto"]}
KINDS = {"enum": ["sum", "mean", "median", "min", "max", "count"]}
TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
MAYBE = {"anyOf": [TEXT, {"type": "null"}]}


def spec(name: str, description: str, needs: tuple[str, ...] = (), **more: Any) -> ToolSpec:
    """A tool over a table."""
    schema = {"type": "object", "properties": {"table": TEXT, **more}}
    schema["required"] = ["table", *needs]
    return ToolSpec(name=name, description=description, parameters=schema)


TOOLS = [
    spec("profile", "What a table holds.\nAnswers: profile, columns, overview, describe."),
    spec(
        "total",
        "One number, or one a group.\nAnswers: total, sum, how much, how many, average, mean, "
        "median, count, which, most, least, highest, lowest, top, bottom, rank.",
        measure=MAYBE, aggregate=KINDS, dimension=MAYBE, top={"type": "integer"},
    ),
    spec(
        "segments",
        "Compare segments.\nAnswers: which, segment, best, worst, top, bottom, differ, by, per, "
        "compare, group.",
        measure=MAYBE, dimensions=TEXTS,
    ),
    spec(
        "trend",
        "Follow a measure over time.\nAnswers: trend, over time, develop, evolve, history.",
        measure=MAYBE, time=MAYBE,
    ),
    spec(
        "change",
        "Explain a change.\nAnswers: why, change, fall, fell, drop, decline, rise, increase, "
        "growth, compare, versus, last, quarter, month, year.",
        ("measure",),
        measure=TEXT, time=MAYBE, period=UNITS, current=TEXT, dimensions=TEXTS,
    ),
    spec("outliers", "Find outliers.\nAnswers: outlier, unusual, anomaly, strange.", measure=MAYBE),
    spec(
        "relation",
        "Relate measures.\nAnswers: related, correlated, drives, depends, affect, influence.",
        measures=TEXTS,
    ),
    spec("distribution", "Spread.\nAnswers: distribution, spread, range, typical.", measure=MAYBE),
    spec("missingness", "What is missing.\nAnswers: missing, empty, quality, complete."),
    spec("simpson", "Reversals.\nAnswers: paradox, reversal, confounded.", measure=MAYBE,
         dimension=MAYBE),
]  # fmt: skip


def column(name: str, role: str, top: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A column of a profile."""
    values = [{"value": value, "count": 9} for value in top]
    return {"name": name, "role": role, "type": "text", "top": values, **more}


PROFILE = {
    "table": "sales",
    "title": "Sales",
    "rows": 9000,
    "columns": [
        column("order_id", "id"),
        column("order_date", "time", min="2024-01-01", max="2025-12-30"),
        column("region", "dimension", ("North", "South", "East")),
        column("sales_channel", "dimension", ("Online", "Store")),
        column("product_line", "dimension", ("Brewers", "Grinders")),
        column("units", "measure"),
        column("unit_price", "measure"),
        column("discount_pct", "measure"),
        column("revenue", "measure"),
        column("returns", "measure"),
    ],
}
PROFILE_JSON = json.dumps(PROFILE)


def finding(key: str, status: str, *sentences: str, weight: float = 0.5) -> dict[str, Any]:
    """A finding in a tool's result."""
    return {"id": key, "status": status, "sentences": list(sentences), "weight": weight}


def opening(question: str, tables: str = "sales (many rows)") -> list[Message]:
    """How a conversation about data begins."""
    rules = f"Answer from the tools.\nTables: {tables}\nStop when the budget is nearly spent."
    return [Message(role="system", content=rules), Message(role="user", content=question)]


def play(
    question: str,
    results: dict[str, dict[str, Any]] | None = None,
    *,
    tools: list[ToolSpec] = TOOLS,
    tables: str = "sales",
    profile: dict[str, Any] = PROFILE,
    note_after: int | None = None,
) -> tuple[list[list[ToolCall]], Answer]:
    """Every move of the model until it answers; tools answer with `results` by name."""
    talk = opening(question, tables)
    moves: list[list[ToolCall]] = []
    for look in range(1, 30):
        made = answer(talk, tools)
        if not made.tool_calls:
            return moves, made
        moves.append(made.tool_calls)
        talk.append(Message(role="assistant", tool_calls=made.tool_calls))
        for call in made.tool_calls:
            result = {"look": look, "recipe": call.name, "findings": [], "notes": []}
            result |= (results or {}).get(call.name, {})
            said = (
                profile | {"table": call.arguments["table"]} if call.name == "profile" else result
            )
            talk.append(Message(role="tool", tool_call_id=call.id, content=json.dumps(said)))
        if note_after == len(moves):
            talk.append(Message(role="system", content="Your iterations are nearly spent."))
    raise AssertionError("the model never stops")


def asked(moves: list[list[ToolCall]]) -> list[str]:
    """The direct calls: tool and arguments but the table, as text."""
    direct = [calls[0] for calls in moves[1:] if len(calls) == 1]
    return [
        " ".join([call.name, *(f"{k}={v}" for k, v in call.arguments.items() if k != "table")])
        for call in direct
    ]
