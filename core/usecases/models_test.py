"""`models.test`: one tiny, priced call that shows whether a model can be reached with its key."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.errors import Unavailable
from core.kernel import Run, operation
from core.kernel.policies import Policy
from core.llm.messages import Message

WORDS = "Say the word: connected."
TOKENS_MAX = 64
BUDGET_NUSD = 50_000_000  # five cents: dearer models than that are tested by hand


class Tried(BaseModel):
    """The model to reach."""

    model: str = Field(min_length=1, max_length=200, description="Model, as chains name it")


class Reached(BaseModel):
    """What came back, and what it took."""

    model: str
    text: str
    tokens: int
    cost_nusd: int
    estimated: bool
    latency_ms: int
    first_token_ms: int | None


@operation(
    "models.test",
    policy=Policy(
        permission="govern", tokens_max=TOKENS_MAX, budget_nusd=BUDGET_NUSD, moderation="local"
    ),  # the words are always the same
)
def reach(run: Run, tried: Tried) -> Reached:
    """Test the connection to a model with one tiny call, at once even while it cools down."""
    run.studio.llm.router.hasten(tried.model)
    asked = [Message(role="user", content=WORDS)]
    try:
        reply = run.studio.llm.complete(
            run, asked, models=(tried.model,), tokens_max=TOKENS_MAX, name="test connection"
        )
    except Unavailable as error:
        if error.details.get("reason") != "length":
            raise
        return _thinking(tried.model, error)
    return Reached(tokens=reply.usage.total, **reply.model_dump(include=set(Reached.model_fields)))


def _thinking(model: str, error: Unavailable) -> Reached:
    """It was reached, and thought for longer than a test lasts."""
    took = {name: error.details[name] for name in ("cost_nusd", "latency_ms")}
    about = {"text": "", "tokens": TOKENS_MAX, "estimated": False, "first_token_ms": None}
    return Reached(model=model, **about, **took)
