"""One way to call a model, in its own process: `python -m tests.benchmarks.models.callers WAY URL`.

Prints JSON: seconds of plain calls, of first tokens and of whole 40-chunk streams, and the
processor seconds of one call and of one stream.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
MODEL, KEY = "gpt-4o-mini", "sk-bench-0123456789"
CALLS, STREAMS, WARM = 60, 30, 8
SHORT = [{"role": "user", "content": "short"}]
LONG = [{"role": "user", "content": "long"}]
Plain = Callable[[], Awaitable[Any]]
Stream = Callable[[], AsyncIterator[Any]]


def httpx_way(url: str) -> tuple[Plain, Stream]:
    """The floor: a client that only moves bytes."""
    import httpx

    client = httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {KEY}"})
    about = {"model": MODEL, "max_tokens": 100}

    async def plain() -> Any:
        body = {**about, "messages": SHORT}
        return (await client.post("/v1/chat/completions", json=body)).json()

    async def stream() -> AsyncIterator[Any]:
        body = {**about, "messages": LONG, "stream": True}
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            async for line in answer.aiter_lines():
                if "content" in line:
                    yield line

    return plain, stream


def openai_way(url: str) -> tuple[Plain, Stream]:
    """OpenAI's own client."""
    import openai

    client = openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0)
    return _completions(client.chat.completions.create, model=MODEL)


def litellm_way(url: str) -> tuple[Plain, Stream]:
    """LiteLLM without its router."""
    import litellm

    at = {"api_base": f"{url}/v1", "api_key": KEY, "num_retries": 0}
    return _completions(litellm.acompletion, model=f"openai/{MODEL}", **at)


def router_way(url: str) -> tuple[Plain, Stream]:
    """LiteLLM's Router."""
    import litellm

    at = {"model": f"openai/{MODEL}", "api_base": f"{url}/v1", "api_key": KEY}
    router = litellm.Router(
        model_list=[{"model_name": "m", "litellm_params": at}], num_retries=0, timeout=60
    )
    return _completions(router.acompletion, model="m")


def _completions(create: Any, **about: Any) -> tuple[Plain, Stream]:
    usage = {"stream": True, "stream_options": {"include_usage": True}}

    async def plain() -> Any:
        return await create(messages=SHORT, max_tokens=100, **about)

    async def stream() -> AsyncIterator[Any]:
        async for chunk in await create(messages=LONG, max_tokens=100, **usage, **about):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk

    return plain, stream


WAYS = {
    "httpx": httpx_way,
    "openai": openai_way,
    "litellm": litellm_way,
    "router": router_way,
    "proxy": httpx_way,  # the proxy itself is another process
}


async def only_plain(plain: Plain, _stream: Stream) -> dict[str, Any]:
    """As many plain calls, for whoever watches the processor of another process."""
    for _ in range(CALLS):
        await plain()
    return {"calls": CALLS}


async def measure(plain: Plain, stream: Stream) -> dict[str, Any]:
    """Call by call, one after the other."""
    for _ in range(WARM):
        await plain()
        async for _chunk in stream():
            pass
    cpu, calls = time.process_time(), []
    for _ in range(CALLS):
        began = time.perf_counter()
        await plain()
        calls.append(time.perf_counter() - began)
    cpu_plain, cpu = (time.process_time() - cpu) / CALLS, time.process_time()
    firsts, wholes = [], []
    for _ in range(STREAMS):
        began, first = time.perf_counter(), 0.0
        async for _chunk in stream():
            first = first or time.perf_counter() - began
        firsts.append(first)
        wholes.append(time.perf_counter() - began)
    cpu_stream = (time.process_time() - cpu) / STREAMS
    return {
        "plain": calls, "first": firsts, "whole": wholes,
        "cpu_plain": cpu_plain, "cpu_stream": cpu_stream,
    }  # fmt: skip


if __name__ == "__main__":
    what = only_plain if "plain" in sys.argv[3:] else measure
    print(json.dumps(asyncio.run(what(*WAYS[sys.argv[1]](sys.argv[2])))))
