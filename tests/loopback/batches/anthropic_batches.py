"""Anthropic's message batches beside its messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.loopback import anthropic_server
from tests.loopback.batches.desk import Desk, Handed, broken
from tests.loopback.server import Loopback, Turn, serve

STATES = {"working": "in_progress", "stopping": "canceling"}
KINDS = {"expired": "expired", "cancelled": "canceled"}


@contextmanager
def open_server() -> Iterator[Desk]:
    """A loopback Anthropic with batches; its base URL is `url`."""
    desk = Desk()

    def make(loopback: Loopback) -> Starlette:
        desk.loopback = loopback
        return Starlette(routes=[*_routes(desk), *anthropic_server._app(loopback).routes])

    with serve(make):
        yield desk


@dataclass
class _Ends:
    desk: Desk

    async def create(self, request: Request) -> Response:
        asked = await request.json()
        if self.desk.refuses:
            return anthropic_server._error(self.desk.refuses, "Not now.")
        for one in asked["requests"]:
            assert len(one["custom_id"]) <= 64
            if wrong := anthropic_server._malformed(request, one["params"]):
                return anthropic_server._error(400, wrong)
        requests = [(one["custom_id"], one["params"]) for one in asked["requests"]]
        batch = self.desk.hand_over(requests)
        if self.desk.drops:
            return StreamingResponse(broken(), headers={"content-length": "500"})
        await asyncio.sleep(self.desk.silent_s)
        return JSONResponse(_shown(self.desk, batch))

    async def listed(self, _request: Request) -> Response:
        found = [_shown(self.desk, batch) for batch in reversed(self.desk.batches.values())]
        ends = {"first_id": None, "last_id": None, "has_more": False}
        return JSONResponse({"data": found, **ends})

    async def look(self, request: Request) -> Response:
        if self.desk.down:
            self.desk.down -= 1
            return anthropic_server._error(529, "Overloaded")
        batch = self.desk.batches.get(request.path_params["id"])
        if batch is None:
            return anthropic_server._error(404, "No such batch.")
        self.desk.look(batch)
        return JSONResponse(_shown(self.desk, batch))

    async def cancel(self, request: Request) -> Response:
        batch = self.desk.batches[request.path_params["id"]]
        if not self.desk.stop(batch):
            return anthropic_server._error(400, "It has ended.")
        return JSONResponse(_shown(self.desk, batch))

    async def results(self, request: Request) -> Response:
        batch = self.desk.batches[request.path_params["id"]]
        lines = [
            json.dumps(_line(name, body, turn)) for name, body, turn in self.desk.results(batch)
        ]
        lines = [self.desk.lines(line) if self.desk.lines else line for line in lines]
        return PlainTextResponse("".join(f"{line}\n" for line in lines))

    def keyed(self, end: Any) -> Any:
        async def checked(request: Request) -> Response:
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
            if request.headers.get("x-api-key", bearer) not in self.desk.loopback.keys:
                return anthropic_server._error(401, "invalid x-api-key")
            return await end(request)

        return checked


def _routes(desk: Desk) -> list[Route]:
    ends = _Ends(desk)
    keyed = ends.keyed
    at = "/v1/messages/batches"
    return [
        Route(at, keyed(ends.create), methods=["POST"]),
        Route(at, keyed(ends.listed)),
        Route(at + "/{id}", keyed(ends.look)),
        Route(at + "/{id}/cancel", keyed(ends.cancel), methods=["POST"]),
        Route(at + "/{id}/results", keyed(ends.results)),
    ]


def _shown(desk: Desk, batch: Handed) -> dict[str, Any]:
    """The batch as the service shows it: counts only once it has ended."""
    ended = batch.state not in STATES
    total, done = len(batch.requests), batch.done if ended else 0
    counts = dict.fromkeys(("errored", "canceled", "expired"), 0) | {"succeeded": done}
    counts["processing"] = 0 if ended else total
    if ended:
        counts[KINDS.get(batch.state, "expired")] += total - done
    made = datetime.fromtimestamp(batch.created_at, UTC)
    results = f"{desk.url}/v1/messages/batches/{batch.id}/results" if ended else None
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": STATES.get(batch.state, "ended"),
        "request_counts": counts,
        "created_at": made.isoformat(),
        "expires_at": (made + timedelta(hours=24)).isoformat(),
        "ended_at": made.isoformat() if ended else None,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": results,
    }


def _line(name: str, body: dict[str, Any], turn: Turn | str) -> dict[str, Any]:
    if isinstance(turn, str):
        return {"custom_id": name, "result": {"type": KINDS[turn]}}
    if turn.status != 200:
        kind = anthropic_server.ERRORS.get(turn.status, "api_error")
        error = {"type": "error", "error": {"type": kind, "message": turn.error}, "request_id": "r"}
        return {"custom_id": name, "result": {"type": "errored", "error": error}}
    message = anthropic_server._whole(body, turn)
    return {"custom_id": name, "result": {"type": "succeeded", "message": message}}
