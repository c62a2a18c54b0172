"""What has arrived of an answer so far. Settled even when the rest never comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.llm import tokens
from core.llm.messages import ToolCall, Usage
from core.llm.thinking import Thinking


@dataclass
class _Part:
    """A tool call being written, piece by piece."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Arrival:
    """Filled by a provider while it streams; read by the gateway however the stream ends."""

    prompt: int  # tokens sent, by the rule of core.llm.tokens
    hear: Callable[[str], object]  # called with every piece of text
    sent: bool = False  # the request left, so the provider may bill it
    finish_reason: str = ""
    first_at: float | None = None  # time.monotonic() of the first piece
    usage: Usage | None = None  # what the provider says; final once the stream has ended
    _text: list[str] = field(default_factory=list)
    _thought: list[str] = field(default_factory=list)
    _thinking: Thinking = field(default_factory=Thinking)
    _calls: list[_Part] = field(default_factory=list)
    _writing: dict[int, _Part] = field(default_factory=dict)  # by the number the provider gives

    def text(self, piece: str) -> None:
        """More text; thoughts that stand before it in marks are thoughts."""
        if piece:
            self._mark()
            self._take(*self._thinking.split(piece))

    def end(self) -> None:
        """Nothing more comes: what could still have become a mark is text."""
        self._take(*self._thinking.rest())

    def thought(self, piece: str) -> None:
        """More reasoning; paid for, never shown."""
        if piece:
            self._mark()
            self._thought.append(piece)

    def call(self, index: int, *, id: str = "", name: str = "", arguments: str = "") -> None:
        """More of tool call number `index`; with another id a new one, whatever its number."""
        self._mark()
        part = self._writing.get(index)
        other = part and name and id and part.id and id != part.id
        if part is None or other:  # some give every call the number 0
            part = self._writing[index] = _Part()
            self._calls.append(part)
        part.id, part.name = part.id or id, part.name or name
        part.arguments += arguments

    @property
    def begun(self) -> bool:
        """Something has arrived."""
        return bool(self._text or self._thought or self._calls)

    def whole_text(self) -> str:
        """All text so far."""
        return "".join(self._text)

    def calls(self) -> list[ToolCall]:
        """The tool calls, in order; arguments that are no JSON object are kept as `raw`."""
        return [
            ToolCall(id=part.id or f"call_{index}", name=part.name, **_read(part.arguments))
            for index, part in enumerate(self._calls)
        ]

    def counted(self) -> Usage:
        """Tokens of what arrived: at least what the provider said, else by the rule."""
        said = self.usage or Usage(prompt=self.prompt)
        parts = (tokens.count(f"{part.name} {part.arguments}") for part in self._calls)
        thought = tokens.count("".join(self._thought))
        completion = tokens.count(self.whole_text()) + sum(parts) + thought
        return said.model_copy(
            update={
                "prompt": said.prompt or self.prompt,
                "completion": max(said.completion, completion),
                "reasoning": max(said.reasoning, thought),
            }
        )

    def _take(self, thought: str, text: str) -> None:
        self.thought(thought)
        if text:
            self._text.append(text)
            self.hear(text)

    def _mark(self) -> None:
        if self.first_at is None:
            self.first_at = time.monotonic()


def _read(said: str) -> dict[str, Any]:
    try:
        arguments: Any = json.loads(said or "{}")
    except (ValueError, RecursionError):
        return {"raw": said}
    return {"arguments": arguments} if isinstance(arguments, dict) else {"raw": said}
