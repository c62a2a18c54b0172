"""An ask in processes that die where they are told to: `dying.py FOLDER CSV QUESTION`.

Each attempt is a fork of one warm process, killed with SIGKILL, until one ends by itself. Which
places there are is learnt from a first run without deaths.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from core.insight import Question
from core.kernel import steps
from core.settings import Settings, load
from core.storage.blobs import chunks_of
from core.studio import open_studio
from core.tools.tool import discover

PLACES = (
    "gates",
    "admit begins",
    "admit ends",
    "act begins",
    "act ends",
    "settle begins",
    "settle ends",
)
TASK = "t1"


class Deaths:
    """Kills this process at places that are not yet on the list of deaths died."""

    def __init__(self, folder: Path, places: tuple[str, ...]) -> None:
        self.file, self.places = folder / "died", places
        self.seen = folder / "seen"
        self.done = set(self.file.read_text().splitlines()) if self.file.exists() else set()

    def at(self, seq: int, place: str) -> None:
        line = f"{seq} {place}"
        if not self.places:
            with self.seen.open("a") as file:
                file.write(line + "\n")
        elif place in self.places and line not in self.done:
            with self.file.open("a") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.kill(os.getpid(), signal.SIGKILL)


def haunt(studio, deaths: Deaths) -> None:
    """Every move of every step passes a place where it may die."""
    ask, hold = studio.kernel.ask, studio.ledger.hold
    outcome_of, settle = steps.outcome_of, steps.settle

    def dying_ask(asked):
        deaths.at(asked.seq, "gates")
        return ask(asked)

    def dying_hold(db, asked):
        deaths.at(asked.seq, "admit begins")
        verdict = hold(db, asked)
        deaths.at(asked.seq, "admit ends")
        return verdict

    def dying_outcome(call, act, blobs, **how):
        deaths.at(call.seq, "act begins")
        made = outcome_of(call, act, blobs, **how)
        deaths.at(call.seq, "act ends")
        return made

    def dying_settle(kernel, db, asked, outcome):
        deaths.at(asked.seq, "settle begins")
        made = settle(kernel, db, asked, outcome)
        deaths.at(asked.seq, "settle ends")
        return made

    studio.kernel.ask, studio.ledger.hold = dying_ask, dying_hold
    steps.outcome_of, steps.settle = dying_outcome, dying_settle


def live(folder: Path, csv: Path, question: str, places: tuple[str, ...]) -> None:
    """One life: open the studio, submit once, wait for the end."""
    base = load({}, None).model_dump(exclude={"flags", "notes"})
    studio = open_studio(Settings(**{**base, "studio_data_dir": folder, "log_level": "ERROR"}))
    haunt(studio, Deaths(folder, places))
    person = studio.people.local()
    with csv.open("rb") as file:
        source = studio.add_source(person, csv.name, chunks_of(file))
    asked = Question(question=question, sources=[source], iterations=3, tools=["total", "change"])
    studio.ask(person, asked, id=TASK)
    while studio.kernel.task(TASK).state not in ("done", "failed", "cancelled"):
        time.sleep(0.01)
    task = studio.kernel.task(TASK)
    (folder / "result").write_text(json.dumps([task.state, task.output, task.error]))
    studio.close()


def lives(folder: Path, csv: Path, question: str, places: tuple[str, ...]) -> int:
    """How many lives it took."""
    folder.mkdir(exist_ok=True)
    for life in range(1, 400):
        child = os.fork()
        if child == 0:
            try:
                live(folder, csv, question, places)
            except BaseException:  # noqa: BLE001 - a forked child must never return
                traceback.print_exc()
                os._exit(3)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "the studio broke"
            return life
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("it never ended")


if __name__ == "__main__":
    discover()
    root, table, words = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    lives(root / "calm", table, words, ())
    # In two worlds: the engine gives a task up that was recovered fifty times, and rightly so.
    print(lives(root / "first", table, words, PLACES[::2]))
    print(lives(root / "second", table, words, PLACES[1::2]))
