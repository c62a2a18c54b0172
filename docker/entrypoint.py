"""What the container runs: wait for what is configured, prepare the database if asked, serve.

SECRET_KEY and API_KEY_SALT that nobody set are made once and kept in the data volume.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.errors import StudioError, Unavailable
from core.settings import ROOT, Settings, load

WAIT_S = 60
SECRETS = {"SECRET_KEY": 48, "API_KEY_SALT": 24}  # name -> random bytes


def main(env: MutableMapping[str, str], run: Callable[[list[str]], None]) -> int:
    """The server has taken this process's place, or the exit code says what is missing."""
    try:
        keep_secrets(env)
        settings = load(env)
        wait(settings)
    except StudioError as error:
        sys.stderr.write(f"{error.message}\n  {error.hint}\n")
        return 1
    if settings.studio_init_db:
        done = subprocess.run(
            [sys.executable, "-m", "core", "init-db"], cwd=ROOT, env=dict(env), check=False
        )
        if done.returncode:
            return done.returncode
    host = settings.studio_host.strip("[]")
    run([sys.executable, "-m", "uvicorn", "app:app", "--host", host,
         "--port", str(settings.studio_port), "--lifespan", "on", "--log-level", "warning",
         "--timeout-graceful-shutdown", "5"])  # fmt: skip
    return 0


def keep_secrets(env: MutableMapping[str, str]) -> None:
    """Each secret is set, or its file in the data volume is. Raises Unavailable."""
    folder = Path(env.get("STUDIO_DATA_DIR") or ROOT / "data" / "var") / "secrets"
    for name, size in SECRETS.items():
        if env.get(name) or env.get(f"{name}_FILE"):
            continue
        file = folder / name
        try:
            if not file.exists():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                aside = folder / f".{name}-{os.getpid()}"
                aside.touch(mode=0o600)
                aside.write_text(secrets.token_urlsafe(size))
                aside.rename(file)  # a crash leaves no half secret
        except OSError as error:
            raise Unavailable(
                f"{folder} cannot be written: {error.strerror}.",
                hint=f"Mount a volume the studio may write to, or set {name}.",
            ) from None
        env[f"{name}_FILE"] = str(file)


def wait(settings: Settings, *, within_s: float = WAIT_S) -> None:
    """Every configured server accepts connections. Raises Unavailable, naming its setting."""
    for name, (host, port) in servers(settings).items():
        deadline = time.monotonic() + within_s
        while not answers(host, port):
            if time.monotonic() >= deadline:
                raise Unavailable(
                    f"{name}: nobody answers at {host}, port {port}.",
                    hint="Start that server, or correct the setting.",
                )
            time.sleep(0.2)


def servers(settings: Settings) -> dict[str, tuple[str, int]]:
    """Setting -> host and port of the server it names."""
    url = urlsplit(settings.database)
    if url.scheme == "sqlite" or not url.hostname:  # a file, or a socket of this machine
        return {}
    return {"DATABASE_URL": (url.hostname, url.port or 5432)}


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts a connection there."""
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def replace(command: list[str]) -> None:
    """The command has taken this process's place, so signals reach it."""
    os.chdir(ROOT)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(os.environ, replace))
