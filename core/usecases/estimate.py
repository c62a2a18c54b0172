"""`complete.estimate`: what one prompt would take of each model of its chain. No model answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from core.kernel import Call, Run, operation
from core.llm.chain import structured
from core.llm.hosted.counting import How, count_tokens
from core.llm.messages import Message
from core.usecases.complete import Prompt


class Quote(BaseModel):
    """One model of the chain."""

    model: str
    input_tokens: int
    counted: How = Field(
        description="exact: as the model counts; else estimated by a tokenizer or a rule"
    )
    tokens_max: int = Field(description="Of its answer")
    most_nusd: int = Field(description="What its answer may cost at most, in nano-dollars")
    missing: str = Field(description="The setting without which it is passed over, or nothing")


class Quotes(BaseModel):
    """The chain in its order."""

    quotes: list[Quote]


@operation("complete.estimate")
def estimate(run: Run, asked: Prompt) -> Quotes:
    """Count one prompt for every model of its policy, without an answer of any."""
    llm, under = run.studio.llm, run.under(asked.policy)
    _, opening = llm.opening(under, asked.template, asked.variables)
    messages = [*opening, Message(role="user", content=asked.prompt)]
    schema = None
    if under.policy.structured:
        messages = structured.instructed(messages, structured.AnyObject)
        schema = structured.schema_of(structured.AnyObject)
    most = under.policy.tokens_max

    def quote(model: str) -> dict[str, Any]:
        counted = count_tokens(llm.config, model, messages)
        held = llm.estimate(model, messages, tokens_max=most, response=schema)
        return {
            "model": model,
            "input_tokens": counted.tokens,
            "counted": counted.how,
            "tokens_max": most,
            "most_nusd": held["nusd"],
            "missing": llm.provider(model)[0].missing(llm.config),
        }

    def act(_call: Call) -> list[dict[str, Any]]:
        return [quote(model) for model in llm.chain(under.policy.models)]

    told = [message.content for message in messages]  # some providers are asked to count it
    return Quotes(quotes=under.step("count", asked.policy, act, content=told))
