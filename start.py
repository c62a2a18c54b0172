"""Lewis Studio in one command.

python3 start.py               set up what is missing, start, and print the address
python3 start.py setup         only set up
python3 start.py test [ARGS]   every test with coverage, or what pytest's ARGS choose
python3 start.py bench [ARGS]  measure the speed of the parts
python3 start.py doctor        say what is ready and what is not

It needs Python 3.11 or newer and nothing else, on Linux, macOS and Windows. It installs exactly
the versions and hashes of requirements.txt into .venv, and touches nothing outside its folder.
Only `test` may also install a browser and a database server, with apt where it is allowed to.
"""
# Any Python from 3.8 must be able to read this file, or it could not say that it is too old.

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import queue
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
STAMP = VENV / "studio-installed.json"  # requirements file -> hash of what was installed
OLDEST = (3, 11)
SECRETS = {"SECRET_KEY": 48, "API_KEY_SALT": 24}  # name -> random bytes
NO_NETWORK = (
    "name resolution",
    "getaddrinfo failed",
    "nodename nor servname",
    "Failed to resolve",
    "new connection",
    "connection broken",
    "Network is unreachable",
    "ProxyError",
    "(from versions: none)",
)


class Stop(Exception):
    """The launcher cannot go on: what is wrong, and the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Progress:
    """One line that changes in place on a terminal; elsewhere a line every ten seconds."""

    def __init__(self, name: str) -> None:
        self.name, self.began, self.shown_at = name, time.monotonic(), float("-inf")
        self.live = sys.stdout.isatty()

    def show(self, text: str, last: bool = False) -> None:
        """Tell how far it is, and for how long."""
        now = time.monotonic()
        if not (last or now - self.shown_at >= (0.1 if self.live else 10)):
            return
        self.shown_at = now
        line = f"{self.name:9} {text} · {now - self.began:.{1 if last else 0}f} s"
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + line[:width].ljust(width), end="\n" if last else "", flush=True)
        else:
            print(line, flush=True)


def main(words: list[str]) -> int:
    """Do what the words ask for and return the exit code."""
    try:
        check_python()
        command, rest = (words[0], words[1:]) if words else ("start", [])
        return COMMANDS[command](rest) if command in COMMANDS else usage(command)
    except Stop as stop:
        hint = f"\n  {stop.hint}" if stop.hint else ""
        print(f"\n{stop.message}{hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again to go on from here.", file=sys.stderr)
        return 130


def usage(command: str) -> int:
    """The commands are printed; only who asked for them did nothing wrong."""
    print(__doc__)
    return 0 if command in ("help", "-h", "--help") else 2


def check_python() -> None:
    """This Python is new enough, or Stop names one on this machine that is."""
    if sys.version_info >= OLDEST:
        return
    found = [
        name
        for name in ("python3.14", "python3.13", "python3.12", "python3.11")
        if shutil.which(name)
    ]
    ran = ".".join(map(str, sys.version_info[:2]))
    way = f"Run: {found[0]} start.py" if found else "Install it from https://www.python.org"
    raise Stop(f"Lewis Studio needs Python 3.11 or newer; this is Python {ran}.", way)


# --- setting up


def setup(development: bool = False) -> None:
    """.venv holds the pinned packages and .env the secrets. Nothing is done twice."""
    make_venv()
    install(ROOT / ("requirements-dev.txt" if development else "requirements.txt"))
    write_secrets(ROOT / ".env")


def make_venv() -> None:
    """A working .venv exists. One that does not work (moved, other Python) is made anew."""
    if runs(PYTHON):
        return
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        version = "{}.{}".format(*sys.version_info[:2])
        raise Stop(
            "This Python cannot make virtual environments: its venv module is missing.",
            f"On Debian and Ubuntu: sudo apt install python{version}-venv",
        )
    progress = Progress("Python")
    progress.show("making .venv")
    if not os.access(str(ROOT), os.W_OK):
        raise Stop(f"{ROOT} cannot be written to.", "Move the studio to a folder of your own.")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode or not runs(PYTHON):
        raise explained("The virtual environment .venv could not be made.", made.stdout)
    progress.show(".venv made", last=True)


def runs(python: Path) -> bool:
    """Whether this interpreter starts, is new enough and has pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return not subprocess.run(
            [str(python), "-c", check],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
    except OSError:
        return False


def install(requirements: Path) -> None:
    """Exactly the packages of the file are in .venv, unless they were already."""
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = read_stamp()
    if stamp.get(requirements.name) == wanted:
        return
    progress = Progress("Packages")
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps"]
    command += ["--no-input", "--no-color", "--progress-bar=off", "-r", str(requirements)]
    quiet = {"PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **quiet},
        encoding="utf-8",
        errors="replace",
    )
    try:
        said, done = follow(pip, requirements, progress)
    except BaseException:
        pip.kill()
        raise
    if pip.wait():
        raise explained("The packages could not be installed.", "\n".join(said))
    progress.show(f"{done} of {done}", last=True)
    stamp[requirements.name] = wanted
    runtime = ROOT / "requirements.txt"
    stamp[runtime.name] = hashlib.sha256(runtime.read_bytes()).hexdigest()
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def read_stamp() -> dict[str, str]:
    """What was installed before; nothing when that is not known."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def follow(
    pip: subprocess.Popen[str], requirements: Path, progress: Progress
) -> tuple[list[str], int]:
    """Show how far pip is until it ends; its lines and the number of packages."""
    lines = queue.Queue()
    threading.Thread(target=read, args=(pip.stdout, lines), daemon=True).start()
    text = requirements.read_text(encoding="utf-8")
    total = len(re.findall(r"^[A-Za-z0-9][^ ]*==", text, re.MULTILINE))
    said, fetched, base, new = [], 0, 0, 0
    while True:
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            line = ""
        if line is None:
            return said, total
        if line:
            said.append(line)
            total -= line.startswith("Ignoring ")  # for another system or Python
            fetched += line.startswith(("Collecting ", "Requirement already satisfied"))
        if line.startswith("Installing collected packages:"):
            base, new = installed(), line.count(",") + 1
        if new:
            there = total - new + max(0, installed() - base)
            progress.show(f"{min(there, total)} of {total} installed")
        else:
            progress.show(f"{min(fetched, total)} of {total} fetched")


def read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Every line of the stream is in the queue, then None."""
    for line in stream:
        lines.put(line.strip())
    lines.put(None)


def installed() -> int:
    """How many packages .venv holds."""
    places = [*VENV.glob("lib/python3*/site-packages"), *VENV.glob("Lib/site-packages")]
    return sum(path.name.endswith(".dist-info") for place in places[:1] for path in place.iterdir())


def explained(what: str, output: str) -> Stop:
    """The Stop that says what the output of a failed command means."""
    if "No space left on device" in output or shutil.disk_usage(str(ROOT)).free < 50e6:
        hint = f"The disk is full. Free about 2 GB where {ROOT} is, then run this again."
    elif any(sign in output for sign in NO_NETWORK):
        hint = "The package index cannot be reached. Check the network or proxy, then run it again."
    elif "DO NOT MATCH THE HASHES" in output:
        hint = "A downloaded package is not the one that was pinned; nothing of it was installed."
    elif "Read-only file system" in output or "Permission denied" in output:
        hint = f"{VENV} cannot be written to. Move the studio to a folder of your own."
    elif "No matching distribution found" in output:
        version = ".".join(map(str, sys.version_info[:2]))
        hint = f"The index has no build for this machine and Python {version}; 3.11 to 3.14 do."
    else:
        hint = "What it said last:"
    lines = [line.strip()[:200] for line in output.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("ERROR", "Error"))] or lines[-6:]
    return Stop(what, "\n  ".join([hint, *told]))


