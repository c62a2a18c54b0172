"""A file that is edited while it is in use."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from core.governance.policies import watched as module
from core.governance.policies.lines import Trouble, faulty
from core.governance.policies.watched import Watched

QUICK_S = 0.0


def read(text: str) -> list[str]:
    if "bad" in text:
        raise faulty(Trouble("It is bad.", text[: text.index("bad")].count("\n") + 1))
    return text.split()


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "a.yaml"
    file.write_text("one two")
    return file


def opened(path: Path, **options) -> Watched[list[str]]:
    return Watched(path, read, [], every_s=QUICK_S, **options)


def put(path: Path, text: str) -> None:
    """As careful editors save: another file, then one move."""
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


def until(value, expected) -> bool:
    end = time.monotonic() + 60
    while value() != expected and time.monotonic() < end:
        time.sleep(0.01)
    return value() == expected


def test_an_edit_shows_on_use(path):
    watched = opened(path)
    assert watched.value == ["one", "two"]
    put(path, "three")
    assert until(lambda: watched.value, ["three"])
    assert watched.trouble is None


def test_a_bad_edit_leaves_the_last_good_one_and_tells_its_line(path):
    watched = opened(path)
    put(path, "x\ny\nbad")
    assert until(lambda: watched.trouble is not None, True)
    assert watched.value == ["one", "two"]
    assert watched.trouble
    assert watched.trouble.line == 3
    put(path, "mended")
    assert until(lambda: watched.value, ["mended"])
    assert watched.trouble is None


def test_taking_a_bad_edit_back_ends_the_trouble(path):
    watched = opened(path)
    put(path, "bad")
    watched.look(now=True)
    assert watched.trouble
    put(path, "one two")
    watched.look(now=True)
    assert watched.trouble is None
    assert watched.value == ["one", "two"]


def test_without_a_good_file_the_start_value_holds(path):
    path.write_text("bad")
    watched = opened(path)
    assert (watched.value, watched.was_read) == ([], False)
    assert watched.trouble
    path.unlink()
    watched.look(now=True)
    assert "No such file" in watched.trouble.message
    put(path, "good")
    watched.look(now=True)
    assert (watched.value, watched.was_read) == (["good"], True)


def test_bytes_that_are_no_text_are_told_with_their_line(path):
    watched = opened(path)
    path.write_bytes(b"a\nb\n\xff\n")
    watched.look(now=True)
    assert watched.trouble
    assert (watched.trouble.line, watched.trouble.message) == (3, "The file is not UTF-8 text.")
    assert watched.value == ["one", "two"]


def test_a_touched_file_is_not_read_anew(path):
    told = []
    watched = opened(path, told=told.append)
    os.utime(path, (1, 1))
    watched.look(now=True)
    assert told == []
    put(path, "new")
    watched.look(now=True)
    assert told == [["new"]]


def test_it_looks_at_most_once_a_while(path):
    watched = Watched(path, read, [], every_s=60)
    assert watched.value == ["one", "two"]
    put(path, "later")
    for _ in range(3):
        assert watched.value == ["one", "two"]
    watched.look(now=True)
    assert watched.value == ["later"]


def test_whoever_needs_it_now_sees_a_whole_edit_and_otherwise_pays_for_one_stat(path):
    watched = Watched(path, read, [], every_s=60)
    put(path, "three")
    watched.look(now=True)
    assert watched.value == ["three"]
    with watched._looking:  # nobody waits for anybody while the file is what it was
        watched.look(now=True)


@pytest.fixture
def clock(monkeypatch):
    """Time passes when a test says so, or when somebody rests; `during` happens amid a rest."""

    class Clock:
        at, during = 1_000.0, None

        def monotonic(self):
            return self.at

        def sleep(self, seconds):
            self.at += seconds
            if seconds and self.during:
                self.during()

    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_a_change_that_was_seen_a_moment_ago_has_not_rested(path, clock):
    watched = Watched(path, read, [], every_s=0)
    path.write_text("half")
    watched.look()  # saw it, and leaves it alone
    path.write_text("half and whole")
    watched.look()
    clock.during = lambda: path.write_text("whole at last")
    watched.look(now=True)
    assert watched.value == ["one", "two"], "it changed while it should have rested"
    clock.during = None
    watched.look(now=True)
    assert watched.value == ["whole", "at", "last"]


def test_readers_never_see_half_of_a_file_however_it_is_written(path, clock):
    """A writer that writes in pieces, beside readers: only whole versions are ever seen."""
    whole = {tuple([f"v{n}"] * 400) for n in range(12)}
    path.write_text(" ".join(["v0"] * 400))
    watched = opened(path)
    seen, stop = set(), threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(tuple(watched.value))

    def rested() -> str:
        clock.at += module.SETTLE_S
        return watched.value[0]

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(1, 4):
        with path.open("w") as file:  # not atomic: truncated, then in two pieces
            file.write(" ".join([f"v{n}"] * 200) + " ")
            file.flush()
            for _ in range(5):  # readers look, and no writer rests for as long as that
                time.sleep(0.005)
                clock.at += module.SETTLE_S / 6
            file.write(" ".join([f"v{n}"] * 200))
        assert until(rested, f"v{n}")
    stop.set()
    for reader in readers:
        reader.join()
    assert seen <= whole
    assert len(seen) >= 2


def test_a_reader_never_waits_for_the_one_who_reads_the_file(path):
    reading, go = threading.Event(), threading.Event()

    def slow(text: str) -> list[str]:
        if text == "slow":
            reading.set()
            assert go.wait(120)
        return [text]

    watched = Watched(path, slow, [], every_s=QUICK_S)
    put(path, "slow")
    thread = threading.Thread(target=lambda: watched.look(now=True))
    thread.start()
    assert reading.wait(60)
    assert watched.value == ["one two"]
    go.set()
    thread.join()
    assert watched.value == ["slow"]
