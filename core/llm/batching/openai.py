"""Batches of OpenAI: a file of requests in, a file of answers out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from core.errors import Invalid, NotFound, Unavailable
from core.llm.batching.door import Answer, Finished, Job, Place, Progress
from core.llm.hosted.bridge import load
from core.llm.hosted.wire import FINISH
from core.llm.messages import ToolCall, Usage

ENDPOINT = "/v1/chat/completions"
ENDED = ("failed", "completed", "expired", "cancelled")
KEPT_S = 14 * 24 * 3600  # then the provider forgets the files
CODES: Mapping[str, str] = {"batch_expired": "expired", "batch_cancelled": "cancelled"}
LISTED_MAX = 2_000


class OpenAIBatches:
    """`/v1/files` and `/v1/batches`."""

    def body(self, model: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The body of a chat completion, with the parameters this model takes."""
        load()
        from litellm.utils import get_optional_params

        messages = asked["messages"]
        params = {name: value for name, value in asked.items() if name != "messages"}
        made = get_optional_params(
            model=model, custom_llm_provider="openai", drop_params=True, **params
        )
        made = {n: v for n, v in made.items() if n not in ("stream", "extra_body")}
        return {"model": model, "messages": messages, **made}

    async def submit(self, place: Place, job: Job) -> str:
        """The file is stored under the tag of the job, the batch carries its key."""
        lines = [
            {"custom_id": job.name(i), "method": "POST", "url": ENDPOINT, "body": body}
            for i, body in enumerate(job.bodies)
        ]
        data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        file_id = await _stored(place, f"{job.tag}.jsonl", data)
        async with _client(place) as client:
            made = await client.batches.create(
                completion_window="24h",
                endpoint=ENDPOINT,
                input_file_id=file_id,
                metadata={"key": job.key},
            )
        return made.id

    async def find(self, place: Place, job: Job, others: frozenset[str]) -> str:
        """The newest batches first, down to the time of the job."""
        async with _client(place) as client:
            seen = 0
            async for batch in client.batches.list(limit=100):
                seen += 1
                if (batch.metadata or {}).get("key") == job.key:
                    return batch.id
                if batch.created_at < job.since.timestamp() or seen >= LISTED_MAX:
                    break
        return ""

    async def look(self, place: Place, batch_id: str) -> Progress:
        """Requests that failed are done as well."""
        async with _client(place) as client:
            batch = await client.batches.retrieve(batch_id)
        counts = batch.request_counts
        done = counts.completed + counts.failed if counts else 0
        errors = batch.errors.data if batch.errors and batch.errors.data else []
        said = "; ".join(str(error.message) for error in errors[:3])
        failed = (said or "no reason was given") if batch.status == "failed" else ""
        return Progress(batch.status in ENDED, done, failed)

    async def cancel(self, place: Place, batch_id: str) -> None:
        """An ended batch cannot be stopped, and need not be."""
        try:
            async with _client(place) as client:
                await client.batches.cancel(batch_id)
        except (Invalid, NotFound):
            return

    async def results(self, place: Place, job: Job, batch_id: str) -> Finished:
        """Both files: what succeeded, and what did not."""
        found: dict[int, Answer] = {}
        async with _client(place) as client:
            batch = await client.batches.retrieve(batch_id)
            for file_id in filter(None, (batch.error_file_id, batch.output_file_id)):
                text = (await client.files.content(file_id)).text
                for line in text.split("\n"):
                    if (read := _read(line)) and (at := job.index(read[0])) is not None:
                        found[at] = read[1]
        return found


async def _stored(place: Place, name: str, data: bytes) -> str:
    """The id of a stored file. One that nobody refers to costs nothing and is forgotten."""
    try:
        async with _client(place) as client:
            file = await client.files.create(
                file=(name, data, "application/jsonl"),
                purpose="batch",
                expires_after={"anchor": "created_at", "seconds": KEPT_S},
            )
    except Unavailable as error:
        error.details.pop("unsure", None)  # no batch was made of it
        raise
    return file.id


def _read(line: str) -> tuple[str, Answer] | None:
    """The name of a request and what it got; None for a line nobody can read."""
    try:
        said = json.loads(line)
        return said["custom_id"], _answer(said)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _answer(said: dict[str, Any]) -> Answer:
    body = (said.get("response") or {}).get("body") or {}
    error = said.get("error") or body.get("error")
    if error:
        code = str(error.get("code") or error.get("type") or "error")
        return Answer(code=CODES.get(code, code), said=str(error.get("message", "")))
    choice = body["choices"][0]
    message = choice["message"]
    calls = tuple(_call(call) for call in message.get("tool_calls") or ())
    finish = "tool_calls" if calls else FINISH.get(choice.get("finish_reason"), "stop")
    usage = _usage(body["usage"]) if body.get("usage") else None
    return Answer(message.get("content") or "", calls, finish, usage)


def _call(call: dict[str, Any]) -> ToolCall:
    said = call["function"]["arguments"] or "{}"
    try:
        arguments = json.loads(said)
    except ValueError:
        arguments = None
    named = {"id": call["id"], "name": call["function"]["name"]}
    if isinstance(arguments, dict):
        return ToolCall(**named, arguments=arguments)
    return ToolCall(**named, raw=said)


def _usage(said: dict[str, Any]) -> Usage:
    read = said.get("prompt_tokens_details") or {}
    wrote = said.get("completion_tokens_details") or {}
    return Usage(
        prompt=said["prompt_tokens"],
        completion=said["completion_tokens"],
        cached=read.get("cached_tokens") or 0,
        audio_prompt=read.get("audio_tokens") or 0,
        reasoning=wrote.get("reasoning_tokens") or 0,
        audio_completion=wrote.get("audio_tokens") or 0,
    )


@asynccontextmanager
async def _client(place: Place) -> AsyncIterator[Any]:
    """The provider's own library. Retries are ours."""
    import httpx
    import openai

    with place.explained(openai, httpx.HTTPError):
        async with openai.AsyncOpenAI(
            base_url=place.base_url, api_key=place.key, timeout=place.timeout_s, max_retries=0
        ) as client:
            yield client


DOOR = OpenAIBatches()
