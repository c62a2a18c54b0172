"""`/files/TASK.SUFFIX`: a finished task's deck as a file, for whoever may see the task."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import Invalid, NotFound, StudioError
from core.governance import steps
from core.kernel.values import text
from core.serve.sign_in import signed_in

STATUS = {"not_found": 404, "invalid": 409}


def routes(studio: Callable[[], Any], *, local: Callable[[], bool]) -> list[Route]:
    """The download route. Answers are attachments, so a deck's HTML never runs as our page."""

    async def download(request: Request) -> Response:
        open_studio = studio()
        person = await run_in_threadpool(signed_in, request, open_studio, local=local())
        if person is None:
            return PlainTextResponse("Sign in first.", 401)
        task_id = text(request.path_params["task_id"])
        try:
            name, data = await run_in_threadpool(
                export, open_studio, task_id, request.path_params["suffix"], person.org_id
            )
        except StudioError as error:
            return PlainTextResponse(str(error), STATUS.get(error.code, 500))
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(data, media_type="application/octet-stream", headers=headers)

    return [Route("/files/{task_id:str}.{suffix:str}", download, methods=["GET"])]


def export(studio: Any, task_id: str, suffix: str, org_id: str) -> tuple[str, bytes]:
    """File name and bytes of the task's deck. Raises NotFound also for another's task."""
    from core.insight.export import discover

    write = discover()[suffix]
    deck = deck_of(studio, task_id, org_id)
    return f"{file_name(deck.title)}.{suffix}", as_bytes(write(deck, studio.blobs))


def deck_of(studio: Any, task_id: str, org_id: str) -> Any:
    """The deck the task made, or what it had when it was stopped. Raises NotFound or Invalid."""
    from core.insight import load

    task = studio.kernel.task(task_id)
    if task.org_id != org_id:
        raise NotFound(f"No task {task_id!r}.")
    hash = (task.output or {}).get("deck") or _last_deck(studio, task_id)
    if not hash:
        raise Invalid("This task has no deck.", hint="Wait until it has ended, or ask again.")
    return load(studio.blobs, hash)


def _last_deck(studio: Any, task_id: str) -> str:
    made = [step for step in steps(studio.database, task_id) if step.kind == "deck"]
    done = [step.outcome["ok"] for step in made if step.outcome and "ok" in step.outcome]
    return done[-1]["deck"] if done else ""


def as_bytes(data: Any) -> bytes:
    """What an export returned, whether bytes, text, a file or chunks."""
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    if isinstance(data, str):
        return data.encode()
    if hasattr(data, "read"):
        return data.read()
    return b"".join(data)


def file_name(title: str) -> str:
    """A name every system can store: ASCII words with dashes, at most 60 characters."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-").lower()[:60].rstrip("-") or "deck"
