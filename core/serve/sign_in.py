"""Sign-in by a form post: only a route sets an HttpOnly cookie, and pages never see passwords."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

COOKIE = "studio_session"
TRIES_MAX = 5  # wrong passwords in a window, per caller
TRIES_S = 60.0
CALLERS_MAX = 10_000
PASSWORD_MAX = 1_024
FORM_BYTES_MAX = 16_384


class SignIn:
    """The two routes, and a short memory of wrong passwords."""

    def __init__(self, studio: Callable[[], Any]) -> None:
        self.studio = studio
        self.wrong: dict[str, deque[float]] = defaultdict(deque)

    def routes(self) -> list[Route]:
        """`POST /sign-in` and `POST /sign-out`."""
        return [
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """A session cookie and the page asked for; or the wall again, saying why."""
        if not same_origin(request):
            return PlainTextResponse("This form was sent by another site.", 403)
        form = await _form(request)
        if form is None:
            return PlainTextResponse("This form is too large.", 413)
        target = safe_target(str(form.get("next") or "/"))
        caller = request.client.host if request.client else ""
        if self._is_tired(caller):
            return _back(target, "wait")
        self._remember(caller)  # before the check, or many at once would all be let in
        person = await run_in_threadpool(self.studio().people.check, _password(form))
        if person is None:
            await asyncio.sleep(0.5)  # guessing costs time even before the limit
            return _back(target, "wrong")
        self.wrong.pop(caller, None)
        token = await run_in_threadpool(self.studio().people.open_session, person)
        response = RedirectResponse(target, 303)
        is_secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, token, httponly=True, samesite="lax", secure=is_secure, path="/"
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        """The session has ended on the server and the cookie is gone."""
        if not same_origin(request):
            return PlainTextResponse("This form was sent by another site.", 403)
        token = request.cookies.get(COOKIE)
        if token:
            await run_in_threadpool(self.studio().people.end_session, token)
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE, path="/")
        return response

    def _is_tired(self, caller: str) -> bool:
        tries = self.wrong.get(caller, ())
        return sum(at > time.monotonic() - TRIES_S for at in tries) >= TRIES_MAX

    def _remember(self, caller: str) -> None:
        if len(self.wrong) >= CALLERS_MAX:
            self.wrong.clear()
        tries = self.wrong[caller]
        tries.append(time.monotonic())
        while len(tries) > TRIES_MAX:
            tries.popleft()


def same_origin(request: Request) -> bool:
    """Whether the form came from our own page: browsers state the origin of every post."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") in ("same-origin", "none")
    host = request.headers.get("host", "").lower()
    return bool(host) and _parts(origin).netloc.lower() == host


def safe_target(target: str) -> str:
    """`target` if it is a path of this studio, else the first page: no redirect leaves it."""
    parts = _parts(target)
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    is_clean = target.isprintable() and "\\" not in target
    return target if is_path and is_clean and not parts.netloc and not parts.scheme else "/"


def signed_in(request: Request, studio: Any, *, local: bool) -> Any:
    """The person who sent `request`, or None: the owner in local mode, else by cookie."""
    if local:
        return studio.people.local()
    token = request.cookies.get(COOKIE)
    return studio.people.by_session(token) if token else None


async def _form(request: Request) -> FormData | None:
    """The posted form; None when it is larger than any of ours, without reading it all."""
    size = 0
    parts: list[bytes] = []
    async for part in request.stream():
        size += len(part)
        if size > FORM_BYTES_MAX:
            return None
        parts.append(part)
    fields = parse_qsl(b"".join(parts).decode("utf-8", "replace"), keep_blank_values=True)
    return FormData([(name, value) for name, value in fields])


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # "//[": no address at all
        return urlsplit("//nowhere")


def _password(form: FormData) -> str:
    return str(form.get("password") or "")[:PASSWORD_MAX]


def _back(target: str, why: str) -> RedirectResponse:
    path, _, query = target.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("sign_in="))
    return RedirectResponse(f"{path}?{kept}{'&' if kept else ''}sign_in={why}", 303)
