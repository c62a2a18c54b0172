"""kill -9 while a film is made: it is made once, waited for by the next life, and paid once."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa

from tests.core.llm.media.child import live
from tests.lives import Life, warm
from tests.loopback import media_server
from tests.loopback.media_server import Take

warm("tests.core.llm.media.child", "tests.core.llm.batching.warm")


@pytest.fixture
def service():
    with media_server.open_server() as server:
        yield server


@pytest.fixture
def child(service, tmp_path):
    """Starts the house's process on this test's database."""
    started = []

    def start() -> Life:
        started.append(Life(live, str(tmp_path), service.url, "t1"))
        return started[-1]

    yield start
    for life in started:
        life.kill()
        life.communicate()


def asked(service, path):
    return [seen for seen in service.seen if seen["path"] == path]


def until(check, within_s=120):
    end = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def rows(tmp_path, sql):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/studio.db")
    with engine.connect() as db:
        found = db.execute(sa.text(sql)).all()
    engine.dispose()
    return found


@pytest.mark.slow
def test_killed_while_a_film_is_waited_for(service, child, tmp_path):
    service.script["sora-2"] = Take(polls=10_000)
    first = child()
    until(lambda: len(asked(service, "/v1/videos/video_1")) > 1)
    first.kill()
    first.wait()
    service.script["sora-2"] = Take(polls=1)
    out, err = child().communicate(timeout=120)
    made = json.loads(out)
    assert made["files"], err[-3_000:]
    (sent,) = asked(service, "/v1/videos")
    assert sent["headers"]["idempotency-key"] == "t1:1"
    assert made["cost_nusd"] == 400_000_000
    org = "select held, spent from ledger_account where name = 'org:acme nusd'"
    assert rows(tmp_path, org) == [(0, 400_000_000)]
    assert rows(tmp_path, "select model, batch_id, state from llm_batch")[0][2] == "ended"
