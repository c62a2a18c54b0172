"""OpenAI's /v1/moderations of the omni models: texts, pictures, scores by category, faults."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.server import Loopback, serve

SEEN_IN_PICTURES = {
    "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence",
    "violence/graphic",
}  # fmt: skip
CATEGORIES = (
    *sorted(SEEN_IN_PICTURES), "harassment", "harassment/threatening", "hate", "hate/threatening",
    "illicit", "illicit/violent", "sexual/minors",
)  # fmt: skip
QUIET = 0.0001
WINDOW = 32_768  # tokens of one request; bytes of text here, which are never fewer


@dataclass
class Mind:
    """What the server thinks: word in a text (or the start of a picture's data) -> its scores."""

    words: dict[str, dict[str, float]] = field(default_factory=dict)
    delay_s: float = 0
    status: int = 200
    body: str | None = None  # instead of an answer
    faults: dict[str, int] = field(default_factory=dict)  # word in a request -> its status
    now: int = 0  # requests that wait for an answer
    most: int = 0  # at once, so far


def open_server(mind: Mind) -> AbstractContextManager[Loopback]:
    """A loopback OpenAI that only judges; its base URL is `url + "/v1"`."""
    return serve(lambda loopback: _app(loopback, mind))


def _app(loopback: Loopback, mind: Mind) -> Starlette:
    async def moderate(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        mind.now += 1
        mind.most = max(mind.most, mind.now)
        await asyncio.sleep(mind.delay_s)
        mind.now -= 1
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in loopback.keys:
            return _error(401, "Incorrect API key provided.", "invalid_api_key")
        parts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        return _fault(mind, parts) or _judged(mind, parts, body["model"])

    return Starlette(routes=[Route("/v1/moderations", moderate, methods=["POST"])])


def _fault(mind: Mind, parts: list[Any]) -> Response | None:
    """What the server is told to do instead of an answer."""
    faults = [status for word, status in mind.faults.items() if word in str(parts)]
    if mind.status != 200 or faults:
        return _error(faults[0] if faults else mind.status, "It is broken.", "")
    return Response(mind.body, media_type="application/json") if mind.body is not None else None


def _judged(mind: Mind, parts: list[Any], model: str) -> Response:
    if not parts:
        return _error(400, "Invalid input.", "invalid_value")
    if isinstance(parts[0], dict):
        if sum(part["type"] == "image_url" for part in parts) > 1:
            return _error(400, "Too many images.", "invalid_value")
        results = [_result(mind, parts)]
    elif sum(len(part.encode()) for part in parts) > WINDOW:
        return _error(400, "This model's maximum context length is 32768 tokens.", "")
    else:
        results = [_result(mind, [{"type": "text", "text": part}]) for part in parts]
    return JSONResponse({"id": "modr-1", "model": model, "results": results})


def _result(mind: Mind, parts: list[dict[str, Any]]) -> dict[str, Any]:
    scores = dict.fromkeys(CATEGORIES, QUIET)
    applied: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for part in parts:
        kind = "text" if part["type"] == "text" else "image"
        said = part["text"] if kind == "text" else part["image_url"]["url"]
        for category in CATEGORIES if kind == "text" else SEEN_IN_PICTURES:
            applied[category].append(kind)
        for word, given in mind.words.items():
            if word in said:
                scores |= {name: max(scores[name], score) for name, score in given.items()}
    marks = {category: score >= 0.5 for category, score in scores.items()}
    return {
        "flagged": any(marks.values()),
        "categories": marks,
        "category_scores": scores,
        "category_applied_input_types": applied,
    }


def _error(status: int, message: str, code: str) -> Response:
    error = {"message": message, "type": "error", "param": None, "code": code or None}
    return JSONResponse({"error": error}, status_code=status)
