"""What a conversation says so far: the question, the tables, what was asked and what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.llm.messages import Message, ToolCall, ToolSpec

QUESTION = re.compile(
    r"^\s*(?:question|goal|objective)[ \t]*:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE
)
TABLES = re.compile(r"^\s*(?:tables?|data|files?)[ \t]*:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
BESIDE = re.compile(r"\([^)]*\)")
SPENT = re.compile(
    r"\b(?:budget|iterations?|tokens?|steps?|money|time)\b[^.!?\n]{0,80}"
    r"\b(?:nearly|almost|about to|all but|spent|exhausted|used up|over|last|none|no more)\b"
    r"|\b(?:last|final|no more)\s+(?:iteration|step|turn|call)s?\b"
    r"|\b(?:iterations?|steps?|calls?)\s+(?:left|remaining)\s*:?\s*[01]\b"
    r"|\b[01]\s+(?:iterations?|steps?|calls?)\s+(?:left|remaining)\b",
    re.IGNORECASE,
)
ASKED_TO_END = re.compile(r"\b(?:answer|finish|conclude|stop)\s+now\b", re.IGNORECASE)
REMARK = re.compile(r"\s*(?:\{|(?:studio|note|reminder)\s*:)", re.IGNORECASE)


@dataclass
class Conversation:
    """Read from messages by `read`. `profiles` by table, in the order they came."""

    question: str = ""
    system: str = ""
    tables: list[str] = field(default_factory=list)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)
    made: list[ToolCall] = field(default_factory=list)
    told_to_stop: bool = False
    ran_short: bool = False  # of budget or iterations; then the answer says so

    def has_made(self, call: ToolCall) -> bool:
        """The same tool was called with the same arguments."""
        return any(_key(call) == _key(earlier) for earlier in self.made)


def read(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> Conversation:
    """Everything the rules need to know."""
    talk = Conversation(system="\n".join(m.content for m in messages if m.role == "system"))
    at = _asked_at(messages)
    asked = messages[at].content if at >= 0 else ""
    stated = QUESTION.search(asked)
    talk.question = stated[1].strip() if stated else TABLES.sub("", asked).strip()
    for message in messages[at + 1 :]:
        if message.role in ("system", "user"):
            talk.ran_short |= bool(SPENT.search(message.content))
            talk.told_to_stop |= talk.ran_short or bool(ASKED_TO_END.search(message.content))
    for message in messages:
        talk.made.extend(message.tool_calls)
        _hear(talk, message)
    talk.tables = _tables(messages, tools, talk)
    return talk


def is_profile(value: Any) -> bool:
    """The JSON is a table's profile: columns with a name and a role."""
    columns = value.get("columns") if isinstance(value, dict) else None
    return isinstance(columns, list) and all(
        isinstance(column, dict) and {"name", "role"} <= column.keys() for column in columns
    )


def _asked_at(messages: Sequence[Message]) -> int:
    """The question: the last thing a person said; what the studio remarks on the way is none."""
    first = next((i for i, m in enumerate(messages) if m.role == "assistant"), len(messages))
    answered = [i for i, m in enumerate(messages) if m.role == "assistant" and not m.tool_calls]
    spots = [i for i, m in enumerate(messages) if m.role == "user"]
    asked = [i for i in spots if not _is_remark(messages[i].content)]
    before = [i for i in asked if i < first] or [i for i in spots if i < first]
    fresh = [i for i in asked if answered and i > answered[0]]  # a follow-up
    return (fresh or before or spots or [-1])[-1]


def _is_remark(text: str) -> bool:
    return bool(REMARK.match(text) or ASKED_TO_END.search(text) or SPENT.search(text))


def _hear(talk: Conversation, message: Message) -> None:
    """Take in a tool's result, or an update of findings that somebody else sent as JSON."""
    value = _json(message.content)
    if not isinstance(value, dict):
        return
    for inner in (value, value.get("profile"), value.get("result")):
        if isinstance(inner, dict) and is_profile(inner):
            name = inner.get("table") or _table_of(talk, message) or "data"
            talk.profiles[name] = inner
            break
    if isinstance(value.get("findings"), list):
        talk.results.append(value)


def _table_of(talk: Conversation, message: Message) -> str:
    for call in talk.made:
        if call.id == message.tool_call_id:
            return str(call.arguments.get("table", ""))
    return ""


def _tables(
    messages: Sequence[Message], tools: Sequence[ToolSpec], talk: Conversation
) -> list[str]:
    """Named by the tools' schemas, else by a line "Tables: a, b", else by the profiles."""
    for tool in tools:
        table = tool.parameters.get("properties", {}).get("table", {})
        if table.get("enum"):
            return list(table["enum"])
        if table.get("const"):
            return [table["const"]]
    for message in messages:
        found = TABLES.search(message.content) if message.role in ("system", "user") else None
        if found:
            names = BESIDE.sub("", found[1]).split(",")
            return [name for part in names if (name := part.strip(" \t`'\".[]"))]
    return list(talk.profiles)


def _key(call: ToolCall) -> str:
    said = {name: value for name, value in call.arguments.items() if value not in (None, [], "")}
    return json.dumps([call.name, said], sort_keys=True)


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
