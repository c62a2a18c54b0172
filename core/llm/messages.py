"""What goes into a model and what comes out of it, the same for every provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(BaseModel):
    """A tool the model wants to be run. The answer carries the same `id`.

    `raw` is what it wrote where that is no JSON object; `arguments` are then empty.
    """

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    raw: str = ""


class Image(BaseModel):
    """A picture for a model that can see."""

    media_type: str = Field(pattern=r"^image/[a-z0-9.+-]+$")
    data: str  # base64


class ToolSpec(BaseModel):
    """A tool as a model sees it; `parameters` is a JSON schema of an object."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Message(BaseModel):
    """One turn. `tool_calls` on assistant turns, `tool_call_id` on tool turns."""

    role: Role
    content: str = ""
    images: list[Image] = Field(default_factory=list)
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: str = ""


class Usage(BaseModel):
    """Tokens by kind, the finer ones part of `prompt` or `completion`."""

    prompt: int = Field(default=0, ge=0)
    completion: int = Field(default=0, ge=0)
    cached: int = Field(default=0, ge=0)
    cache_write: int = Field(default=0, ge=0)  # of the prompt, kept five minutes, or unsaid
    cache_write_1h: int = Field(default=0, ge=0)  # of the prompt, kept an hour
    audio_prompt: int = Field(default=0, ge=0)
    reasoning: int = Field(default=0, ge=0)  # of the completion
    audio_completion: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        """All tokens that were read or written."""
        return self.prompt + self.completion


class Attempt(BaseModel):
    """One model that was asked, why it did not answer (empty: it did), and what that cost."""

    model: str
    reason: str = ""
    cost_nusd: int = 0  # answers that did not fit and were asked for again included


ENDED_EARLY = {  # finish reason -> in words
    "length": "cut short: the policy's tokens_max is reached",
    "content_filter": "cut short: by the provider's content filter",
}


class Reply(BaseModel):
    """A finished answer: text, or tools to run first, and its receipt."""

    text: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    value: dict[str, Any] | None = None  # of a structured answer, valid
    usage: Usage = Field(default_factory=Usage)
    cost_nusd: int = 0
    breakdown: dict[str, int] = Field(default_factory=dict)  # kind of token -> nano-dollars
    provider: str
    model: str  # as it was asked for: "offline", "openai/gpt-4o-mini"
    finish_reason: str = "stop"  # stop, length, tool_calls, content_filter
    estimated: bool = False  # the provider sent no usage; counted by core.llm.tokens
    latency_ms: int = 0
    first_token_ms: int | None = None
    cached: bool = False  # an equal question had been answered; this one cost nothing
    left: dict[str, int] = Field(default_factory=dict)  # unit -> left of the tightest limit
    use_case: str = ""
    variant: str = ""
    prompt_hash: str = ""
    attempts: list[Attempt] = Field(default_factory=list)
    more: bool | None = None  # models were left to ask after this one; None: nobody wrote it down

    @property
    def paid_nusd(self) -> int:
        """What it took to get this answer, with everything that failed on the way."""
        return sum(tried.cost_nusd for tried in self.attempts) if self.attempts else self.cost_nusd


def said(messages: Sequence[Message]) -> tuple[str, ...]:
    """What people say in `messages`, and the pictures they show, as the safety gate reads them."""
    turns = [message for message in messages if message.role == "user"]
    pictures = (f"data:{i.media_type};base64,{i.data}" for turn in turns for i in turn.images)
    return (*(turn.content for turn in turns if turn.content), *pictures)
