"""`python -m core.launch`: the studio runs on the address of the settings until it is stopped.

start.py hands over to it when everything is installed; the container's entry point does too.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable

from core.errors import StudioError, Unavailable
from core.settings import ROOT, Settings, load

READY_WITHIN_S = 120
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here


def main() -> int:
    """The studio ran and was stopped, or the exit code says that it could not."""
    try:
        settings = load()
        url = address(settings.studio_host, settings.studio_port)
        if is_taken(settings.studio_host, settings.studio_port):
            if is_studio(url):
                print(f"A studio already runs at {url}")  # noqa: T201
                return 0
            raise Unavailable(
                f"Another program uses port {settings.studio_port}.",
                hint=f"Stop it, or set STUDIO_PORT={settings.studio_port + 1} in .env.",
            )
        prepare_database()
    except StudioError as error:
        sys.stderr.write(f"{error.message}\n  {error.hint}\n")
        return 1
    serve(settings, lambda: _announce(url))
    print("Stopped.", flush=True)  # noqa: T201
    return 0


def address(host: str, port: int) -> str:
    """Where this machine finds it, also when it listens on every address."""
    host = EVERYWHERE.get(host, host).strip("[]")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there. Raises Unavailable when nobody ever could."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there it would mean: share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise Unavailable(
                f"Cannot listen on {host}, port {port}: {error.strerror or error}.",
                hint="Change STUDIO_HOST or STUDIO_PORT in .env.",
            ) from error
    return False


def is_studio(url: str) -> bool:
    """Whether a studio answers there."""
    try:
        found = json.loads(_ask(f"{url}/readyz")[1])
    except ValueError:
        return False
    return isinstance(found, dict) and isinstance(found.get("parts"), dict)


def prepare_database() -> None:
    """The database has the tables of this version. Raises Unavailable with what stood in the way.

    Here, and not only when the studio opens, because here it can be told in a sentence.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from core.commands.init_db import init_db

    try:
        init_db()
    except (OSError, SQLAlchemyError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise Unavailable(
            f"The database could not be prepared: {said[0]}",
            hint="Check DATABASE_URL, or STUDIO_DATA_DIR for the SQLite in it.",
        ) from None


def serve(settings: Settings, ready: Callable[[], None]) -> None:
    """The server ran until a signal stopped it. `ready` is called once /readyz says yes."""
    import uvicorn

    os.chdir(ROOT)  # the server's own configuration is found from here
    if sys.platform != "win32":  # a closed terminal is a stop like any other
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    url = address(settings.studio_host, settings.studio_port)
    threading.Thread(target=_watch, args=(url, ready), daemon=True).start()
    uvicorn.run(
        "app:app",
        app_dir=str(ROOT),
        host=settings.studio_host.strip("[]"),
        port=settings.studio_port,
        lifespan="on",  # a studio that cannot open ends the start
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,  # browsers keep their sockets open
    )


def _watch(url: str, ready: Callable[[], None]) -> None:
    deadline, text = time.monotonic() + READY_WITHIN_S, ""
    while time.monotonic() < deadline:
        status, text = _ask(f"{url}/readyz")
        if status == 200:
            ready()
            return
        time.sleep(0.05)
    sys.stderr.write(f"The studio is not ready. It says: {text or 'nothing'}\n")


def _ask(url: str) -> tuple[int, str]:
    """Status and text of the answer; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, ValueError):
        return 0, ""


def _announce(url: str) -> None:
    print(f"Studio    ready at {url}\nStop it with Ctrl-C.", flush=True)  # noqa: T201
    if _is_interactive():
        webbrowser.open(url)


def _is_interactive() -> bool:
    """Whether a person sits in front of this machine."""
    env = os.environ  # noqa: TID251 - the terminal's own names, no settings of ours
    screen = sys.platform in ("win32", "darwin") or env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")
    afar = env.get("CI") or env.get("SSH_CONNECTION")
    return bool(sys.stdin.isatty() and sys.stdout.isatty() and screen and not afar)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # all is closed; taking the frozen heap apart would only report it as leaks
