"""An ask killed with SIGKILL at every step boundary and inside every act ends as if nothing was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.insight import load
from core.storage.blobs import Folder
from core.storage.database import Database
from tests.core.insight.asking import sales
from tests.core.insight.proofs.dying import PLACES
from tests.core.ledger import books

ROOT = Path(__file__).parents[4]
STEPS = "select seq, kind, name, state from kernel_step order by seq"
USAGE = "select seq, line, prompt_tokens, completion_tokens from ledger_usage order by seq"
REPEATED = "select data from kernel_event where type = 'step.restarted'"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """The same ask three times: undisturbed, and twice dying wherever it can."""
    root = tmp_path_factory.mktemp("worlds")
    csv = root / "sales.csv"
    csv.write_bytes(sales(1))
    command = [sys.executable, "-m", "tests.core.insight.proofs.dying", str(root), str(csv)]
    done = subprocess.run(
        [*command, "Why did amount fall in the last quarter?"],
        cwd=ROOT, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: World(root / name) for name in ("calm", "first", "second")}


class World:
    """What one ask left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state, self.output, self.error = json.loads((folder / "result").read_text())

    def rows(self, sql: str) -> list[tuple]:
        database = Database(f"sqlite:///{self.folder}/studio.db")
        rows = [tuple(row) for row in database.rows(sa.text(sql))]
        books.check(database)
        database.close()
        return rows

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text().splitlines()


def test_it_died_at_every_place_there_is(worlds):
    places = Counter(worlds["calm"].lines("seen"))
    died = worlds["first"].lines("died") + worlds["second"].lines("died")
    assert Counter(died) == places
    assert {line.split(" ", 1)[1] for line in places} == set(PLACES)


@pytest.mark.parametrize("name", ["first", "second"])
def test_it_ends_with_the_same_deck_and_the_same_steps(worlds, name):
    calm, deadly = worlds["calm"], worlds[name]
    assert (deadly.state, deadly.error) == ("done", None)
    decks = [load(Folder(w.folder / "blobs"), w.output["deck"]) for w in (calm, deadly)]
    same = [deck.model_dump(exclude={"created_at"}) for deck in decks]
    assert same[0] == same[1]
    assert decks[0].claims
    assert deadly.rows(STEPS) == calm.rows(STEPS)


@pytest.mark.parametrize("name", ["first", "second"])
def test_no_step_is_paid_twice_and_the_ledger_balances(worlds, name):
    calm, deadly = worlds["calm"], worlds[name]
    assert deadly.rows(USAGE) == calm.rows(USAGE)
    spent = "select spent, held from ledger_account where name like 'org:% tokens'"
    assert deadly.rows(spent) == calm.rows(spent)
    assert calm.rows(spent)[0][0] > 0
    assert deadly.rows("select count(*) from ledger_hold where state = 'open'") == [(0,)]


def test_only_acts_that_were_cut_off_ran_again(worlds):
    acts = [line for line in worlds["calm"].lines("seen") if line.endswith("act begins")]
    for name in ("first", "second"):
        repeated = worlds[name].rows(REPEATED)
        assert len(repeated) <= 2 * len(acts)
    assert worlds["calm"].rows(REPEATED) == []
