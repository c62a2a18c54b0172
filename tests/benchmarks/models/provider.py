"""A model provider that costs next to nothing itself: OpenAI's wire, in its own process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
CHUNKS = 40
USAGE = {"prompt_tokens": 12, "completion_tokens": CHUNKS, "total_tokens": 12 + CHUNKS}
HEAD = {"id": "c", "created": 1, "model": "gpt-4o-mini"}


def _line(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _line({**HEAD, "object": "chat.completion.chunk", "choices": [choice]})


STREAM = [_event({"role": "assistant", "content": f"word{i} "}) for i in range(CHUNKS)]
TAIL = [
    _event({}, "stop"),
    _line({**HEAD, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}),
    b"data: [DONE]\n\n",
]
MESSAGE = {"role": "assistant", "content": "word0"}
PLAIN = json.dumps(
    {
        **HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
        "usage": USAGE,
    }
).encode()


async def app(scope: dict, receive, send) -> None:
    """A request for "short" gets one word, every other one forty."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    asked = json.loads(body or b"{}")
    short = "short" in body.decode()
    kind = b"text/event-stream" if asked.get("stream") else b"application/json"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    if not asked.get("stream"):
        await send({"type": "http.response.body", "body": PLAIN})
        return
    for piece in [*(STREAM[:1] if short else STREAM), *TAIL]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, within_s: float = 60) -> None:
    """Somebody answers at `url`, with whatever status."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).read()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process and of its children that ended; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running() -> Iterator[str]:
    """The URL of a provider in its own process."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.models.provider:app", "--port"]
    options = [str(port), "--log-level", "error", "--no-access-log"]
    with subprocess.Popen([*command, *options], cwd=ROOT) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
