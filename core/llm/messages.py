"""What goes into a model and what comes out of it, the same for every provider."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(BaseModel):
    """A tool the model wants to be run. The answer carries the same `id`."""

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolSpec(BaseModel):
    """A tool as a model sees it; `parameters` is a JSON schema of an object."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Message(BaseModel):
    """One turn. `tool_calls` on assistant turns, `tool_call_id` on tool turns."""

    role: Role
    content: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: str = ""


class Usage(BaseModel):
    """Tokens by kind; `cached`, `cache_write` are part of `prompt`, `reasoning` of `completion`."""

    prompt: int = Field(default=0, ge=0)
    completion: int = Field(default=0, ge=0)
    cached: int = Field(default=0, ge=0)
    cache_write: int = Field(default=0, ge=0)
    reasoning: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        """All tokens that were read or written."""
        return self.prompt + self.completion


class Reply(BaseModel):
    """A finished answer: text, or tools to run first, and what it cost."""

    text: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    cost_nusd: int = 0
    provider: str
    model: str  # as it was asked for: "offline", "openai/gpt-4o-mini"
    finish_reason: str = "stop"  # stop, length, tool_calls, content_filter
    estimated: bool = False  # the provider sent no usage; counted by core.llm.tokens
