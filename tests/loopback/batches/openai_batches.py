"""OpenAI's files and batches beside its chat completions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.loopback import openai_server
from tests.loopback.batches.desk import Desk, Handed, broken
from tests.loopback.server import Loopback, Turn, serve

STATES = {"working": "in_progress", "stopping": "cancelling"}


@contextmanager
def open_server() -> Iterator[Desk]:
    """A loopback OpenAI with batches; its base URL is `url + "/v1"`."""
    desk = Desk()

    def make(loopback: Loopback) -> Starlette:
        desk.loopback = loopback
        return Starlette(routes=[*_routes(desk), *openai_server._app(loopback).routes])

    with serve(make):
        yield desk


@dataclass
class _Ends:
    desk: Desk

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["file"]
            assert form["purpose"] == "batch"
            assert int(str(form["expires_after[seconds]"])) >= 3_600
            id = f"file-{len(self.desk.files) + 1}"
            self.desk.files[id] = await file.read()
        return JSONResponse(_file(id, self.desk.files[id]))

    async def content(self, request: Request) -> Response:
        return PlainTextResponse(self.desk.files[request.path_params["id"]].decode())

    async def create(self, request: Request) -> Response:
        asked = await request.json()
        assert asked["completion_window"] == "24h"
        if self.desk.refuses:
            return openai_server._error(self.desk.refuses, "Not now.", "")
        lines = [json.loads(line) for line in self.desk.files[asked["input_file_id"]].splitlines()]
        assert {line["url"] for line in lines} == {asked["endpoint"]}
        requests = [(line["custom_id"], line["body"]) for line in lines]
        batch = self.desk.hand_over(requests, metadata=asked["metadata"])
        if self.desk.drops:
            return StreamingResponse(broken(), headers={"content-length": "500"})
        await asyncio.sleep(self.desk.silent_s)
        return JSONResponse(_shown(self.desk, batch))

    async def listed(self, _request: Request) -> Response:
        found = [_shown(self.desk, batch) for batch in reversed(self.desk.batches.values())]
        return JSONResponse({"object": "list", "data": found, "has_more": False})

    async def look(self, request: Request) -> Response:
        if self.desk.down:
            self.desk.down -= 1
            return openai_server._error(503, "Overloaded.", "")
        batch = self.desk.batches.get(request.path_params["id"])
        if batch is None:
            return openai_server._error(404, "No such batch.", "")
        self.desk.look(batch)
        return JSONResponse(_shown(self.desk, batch))

    async def cancel(self, request: Request) -> Response:
        batch = self.desk.batches[request.path_params["id"]]
        if not self.desk.stop(batch):
            return openai_server._error(409, "It has ended.", "")
        return JSONResponse(_shown(self.desk, batch))

    def keyed(self, end: Any) -> Any:
        async def checked(request: Request) -> Response:
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            if key not in self.desk.loopback.keys:
                return openai_server._error(401, f"Incorrect API key provided: {key}.", "")
            return await end(request)

        return checked


def _routes(desk: Desk) -> list[Route]:
    ends = _Ends(desk)
    keyed = ends.keyed
    return [
        Route("/v1/files", keyed(ends.upload), methods=["POST"]),
        Route("/v1/files/{id}/content", keyed(ends.content)),
        Route("/v1/batches", keyed(ends.create), methods=["POST"]),
        Route("/v1/batches", keyed(ends.listed)),
        Route("/v1/batches/{id}", keyed(ends.look)),
        Route("/v1/batches/{id}/cancel", keyed(ends.cancel), methods=["POST"]),
    ]


def _file(id: str, data: bytes) -> dict[str, Any]:
    about = {"object": "file", "created_at": 1, "filename": "x.jsonl", "status": "processed"}
    return {"id": id, "bytes": len(data), "purpose": "batch", **about}


def _shown(desk: Desk, batch: Handed) -> dict[str, Any]:
    """The batch as the service shows it; with its files once it has ended."""
    state = STATES.get(batch.state, batch.state)
    ended = state in ("completed", "expired", "cancelled")
    counts = {"total": len(batch.requests), "completed": batch.done, "failed": 0}
    made = {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "input_file_id": "file-1",
        "status": state,
        "created_at": int(batch.created_at),
        "metadata": batch.metadata,
        "request_counts": counts,
    }
    if state == "failed":
        wrong = {"code": "invalid", "message": "Line one is wrong.", "line": 1, "param": None}
        made["errors"] = {"object": "list", "data": [wrong]}
    return {**made, **(_files(desk, batch) if ended else {})}


def _files(desk: Desk, batch: Handed) -> dict[str, Any]:
    lines: dict[str, list[str]] = {"output": [], "error": []}
    for name, body, turn in desk.results(batch):
        said = _line(desk, name, body, turn)
        line = json.dumps(said)
        lines["error" if said["error"] else "output"].append(
            desk.lines(line) if desk.lines else line
        )
    made = {}
    for kind, found in lines.items():
        if found:
            made[f"{kind}_file_id"] = f"file-{kind}-{batch.id}"
            desk.files[f"file-{kind}-{batch.id}"] = "\n".join(found).encode() + b"\n"
    return made


def _line(desk: Desk, name: str, body: dict[str, Any], turn: Turn | str) -> dict[str, Any]:
    made: dict[str, Any] = {"id": f"batch_req_{name}", "custom_id": name, "error": None}
    if isinstance(turn, str):
        error = {"code": f"batch_{turn}", "message": "This request could not be executed."}
        return {**made, "response": None, "error": error}
    if turn.status != 200:
        wrong = {
            "error": {"message": turn.error, "type": "invalid_request_error", "code": turn.code}
        }
        return {**made, "response": {"status_code": turn.status, "request_id": "r", "body": wrong}}
    whole = openai_server.whole(body, turn)
    if desk.without_usage:
        del whole["usage"]
    return {**made, "response": {"status_code": 200, "request_id": "r", "body": whole}}
