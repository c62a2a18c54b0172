"""The webhook: signed, at least once, later when it fails, and nobody waits for it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Reader

from core.errors import Invalid
from core.governance import webhook as module
from core.governance.alerts import News, tell
from core.governance.records import ALERT
from core.governance.webhook import LATER_S, Webhook
from core.storage.database import Database, now
from core.storage.migrations import migrate
from tests.loopback.server import Turn
from tests.loopback.webhook_server import black_hole, dead, receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def hook():
    with receiver() as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh(hook):
    hook.seen.clear()
    hook.script.clear()


def waiting(database, key="a"):
    about = {"kind": "threshold", "severity": "warning", "scope": "org:acme", "title": "80 %"}
    (id,) = tell(database, [News("acme", key, cause={"percent": 80}, **about)], post=True)
    return id


def row(database, id):
    return database.rows(sa.select(ALERT).where(ALERT.c.id == id))[0]


def until(check, within_s=60):
    """`check` has become true."""
    end = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def due_now(database):
    due = sa.update(ALERT).where(ALERT.c.send_at.is_not(None)).values(send_at=now())
    database.transaction(lambda db: db.execute(due))


def test_what_arrives_is_signed_json_with_the_alerts_own_id(database, hook):
    id = waiting(database)
    poster = Webhook(database, hook.url + "/hook", SECRET)
    assert poster.post_due() == 1
    (seen,) = hook.seen
    told = Reader(SECRET).verify(seen["body"], seen["headers"])
    assert told["type"] == "alert.threshold"
    assert (told["data"]["id"], told["data"]["cause"]) == (id, {"percent": 80})
    assert (seen["headers"]["webhook-id"], seen["path"]) == (id, "/hook")
    assert (row(database, id).sent_at is not None, row(database, id).send_at) == (True, None)
    assert poster.post_due() == 0, "it is not posted twice"


def test_a_changed_body_does_not_fit_its_signature(database, hook):
    waiting(database)
    Webhook(database, hook.url, SECRET).post_due()
    (seen,) = hook.seen
    with pytest.raises(Exception, match="No matching signature"):
        Reader(SECRET).verify(seen["body"].replace("80", "99"), seen["headers"])


def test_without_a_secret_it_is_sent_unsigned(database, hook):
    waiting(database)
    Webhook(database, hook.url).post_due()
    assert "webhook-signature" not in hook.seen[0]["headers"]


@pytest.mark.parametrize("secret", ["whsec_!", "whsec_"])
def test_a_secret_that_cannot_sign_is_refused_at_once_and_not_repeated(database, secret):
    with pytest.raises(Invalid) as error:
        Webhook(database, "http://127.0.0.1:1", secret)
    assert "ALERT_WEBHOOK_SECRET" in error.value.message
    assert secret not in str(error.value).replace("whsec_ followed", "")


def test_a_failed_try_is_made_again_later_and_later_and_then_given_up(database, hook, monkeypatch):
    hook.script["hook"] = Turn(status=500)
    id = waiting(database)
    at = now()
    monkeypatch.setattr(module, "now", lambda: at)  # a clock that only the test moves
    poster = Webhook(database, hook.url)
    for place, later_s in enumerate(LATER_S):
        assert poster.post_due() == 0
        alert = row(database, id)
        assert alert.tries == place + 1
        assert alert.trouble == "it answered 500"
        assert alert.send_at == at + timedelta(seconds=later_s)
        at = alert.send_at - timedelta(microseconds=1)
        assert poster.post_due() == 0
        assert len(hook.seen) == place + 1, "not before it is due"
        at = alert.send_at
    poster.post_due()
    assert (row(database, id).send_at, row(database, id).sent_at) == (None, None)
    assert len({seen["headers"]["webhook-id"] for seen in hook.seen}) == 1


def test_a_receiver_that_comes_back_is_told_and_one_that_is_gone_is_left_alone(database, hook):
    hook.script["hook"] = Turn(status=503)
    id = waiting(database)
    poster = Webhook(database, hook.url)
    poster.post_due()
    hook.script["hook"] = Turn(status=204)
    due_now(database)
    assert poster.post_due() == 1
    assert row(database, id).trouble == ""
    hook.script["hook"] = Turn(status=410)
    gone = waiting(database, "b")
    poster.post_due()
    assert (row(database, gone).send_at, row(database, gone).tries) == (None, 1)


def test_a_redirect_is_not_followed(database, hook):
    hook.script["hook"] = Turn(status=307)
    id = waiting(database)
    Webhook(database, hook.url + "/hook").post_due()
    assert [seen["path"] for seen in hook.seen] == ["/hook"]
    assert row(database, id).trouble == "it answered 307"


def test_a_dead_and_a_silent_receiver_cost_only_the_poster_time(database, monkeypatch):
    id = waiting(database)
    monkeypatch.setattr(module, "TIMEOUT_S", 60)
    with dead() as url:
        Webhook(database, url).post_due()
    assert row(database, id).trouble == "ConnectError"
    due_now(database)
    monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    with black_hole() as url:
        Webhook(database, url).post_due()  # it would wait for ever
    assert row(database, id).trouble.startswith("no answer within")


def test_a_slow_receiver_slows_nobody_who_wakes_the_poster(database, hook, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 60)
    poster = Webhook(database, hook.url)
    with black_hole() as url:
        silent = Webhook(database, url)
        silent.start()
        id = waiting(database)
        silent.wake()
        until(lambda: row(database, id).tries == 1)
        for _ in range(1_000):
            silent.wake()
        assert (row(database, id).sent_at, row(database, id).trouble) == (None, "")  # it hangs
        silent.close()
    due_now(database)
    poster.start()
    poster.wake()
    until(lambda: row(database, id).sent_at)
    poster.close()


def test_what_a_stopped_process_left_is_posted_by_the_next(database, hook):
    id = waiting(database)
    taken = sa.update(ALERT).where(ALERT.c.id == id)
    taken = taken.values(tries=1, send_at=now() + timedelta(seconds=0.3))  # a dead one's lease
    database.transaction(lambda db: db.execute(taken))
    poster = Webhook(database, hook.url)
    poster.start()
    until(lambda: row(database, id).sent_at)
    poster.close()
    assert row(database, id).tries == 2
    assert len(hook.seen) == 1


def test_two_posters_share_the_work(database, hook):
    ids = [waiting(database, str(n)) for n in range(12)]
    posters = [Webhook(database, hook.url) for _ in range(3)]
    for poster in posters:
        poster.start()
    until(lambda: all(row(database, id).sent_at for id in ids))
    for poster in posters:
        poster.close()
    assert sorted(seen["headers"]["webhook-id"] for seen in hook.seen) == sorted(ids)


def test_closing_waits_for_no_silent_receiver_and_the_alert_is_kept(database, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 60)
    with black_hole() as url:
        id = waiting(database)
        poster = Webhook(database, url)
        poster.start()
        until(lambda: poster._trying)  # its request is on its way
        began = time.monotonic()
        poster.close()
        assert time.monotonic() - began < 40  # its try is given a minute
    assert (row(database, id).trouble, row(database, id).sent_at) == ("the studio stopped", None)
    assert row(database, id).send_at is not None


def test_an_error_nobody_foresaw_is_told_and_what_waits_is_posted_after_it(
    database, hook, monkeypatch
):
    monkeypatch.setattr(module, "LATER_S", (0.05,) * 7)
    monkeypatch.setattr(module, "LEASE", timedelta(0))
    broken = [ZeroDivisionError()]

    def body_of(alert):
        if broken:
            raise broken.pop()
        return made(alert)

    made = module.body_of
    monkeypatch.setattr(module, "body_of", body_of)
    id = waiting(database)
    poster = Webhook(database, hook.url)
    assert poster.trouble == "it does not run"
    poster.start()
    until(lambda: row(database, id).sent_at)
    assert len(hook.seen) == 1
    assert poster.trouble.startswith("ZeroDivisionError at ")
    poster.close()
