"""kill -9 while a batch is handed over and while it is waited for: it is made and paid once."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from core.llm import Gateway
from core.llm.messages import Usage
from tests.core.llm.batching.child import live
from tests.core.llm.batching.conftest import KINDS
from tests.core.llm.batching.parts import until
from tests.core.llm.parts import settings
from tests.lives import Life, warm
from tests.loopback.server import Turn

warm("tests.core.llm.batching.child", "tests.core.llm.batching.warm")


@pytest.fixture
def child(kind, desk, tmp_path):
    """Starts the office's process on this test's database."""
    started = []

    def start() -> Life:
        url = f"sqlite:///{tmp_path}/studio.db"
        started.append(Life(live, url, str(tmp_path), desk.url, KINDS[kind][1], "t1"))
        return started[-1]

    yield start
    for life in started:
        life.kill()
        life.communicate()


def rows(tmp_path, sql):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/studio.db")
    with engine.connect() as db:
        found = db.execute(sa.text(sql)).all()
    engine.dispose()
    return found


def made_once_and_paid_once(kind, desk, tmp_path, process):
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err[-3_000:]
    made = json.loads(out)["made"]
    assert [one["reply"]["text"] for one in made] == ["Hello."] * 3
    assert len(desk.batches) == 1
    model = KINDS[kind][1]
    price = Gateway(settings(desk.url, desk.url)).price(model).batch
    cost = 3 * price.cost_nusd(Usage(prompt=40, completion=90))
    org = "select held, spent from ledger_account where name = 'org:acme nusd'"
    assert rows(tmp_path, org) == [(0, cost)]
    assert rows(tmp_path, "select units, cost_nusd, batch from ledger_usage") == [(3, cost, 1)]
    assert rows(tmp_path, "select batch_id, state from llm_batch") == [(desk.only.id, "ended")]


@pytest.mark.slow
def test_killed_while_it_is_handed_over(kind, desk, child, tmp_path):
    desk.loopback.script[KINDS[kind][1].partition("/")[2]] = Turn(
        "Hello.", prompt=40, completion=90
    )
    desk.silent_s = 60  # the batch is made, and nobody here knows its name
    first = child()
    until(lambda: desk.batches, within_s=120)
    first.kill()
    first.wait()
    assert rows(tmp_path, "select batch_id, state from llm_batch") == [("", "asked")]
    desk.silent_s = 0
    made_once_and_paid_once(kind, desk, tmp_path, child())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["openai"])  # the same of every door
def test_killed_while_it_is_waited_for(kind, desk, child, tmp_path):
    desk.loopback.script[KINDS[kind][1].partition("/")[2]] = Turn(
        "Hello.", prompt=40, completion=90
    )
    desk.looks = 0
    first = child()
    until(lambda: desk.batches and desk.only.looks >= 2, within_s=120)
    first.kill()
    first.wait()
    desk.looks = 1
    made_once_and_paid_once(kind, desk, tmp_path, child())


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
def test_cancelled_while_its_process_is_dead(kind, desk, child, tmp_path, named):
    """It is stopped at the provider when the studio is back, and what was done is paid exactly."""
    model = KINDS[kind][1]
    desk.loopback.script[model.partition("/")[2]] = Turn("Hello.", prompt=40, completion=90)
    desk.looks, desk.done = 0, 2
    desk.silent_s = 0 if named else 60
    first = child()
    until(lambda: desk.batches and (desk.only.looks >= 2 or not named), within_s=120)
    first.kill()
    first.wait()
    desk.silent_s = 0
    if kind == "anthropic" and not named:
        desk.looks = 1  # whose it is only its answers tell
    engine = sa.create_engine(f"sqlite:///{tmp_path}/studio.db")
    with engine.begin() as db:  # another process would have written this, a minute ago
        db.execute(sa.text("update kernel_task set cancel_at = datetime('now', '-60 seconds')"))
    engine.dispose()
    out, err = child().communicate(timeout=180)
    assert json.loads(out)["state"] == "cancelled", err[-3_000:]
    assert desk.cancelled == [desk.only.id]
    assert len(desk.batches) == 1
    price = Gateway(settings(desk.url, desk.url)).price(model).batch
    cost = 2 * price.cost_nusd(Usage(prompt=40, completion=90))
    org = "select held, spent from ledger_account where name = 'org:acme nusd'"
    assert rows(tmp_path, org) == [(0, cost)]
    used = "select units, cost_nusd, batch, estimated from ledger_usage"
    assert rows(tmp_path, used) == [(2, cost, 1, 0)]
    assert rows(tmp_path, "select batch_id, state from llm_batch") == [(desk.only.id, "ended")]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["anthropic"])  # its batches carry no key of ours
def test_killed_before_it_is_handed_over_and_an_alike_batch_of_somebody_else(
    kind, desk, child, tmp_path
):
    """The other batch has as many requests; its answers are not taken for ours."""
    model = KINDS[kind][1].partition("/")[2]
    desk.loopback.script[model] = Turn("Hello.", prompt=40, completion=90)
    desk.silent_s = 60
    first = child()
    until(lambda: desk.batches, within_s=120)
    first.kill()
    first.wait()
    ours = desk.only
    desk.batches.clear()
    desk.looks = 1
    other = desk.hand_over([(f"theirs-{i}", ours.requests[i][1]) for i in range(3)])
    desk.silent_s = 0
    second = child()
    out, err = second.communicate(timeout=180)
    assert second.returncode == 0, err[-3_000:]
    assert [one["reply"]["text"] for one in json.loads(out)["made"]] == ["Hello."] * 3
    assert len(desk.batches) == 2
    (row,) = rows(tmp_path, "select batch_id from llm_batch")
    assert row.batch_id != other.id
