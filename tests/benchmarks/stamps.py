"""Both fronts of the benchmarks: an app, and beside it what the measurement asks of its process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

TOKENS = 90
EVERY_S = 1 / 30
GO = threading.Event()  # tokens wait until the browser is there
AT: list[float] = []  # when each token was emitted


def emitted() -> Iterator[str]:
    """Tokens "k0; ", "k1; ", ... at the pace of a model, each stamped as it goes."""
    GO.wait(60)
    for i in range(TOKENS):
        time.sleep(EVERY_S)
        AT.append(time.time())
        yield f"k{i}; "


def measured(app: Any, more: dict[str, Callable[[], Any]] | None = None) -> Any:
    """`app`, whose process also answers /bench/NAME with JSON."""
    told = {"cpu": time.process_time, "go": _go, "stamps": lambda: list(AT), **(more or {})}

    async def front(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/bench/"):
            await app(scope, receive, send)
            return
        body = json.dumps(told[path.removeprefix("/bench/")]()).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return front


def _go() -> bool:
    AT.clear()
    GO.set()
    return True
