"""Is it alive, is it ready and by which part not, and what is running here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

# {"ok": bool, "detail": str}, and "degraded": True of a part that works but needs somebody.
Part = dict[str, Any]


def routes(studio: Callable[[], Any | None]) -> list[Route]:
    """`/healthz` liveness, `/readyz` readiness by dependency, `/health` the summary."""

    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        parts = await run_in_threadpool(ready, studio())
        is_ready = all(part["ok"] for part in parts.values())
        body = {"status": "ready" if is_ready else "not ready", "parts": parts}
        return JSONResponse(body, 200 if is_ready else 503)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(summary, studio()))

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/health", health),
    ]


def ready(studio: Any | None) -> dict[str, Part]:
    """Each dependency by name, whether it works and a word about it. No secrets, no addresses."""
    if studio is None:
        return {"studio": {"ok": False, "detail": "starting"}}
    checks = {
        "database": lambda: _database(studio),
        "blobs": lambda: _blobs(studio),
        "migrations": lambda: _migrations(studio),
        "llm": lambda: _llm(studio),
        "cache": lambda: studio.cache.detail,
        "rates": lambda: studio.rates.detail,
        "moderation": lambda: _moderation(studio),
    }
    watched = {
        "policies": _policies(studio),
        "monitor": _monitor(studio),
        "telemetry": _telemetry(studio),
    }
    return {name: _tried(check) for name, check in checks.items()} | watched


def summary(studio: Any | None) -> dict[str, Any]:
    """Readiness with the flags that are on."""
    parts = ready(studio)
    well = all(part["ok"] and not part.get("degraded") for part in parts.values())
    status = "ok" if well else "degraded"
    return {"status": status, "parts": parts, "flags": flags(studio)}


def flags(studio: Any | None) -> dict[str, Any]:
    """Every declared flag and its value for nobody in particular."""
    return {flag.name: flag.value for flag in studio.flags.status()} if studio else {}


def _tried(check: Callable[[], str]) -> Part:
    try:
        return {"ok": True, "detail": check()}
    except (OSError, RuntimeError, LookupError, SQLAlchemyError) as error:
        return {"ok": False, "detail": type(error).__name__}


def _database(studio: Any) -> str:
    studio.database.rows(sa.select(sa.literal(1)))
    return "SQLite" if studio.database.is_sqlite else "PostgreSQL"


def _blobs(studio: Any) -> str:
    studio.blobs.has("0" * 64)
    return type(studio.blobs).__name__.lower()


def _migrations(studio: Any) -> str:
    from core.storage.migrations import is_current

    if not is_current(studio.database):
        raise LookupError("not at head")
    return "current"


def _llm(studio: Any) -> str:
    models = studio.llm.config.models
    return ", ".join(models) if models else "offline"


def _moderation(studio: Any) -> str:
    bench = studio.safety.bench
    return bench.detail if bench else "built-in rules"


def _policies(studio: Any) -> Part:
    """A bad edit of the file takes nothing out of service: the last good one holds."""
    studio.policies.look()  # whoever asks just after an edit hears of it
    trouble = studio.policies.trouble
    if trouble is None:
        return {"ok": True, "detail": ", ".join(studio.policies.names()) or "none"}
    held = "the last good file holds" if studio.policies.was_read else "the defaults hold"
    return {"ok": True, "degraded": True, "detail": f"{trouble} ({held})"}


def _monitor(studio: Any) -> Part:
    """Requests are served and limits hold without it; only nobody is told of what it sees."""
    trouble = studio.monitor.trouble
    if not trouble:
        return {"ok": True, "detail": "watching"}
    return {"ok": True, "degraded": True, "detail": f"{trouble}; the log says more"}


def _telemetry(studio: Any) -> Part:
    """Work never waits for a sink; only nobody sees there what is done."""
    told = [
        f"{name} got {counts['sent']}, lost {counts.get('failed', 0) + counts['dropped']}"
        for name, counts in studio.telemetry.status().items()
    ]
    detail, down = "; ".join(told) or "log lines only", studio.telemetry.down()
    if not down:
        return {"ok": True, "detail": detail}
    return {"ok": True, "degraded": True, "detail": f"down: {', '.join(down)}; {detail}"}
