"""Batches of Anthropic: requests in one call, answers as lines.

A batch there carries no key of ours, only its answers do. A batch whose name was never learnt is
looked for among those made since; one that still works is waited for, and then its answers tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from core.errors import Invalid, NotFound
from core.llm.batching.door import Answer, Finished, Job, Place, Progress
from core.llm.hosted.bridge import load
from core.llm.hosted.wire import FINISH
from core.llm.messages import ToolCall, Usage

LISTED_MAX = 2_000
WAIT_S = 30.0  # between two looks at a batch that may be ours


class AnthropicBatches:
    """`/v1/messages/batches`."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s

    def body(self, model: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The parameters of one message, as LiteLLM translates them for single calls."""
        litellm = load()
        from litellm.utils import get_optional_params

        messages = asked["messages"]
        params = {name: value for name, value in asked.items() if name != "messages"}
        made = get_optional_params(
            model=model, custom_llm_provider="anthropic", drop_params=True, **params
        )
        body = litellm.AnthropicConfig().transform_request(
            model=model, messages=messages, optional_params=made, litellm_params={}, headers={}
        )
        return {n: v for n, v in body.items() if n not in ("stream", "json_mode")}

    async def submit(self, place: Place, job: Job) -> str:
        """The names of the requests carry the tag of the job."""
        requests = [{"custom_id": job.name(i), "params": body} for i, body in enumerate(job.bodies)]
        async with _client(place) as client:
            return (await client.messages.batches.create(requests=requests)).id

    async def find(self, place: Place, job: Job, others: frozenset[str]) -> str:
        """Of the batches made since, the one whose answers are named like the job's requests."""
        for batch_id in await self._like(place, job, others):
            while not (await self.look(place, batch_id)).ended:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(self._wait_s)
            if await self.results(place, job, batch_id):
                return batch_id
        return ""

    async def look(self, place: Place, batch_id: str) -> Progress:
        """Counts of requests that are not done are known only at the end."""
        async with _client(place) as client:
            batch = await client.messages.batches.retrieve(batch_id)
        counts = batch.request_counts
        done = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return Progress(batch.processing_status == "ended", done)

    async def cancel(self, place: Place, batch_id: str) -> None:
        """An ended batch cannot be stopped, and need not be."""
        try:
            async with _client(place) as client:
                await client.messages.batches.cancel(batch_id)
        except (Invalid, NotFound):
            return

    async def results(self, place: Place, job: Job, batch_id: str) -> Finished:
        """One line for each request, in any order."""
        found: dict[int, Answer] = {}
        async with _client(place) as client:
            async for line in await client.messages.batches.results(batch_id):
                at = job.index(line.custom_id)
                if at is not None:
                    found[at] = _answer(line.result)
        return found

    async def _like(self, place: Place, job: Job, others: frozenset[str]) -> list[str]:
        """Batches of as many requests, made since the job was."""
        like: list[str] = []
        async with _client(place) as client:
            seen = 0
            async for batch in client.messages.batches.list(limit=100):
                seen += 1
                if batch.created_at < job.since or seen > LISTED_MAX:
                    break
                counts = batch.request_counts
                of = counts.processing + counts.succeeded + counts.errored
                of += counts.canceled + counts.expired
                if of == len(job.bodies) and batch.id not in others:
                    like.append(batch.id)
        return like


def _answer(result: Any) -> Answer:
    if result.type != "succeeded":
        code = {"canceled": "cancelled"}.get(result.type, result.type)
        error = getattr(getattr(result, "error", None), "error", None)
        return Answer(code=str(error.type if error else code), said=error.message if error else "")
    message = result.message
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = tuple(
        ToolCall(id=block.id, name=block.name, arguments=dict(block.input))
        for block in message.content
        if block.type == "tool_use"
    )
    finish = "tool_calls" if calls else FINISH.get(message.stop_reason or "", "stop")
    return Answer(text, calls, finish, _usage(message.usage))


def _usage(said: Any) -> Usage:
    """Here the prompt's count leaves out what was read from a cache or written into one."""
    cached, wrote = said.cache_read_input_tokens or 0, said.cache_creation_input_tokens or 0
    hour = getattr(said.cache_creation, "ephemeral_1h_input_tokens", 0) or 0
    thought = getattr(said.output_tokens_details, "thinking_tokens", 0) or 0
    return Usage(
        prompt=said.input_tokens + cached + wrote,
        completion=said.output_tokens,
        cached=cached,
        cache_write=max(0, wrote - hour),
        cache_write_1h=hour,
        reasoning=min(thought, said.output_tokens),
    )


@asynccontextmanager
async def _client(place: Place) -> AsyncIterator[Any]:
    """The provider's own library. Retries are ours."""
    import anthropic
    import httpx2

    with place.explained(anthropic, httpx2.HTTPError):
        async with anthropic.AsyncAnthropic(
            base_url=place.base_url, api_key=place.key, timeout=place.timeout_s, max_retries=0
        ) as client:
            yield client


DOOR = AnthropicBatches()
