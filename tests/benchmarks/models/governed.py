"""The studio's way to call a model: `python -m tests.benchmarks.models.governed bare|durable URL`.

"bare" is the gateway's act alone (choice of model, stream, count, price), without kernel, ledger
or gates; "durable" the whole governed step on SQLite. Prints what `callers` prints.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any

from pydantic import BaseModel

from core.kernel import Call, Policy, Run, operation
from core.llm import Gateway, Message
from core.llm.chain.attempt import Attempt
from core.llm.provider import Request
from tests.benchmarks.models.callers import CALLS, KEY, MODEL, STREAMS, WARM
from tests.benchmarks.world import payer, studio, until_done

NAME = f"openai/{MODEL}"
SHORT = [Message(role="user", content="short")]
LONG = [Message(role="user", content="long")]
FOUND: dict[str, Any] = {}


class Nothing(BaseModel):
    """Neither in nor out."""


class Silent:
    """An event log that nobody reads."""

    def append(self, *_: Any) -> None:
        """Drop it."""


def taken(ask: Any) -> dict[str, Any]:
    """`ask(messages)` gives the reply's first-token time in seconds, or None."""
    for _ in range(WARM):
        ask(SHORT)
        ask(LONG)
    cpu, calls = time.process_time(), []
    for _ in range(CALLS):
        began = time.perf_counter()
        ask(SHORT)
        calls.append(time.perf_counter() - began)
    cpu_plain, cpu = (time.process_time() - cpu) / CALLS, time.process_time()
    firsts, wholes = [], []
    for _ in range(STREAMS):
        began = time.perf_counter()
        firsts.append(ask(LONG))
        wholes.append(time.perf_counter() - began)
    cpu_stream = (time.process_time() - cpu) / STREAMS
    return {
        "plain": calls, "first": firsts, "whole": wholes,
        "cpu_plain": cpu_plain, "cpu_stream": cpu_stream,
    }  # fmt: skip


def bare(llm: Gateway) -> dict[str, Any]:
    """The act of an attempt, called by hand."""

    def ask(messages: list[Message]) -> float:
        model = llm.router.order([NAME])[0]
        provider, short = llm.provider(model)
        held = llm.estimate(model, messages, (), 100)
        request = Request(short, messages, (), 100, 0.0, stream=messages is LONG)
        attempt = Attempt(model, provider, request, llm.price(model), held, last=True)
        first: list[float] = []
        call = Call("bench", 1, Silent())  # pyright: ignore[reportArgumentType]
        call.keep = lambda _: first.append(time.perf_counter()) if not first else None
        began = time.perf_counter()
        attempt(llm.config, llm.router, call)
        return first[0] - began

    return taken(ask)


@operation("bench.models", policy=Policy(queue="batch", moderation="off"))
def models(run: Run, given: Nothing) -> Nothing:
    """Call a model, again and again; as the others do, plain calls are answered in one piece."""
    whole, streamed = run.policy.changed(streaming=False), run.policy

    def ask(messages: list[Message]) -> float:
        run.policy = whole if messages is SHORT else streamed
        reply = run.studio.llm.complete(run, messages, models=[NAME], tokens_max=100)
        return (reply.first_token_ms or 0) / 1_000

    FOUND.update(taken(ask))
    return given


def main(way: str, url: str) -> None:
    """Measure one of the two."""
    keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1"}
    more = {"credentials": keys, "daily_token_limit_per_user": 10**9}
    with (
        tempfile.TemporaryDirectory() as folder,
        studio(f"sqlite:///{folder}/studio.db", **more) as opened,
    ):
        if way == "bare":
            FOUND.update(bare(opened.llm))
        else:
            until_done(opened, opened.kernel.submit("bench.models", {}, payer(opened)))
    print(json.dumps(FOUND))


if __name__ == "__main__":
    main(*sys.argv[1:])
