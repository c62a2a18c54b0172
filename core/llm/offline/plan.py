"""The next move in answering a question about tables: profile, ask directly, sweep once, finish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.llm.messages import ToolCall, ToolSpec
from core.llm.offline import choose
from core.llm.offline.arguments import empty, fill, properties, suits
from core.llm.offline.columns import with_role
from core.llm.offline.conversation import Conversation
from core.llm.offline.question import Wish, understand

PROFILE = "profile"


def is_about_data(tools: Sequence[ToolSpec]) -> bool:
    """Some tool works on a table."""
    return any("table" in properties(tool) for tool in tools)


def next_calls(talk: Conversation, tools: Sequence[ToolSpec]) -> list[ToolCall]:
    """The calls to make now; none when it is time to answer. Never one that was made before."""
    if talk.told_to_stop:
        return []
    recipes = [tool for tool in tools if "table" in properties(tool) and tool.name != PROFILE]
    for move in (_profiles(talk, tools), _direct(talk, recipes), _sweep(talk, recipes)):
        if move:
            return move
    return []


def direct_names(talk: Conversation, tools: Sequence[ToolSpec]) -> set[str]:
    """Names of the tools that speak to the question itself."""
    recipes = [tool for tool in tools if tool.name != PROFILE]
    return {tool.name for tool in choose.direct(wish_of(talk), recipes)}


def wish_of(talk: Conversation) -> Wish:
    """The question, in terms of the table that knows its words best, if there is one."""
    table = best_table(talk)
    return understand(talk.question, talk.profiles[table] if table else {"columns": []})


def best_table(talk: Conversation) -> str | None:
    """The table whose columns the question names most; the first of equals."""
    rated = [
        (len(understand(talk.question, profile).named), -place, table)
        for place, (table, profile) in enumerate(talk.profiles.items())
    ]
    return max(rated)[2] if rated else None


def _profiles(talk: Conversation, tools: Sequence[ToolSpec]) -> list[ToolCall]:
    """A look at every table that was not seen yet."""
    if PROFILE not in {tool.name for tool in tools}:
        return []
    unseen = [table for table in talk.tables if table not in talk.profiles]
    return _fresh(talk, [(PROFILE, {"table": table}) for table in unseen])


def _direct(talk: Conversation, recipes: Sequence[ToolSpec]) -> list[ToolCall]:
    """One tool that answers the question itself, the best one not yet asked."""
    table = best_table(talk)
    if table is None:
        return []
    profile = talk.profiles[table]
    wish = understand(talk.question, profile)
    fitting = [tool for tool in recipes if suits(tool, profile)]
    wanted = [
        (tool.name, fill(tool, table, profile, wish)) for tool in choose.direct(wish, fitting)
    ]
    return _fresh(talk, wanted)[:1]


def _sweep(talk: Conversation, recipes: Sequence[ToolSpec]) -> list[ToolCall]:
    """Every other recipe at once, on everything: one family of tests. Only for open questions."""
    table = best_table(talk)
    if table is None:
        return _blind(talk, recipes)
    profile = talk.profiles[table]
    wish = understand(talk.question, profile)
    fitting = [tool for tool in recipes if suits(tool, profile)]
    first = {tool.name for tool in choose.direct(wish, fitting)}
    if first and not wish.open:
        return []
    rest = [tool for tool in fitting if tool.name not in first]
    wanted = [(tool.name, empty(tool, table, profile, wish)) for tool in rest]
    return _fresh(talk, sorted(wanted, key=lambda call: len(call[1])))  # the emptiest first


def _blind(talk: Conversation, recipes: Sequence[ToolSpec]) -> list[ToolCall]:
    """Without a profile, only tools that need nothing but a table can be asked."""
    simple = [t for t in recipes if set(t.parameters.get("required", [])) <= {"table"}]
    return _fresh(talk, [(t.name, {"table": table}) for table in talk.tables for t in simple])


def _fresh(talk: Conversation, wanted: list[tuple[str, dict[str, Any]]]) -> list[ToolCall]:
    """Calls of what was not called before, numbered on."""
    made = []
    for name, arguments in wanted:
        call = ToolCall(id=f"call_{len(talk.made) + len(made) + 1}", name=name, arguments=arguments)
        if not talk.has_made(call):
            made.append(call)
    return made


def lacks_time(talk: Conversation) -> bool:
    """The question is about change, and the table knows no time."""
    table = best_table(talk)
    if table is None or with_role(talk.profiles[table], "time"):
        return False
    wish = wish_of(talk)
    return wish.change or wish.period is not None
