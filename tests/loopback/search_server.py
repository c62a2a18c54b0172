"""Search services on 127.0.0.1, each with its own wire format: keys, limits, errors, delays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.loopback.server import Loopback, Turn, serve

Row = dict[str, Any]
ROWS: list[Row] = [
    {"url": f"https://site{i}.example/page", "title": f"Page {i}", "words": f"Words of {i}."}
    for i in range(1, 13)
]


class Found(Turn):
    """What a service answers; `raw` replaces it by something else."""

    def __init__(self, rows: list[Row] | None = None, raw: str | None = None, **turn: Any) -> None:
        super().__init__(**turn)
        self.rows = ROWS if rows is None else rows
        self.raw = raw


Answer = Callable[[Found, Row], Response]


def open_server() -> AbstractContextManager[Loopback]:
    """All services at once: /tavily, /firecrawl, /searxng and /html; `script` has their names."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    def route(path: str, name: str, answer: Answer, method: str = "POST") -> Route:
        async def begin(request: Request) -> Response:
            body = await request.json() if method == "POST" else dict(request.query_params)
            seen = {"name": name, "body": body, "path": request.url.path}
            loopback.seen.append({**seen, "headers": dict(request.headers)})
            scripted = loopback.script.get(name, Found())
            found = scripted(body) if callable(scripted) else scripted
            assert isinstance(found, Found)
            await asyncio.sleep(found.delay_s)
            if found.raw is not None:
                return PlainTextResponse(found.raw, status_code=found.status)
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            return answer(found, {**seen, "keyed": key in loopback.keys})

        return Route(path, begin, methods=[method])

    return Starlette(
        routes=[
            route("/tavily/search", "tavily", _tavily),
            route("/firecrawl/v1/search", "firecrawl", _firecrawl),
            route("/firecrawl/v2/search", "firecrawl", _firecrawl),
            route("/searxng/search", "searxng", _searxng, "GET"),
            route("/html/", "html", _html, "GET"),
        ]
    )


def _tavily(found: Found, asked: Row) -> Response:
    body = asked["body"]
    if not asked["keyed"]:
        said = {"error": "Unauthorized: missing or invalid API key."}
        return JSONResponse({"detail": said}, status_code=401)
    if found.status != 200:
        headers = {"retry-after": "7"} if found.status == 429 else None
        said = {"detail": {"error": found.error}}
        return JSONResponse(said, status_code=found.status, headers=headers)
    if not body.get("query") or not 0 <= body.get("max_results", 5) <= 20:
        return JSONResponse({"detail": {"error": "Invalid request."}}, status_code=400)
    rows = [
        {
            "title": row["title"],
            "url": row["url"],
            "content": row["words"],
            "score": 0.9 - i / 100,
            "raw_content": None,
        }
        for i, row in enumerate(found.rows[: body.get("max_results", 5)])
    ]
    head = {"query": body["query"], "follow_up_questions": None, "answer": None, "images": []}
    return JSONResponse({**head, "results": rows, "response_time": 0.31, "request_id": "r1"})


def _firecrawl(found: Found, asked: Row) -> Response:
    if not asked["keyed"]:
        said = {"success": False, "error": "Unauthorized: Invalid token"}
        return JSONResponse(said, status_code=401)
    if found.status != 200:
        return JSONResponse({"success": False, "error": found.error}, status_code=found.status)
    rows = [
        {"url": row["url"], "title": row["title"], "description": row["words"], "position": i}
        for i, row in enumerate(found.rows[: asked["body"].get("limit", 5)], start=1)
    ]
    spent = -(-len(rows) // 10) * 2
    data: Any = rows if asked["path"].endswith("/v1/search") else {"web": rows}
    return JSONResponse({"success": True, "data": data, "creditsUsed": spent, "id": "1"})


def _searxng(found: Found, asked: Row) -> Response:
    if found.status != 200:
        return PlainTextResponse("Forbidden", status_code=found.status)
    if asked["body"].get("format") != "json":
        return HTMLResponse("<html>results</html>")
    rows = [
        {
            "url": row["url"],
            "title": row["title"],
            "content": row["words"],
            "publishedDate": None,
            "engine": "an engine",
            "parsed_url": ["https", "site", "/", "", "", ""],
            "engines": ["an engine"],
            "positions": [i],
            "score": 1 / i,
            "category": "general",
        }
        for i, row in enumerate(found.rows, start=1)
    ]
    more = ("answers", "corrections", "infoboxes", "suggestions", "unresponsive_engines")
    head = {"query": asked["body"]["q"], "number_of_results": 0, "results": rows}
    return JSONResponse({**head, **{name: [] for name in more}})


def _html(found: Found, _asked: Row) -> Response:
    if found.status != 200:
        return HTMLResponse("<html>anomaly</html>", status_code=found.status)
    return HTMLResponse(_page(found.rows))


def _page(rows: list[Row]) -> str:
    """The page as it is served: links through a counter of clicks, an advertisement first."""
    ad = '<div class="result results_links result--ad"><a class="result__a" href="//ad.example">Buy'
    parts = [f"{ad}</a></div>"]
    for row in rows:
        link = f"//duckduckgo.com/l/?uddg={quote(row['url'], safe='')}&amp;rut=abc"
        parts.append(
            '<div class="result results_links results_links_deep web-result ">'
            '<div class="links_main links_deep result__body"><h2 class="result__title">'
            f'<a rel="nofollow" class="result__a" href="{link}">{row["title"]}</a></h2>'
            f'<a class="result__snippet" href="{link}">{row["words"]} <b>bold</b></a></div></div>'
        )
    return f"<!DOCTYPE html><html><body><div id='links'>{''.join(parts)}</div></body></html>"
