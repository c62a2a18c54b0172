"""`complete`: one prompt, answered under a named policy, with its receipt."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from core.kernel import Run, operation
from core.llm.messages import Attempt, Message, Reply, Usage

PROMPT_MAX = 50_000  # characters


class Prompt(BaseModel):
    """What is asked, and under which policy."""

    prompt: str = Field(min_length=1, max_length=PROMPT_MAX, description="What do you want to ask?")
    policy: str = Field(default="conversation", max_length=80, description="Use case it runs under")
    template: str = Field(default="", max_length=80, description="A prompt of the registry")
    variables: dict[str, Any] = Field(default_factory=dict, description="What fills the template")


class Completion(BaseModel):
    """The answer and what it took."""

    text: str
    model: str
    attempts: list[Attempt]
    usage: Usage
    cost_nusd: int = Field(description="Of the answer and of every attempt that failed before it")
    breakdown: dict[str, int] = Field(description="Nano-dollars of the answer by kind of token")
    estimated: bool
    finish_reason: str = Field(description="Why it ended: stop, or length when it was cut short")
    latency_ms: int
    first_token_ms: int | None
    cached: bool
    budget: dict[str, int] = Field(description="What the tightest limits leave: nusd, tokens")
    use_case: str
    variant: str
    prompt_hash: str

    @classmethod
    def of(cls, reply: Reply) -> Completion:
        """What a reply says of itself."""
        shared = reply.model_dump(include=set(cls.model_fields))
        return cls.model_validate({**shared, "cost_nusd": reply.paid_nusd, "budget": reply.left})


@operation("complete")
def complete(run: Run, asked: Prompt) -> Completion:
    """Answer one prompt."""
    said = [Message(role="user", content=asked.prompt)]
    llm = run.studio.llm
    reply = llm.execute(run, asked.policy, asked.template, asked.variables, messages=said)
    return Completion.of(reply)
