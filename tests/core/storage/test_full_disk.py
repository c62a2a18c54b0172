"""A disk that fills up: every refusal is a sentence, nothing is lost, and work goes on after."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

import pytest

from core.errors import Unavailable
from core.insight import Question, load
from core.settings import load as load_settings
from core.studio import open_studio
from tests.core.insight.asking import answered, ended, give, sales


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk, leave_bytes):
    """The studio may write at the same time; what is then too much is not written."""
    here = os.statvfs(disk)
    with suppress(OSError):
        (disk / "filler").write_bytes(b"x" * (here.f_bavail * here.f_frsize - leave_bytes))


def test_a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room(disk):
    values = {"STUDIO_DATA_DIR": str(disk / "var"), "LOG_LEVEL": "ERROR"}
    studio = open_studio(load_settings(values, None))
    try:
        first = answered(studio, iterations=2)
        source = give(studio, "more.csv", sales(3))
        fill(disk, 0)
        with pytest.raises(Unavailable, match="No space left"):
            give(studio, "big.csv", sales(30))
        asked = Question(question="What is in here?", sources=[source], iterations=2)
        with pytest.raises(Unavailable, match="disk is full"):
            studio.ask(studio.people.local(), asked)
        (disk / "filler").unlink()
        fill(disk, 100_000)
        begun = studio.ask(studio.people.local(), asked)
        (disk / "filler").unlink()
        task = ended(studio, begun)
        assert task.state == "done" or task.error["code"] == "unavailable", task.error
        assert load(studio.blobs, first.output["deck"]).claims
        assert answered(studio, sources=[source], iterations=2).state == "done"
    finally:
        studio.close()