def write_secrets(path: Path) -> None:
    """Each secret is set in the environment or in the file. What is there is never changed."""
    path = path.resolve()  # a link stays a link
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    have = set(
        re.findall(r"^\s*(?:export\s+)?(\w+?)(?:_FILE)?\s*=\s*['\"]?[^\s'\"]", text, re.MULTILINE)
    )
    have |= {name for name in SECRETS if os.environ.get(name) or os.environ.get(name + "_FILE")}
    lines = [f"{n}={secrets.token_urlsafe(size)}\n" for n, size in SECRETS.items() if n not in have]
    if not lines:
        return
    gap = "" if not text or text.endswith("\n") else "\n"
    try:  # aside, then renamed: a crash leaves the old file or the new one
        handle, aside = tempfile.mkstemp(dir=str(path.parent), prefix=".env-")  # 0600
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text + gap + "".join(lines))
        Path(aside).replace(path)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}.", "Check its folder.") from error


# --- handing over


def start(words: list[str]) -> int:
    """The studio runs until it is stopped; from here on .venv's Python does the work."""
    setup()
    return python("-m", "core.launch", *words, for_good=True)


def python(*words: str, for_good: bool = False) -> int:
    """The exit code of .venv's Python, run in the project's folder.

    For good: it takes this process's place where the system can do that, so signals reach it.
    """
    os.chdir(str(ROOT))
    command = [str(PYTHON), *words]
    if for_good and not WINDOWS:
        sys.stdout.flush()
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child heard it too, and ends
            continue


def test(words: list[str]) -> int:
    """Every test has run, with coverage; with words only those that pytest finds by them."""
    setup(development=True)
    failed = python("tests/services.py")
    if failed:
        return failed
    # A file stays with one worker, and they come in the order of tests/conftest.py. One worker more
    # than processors: tests that wait for browsers and dead processes leave theirs idle.
    beside = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
    everything = [*beside, "--cov", "--cov-report=term:skip-covered"]
    return python("-m", "pytest", *(words or everything))


def bench(words: list[str]) -> int:
    """The measurements are printed."""
    setup(development=True)
    return python("-m", "core", "bench", *words)


def doctor(words: list[str]) -> int:
    """What is ready and what is not is printed."""
    free_gb = shutil.disk_usage(str(ROOT)).free / 1e9
    print(f"Python    {sys.version.split()[0]} at {sys.executable}")
    print(f"Folder    {'writable' if os.access(str(ROOT), os.W_OK) else 'READ-ONLY'}, "
          f"{free_gb:.1f} GB free")  # fmt: skip
    if not (runs(PYTHON) and read_stamp()):
        raise Stop("The packages are not installed yet.", "Run: python3 start.py setup")
    return python("-m", "core", "doctor", *words)


def only_setup(words: list[str]) -> int:
    """Everything is installed, with --tests for the tests too, and nothing was started."""
    setup(development="--tests" in words)
    print("Ready. Start it with: python3 start.py")
    return 0


COMMANDS = {"start": start, "setup": only_setup, "test": test, "bench": bench, "doctor": doctor}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
