"""`complete.many`: many prompts under one policy; a batch at half the price where there is one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from core.errors import StudioError
from core.kernel import Policy, Run, operation
from core.llm.batches import BatchRequest
from core.llm.chain.structured import AnyObject
from core.llm.messages import Message
from core.usecases.complete import PROMPT_MAX, Completion

PROMPTS_MAX = 1_000


class Prompts(BaseModel):
    """What is asked, and under which policy; the answers come in the same order."""

    prompts: list[Annotated[str, Field(min_length=1, max_length=PROMPT_MAX)]] = Field(
        min_length=1, max_length=PROMPTS_MAX, description="What do you want to ask? One a line"
    )
    policy: str = Field(
        default="",
        max_length=80,
        description="Use case they run under, as a batch where it says so; empty: as a batch",
    )
    models: list[str] = Field(
        default_factory=list, max_length=10, description="Models in order; empty: the policy's"
    )


class Answer(BaseModel):
    """One answer, or why there is none."""

    completion: Completion | None = None
    error: dict[str, Any] | None = None


class Answers(BaseModel):
    """All of them, and what they cost together."""

    answers: list[Answer]
    failed: int
    cost_nusd: int = Field(description="Of all requests, those that failed included")


@operation("complete.many", policy=Policy(queue="batch", batch=True, budget_nusd=2_000_000_000))
def complete_many(run: Run, asked: Prompts) -> Answers:
    """Answer many prompts, hours later and at half the price where the provider offers it."""
    under = run.under(asked.policy) if asked.policy else run
    hash, opening = run.studio.llm.opening(under, "", {})
    response = AnyObject if under.policy.structured else None
    requests = [
        BatchRequest([*opening, Message(role="user", content=prompt)], response=response)
        for prompt in asked.prompts
    ]
    batches = run.studio.batches
    made = batches.run_batch(under, requests, models=asked.models, prompt_hash=hash)
    answers = [
        Answer(error=one.as_value())
        if isinstance(one, StudioError)
        else Answer(completion=Completion.of(one))
        for one in made
    ]
    failed = sum(answer.error is not None for answer in answers)
    return Answers(answers=answers, failed=failed, cost_nusd=run.studio.spent(run.task_id)[0])
