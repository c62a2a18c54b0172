"""The commands as people run them: processes of their own, in a data folder of their own."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FALL = 60  # of every order of the south in the last month


def environment(folder: Path, **more: str) -> dict[str, str]:
    """This process's, with a data folder and without anybody's settings."""
    names = ("DATABASE_URL", "STUDIO_MODELS", "LOG_LEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "STUDIO_DATA_DIR": str(folder / "var"), "PYTHONPATH": str(ROOT), **more}


def core(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`python -m core WORDS` when it has ended."""
    return subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_sales(path: Path, fall: int = FALL) -> Path:
    """Half a year of orders; in the last month those of the south are `fall` smaller."""
    lines = ["date,region,revenue"]
    for month in range(1, 7):
        for day in range(1, 25):
            for place, region in enumerate(("north", "south", "west")):
                noise = (month * 31 + day * 17 + place * 7) * 7919 % 13
                less = fall if region == "south" and month == 6 else 0
                lines.append(f"2025-{month:02}-{day:02},{region},{100 + noise - less}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def asked(tmp_path_factory):
    """One question, asked once: (folder with sales.csv and pack.zip, the process, its object)."""
    folder = tmp_path_factory.mktemp("asked")
    sales, out = write_sales(folder / "sales.csv"), str(folder / "pack.zip")
    question = ("--question", "Why did revenue fall in June?")
    ran = core(folder, "ask", str(sales), *question, "--budget", "0", "--json", "--out", out)
    assert ran.returncode == 0, ran.stderr
    return folder, ran, json.loads(ran.stdout)


@pytest.fixture
def logs():
    """What commands and studios do to the process's logs is undone."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers, root.level = before


@pytest.fixture
def here(logs, tmp_path, monkeypatch):  # noqa: ARG001 - it is undone
    """Commands run in this process find their data here."""
    for name in ("DATABASE_URL", "STUDIO_MODELS", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "var"))
    return tmp_path
