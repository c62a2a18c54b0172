"""The offline model itself: messages and tool specs in, an answer out, always the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from pydantic import BaseModel, Field

from core.llm import tokens
from core.llm.messages import Message, ToolCall, ToolSpec, Usage
from core.llm.offline import conversation, findings, plan, prompts

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
TOKENS_MAX = 1_000


class Answer(BaseModel):
    """Text, or tools to run first; usage by the rule of core.llm.tokens."""

    text: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    usage: Usage
    finish_reason: str


def answer(
    messages: Sequence[Message], tools: Sequence[ToolSpec] = (), tokens_max: int = TOKENS_MAX
) -> Answer:
    """What the rules say next. Pure: the same messages give the same answer."""
    talk = conversation.read(messages, tools)
    about_data = plan.is_about_data(tools) or bool(talk.results)
    calls = plan.next_calls(talk, tools) if about_data else []
    text, whole = "", True
    if not calls:
        said = findings.compose(talk, tools) if about_data else prompts.reply(talk)
        text, whole = shorten(said, tokens_max)
    written = sum(tokens.count(f"{call.name} {call.model_dump_json()}") for call in calls)
    return Answer(
        text=text,
        tool_calls=calls,
        usage=Usage(
            prompt=tokens.count_prompt(messages, tools), completion=written + tokens.count(text)
        ),
        finish_reason="tool_calls" if calls else "stop" if whole else "length",
    )


def pieces(text: str) -> list[str]:
    """The text in words, as it streams; joined they are the text again."""
    return re.findall(r"\S+\s*|\s+", text)


def shorten(text: str, tokens_max: int) -> tuple[str, bool]:
    """As many whole sentences as fit, else words, and whether that is all of them."""
    if tokens.count(text) <= tokens_max:
        return text, True
    sentences = _fitting(SENTENCE_END.split(text), tokens_max)
    return " ".join(sentences) or "".join(_fitting(pieces(text), tokens_max)).rstrip(), False


def _fitting(parts: Sequence[str], tokens_max: int) -> list[str]:
    """The first parts, as many as fit."""
    sums = accumulate(tokens.count(part) for part in parts)
    return [part for part, spent in zip(parts, sums, strict=True) if spent <= tokens_max]
