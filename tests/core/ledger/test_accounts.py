"""The ledger: conserved to the last unit, never above a limit, whatever breaks."""

from __future__ import annotations

import random
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.kernel import Ask, Who
from core.ledger import Accounts, accounts
from core.ledger.statements import Statements
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.ledger import books
from tests.core.ledger.hammer import LIMITS, ask, main
from tests.lives import Life, warm

warm("tests.core.ledger.hammer")


@pytest.fixture
def database(url):
    database = Database(url)
    migrate(database)
    yield database
    database.close()


def held(ledger, database, asked):
    return database.transaction(lambda db: ledger.hold(db, asked))


def settled(ledger, database, asked, **spent):
    return database.transaction(lambda db: ledger.settle(db, asked, spent))


class CrashError(Exception):
    """The process would have died here."""


class CrashingStatements(Statements):
    """Runs statements until `left` are used up."""

    left = -1

    def __call__(self, db, statement, /, **values):
        if self.left == 0:
            raise CrashError
        self.left -= 1
        return super().__call__(db, statement, **values)


def machine(database):  # noqa: C901 - its rules are methods  # noqa: C901 - one machine, in its rules
    class Ledger(RuleBasedStateMachine):
        """Holds, settlements, voids, expiries and crashes at every statement, in any order."""

        def __init__(self):
            super().__init__()
            with database.engine.begin() as db:
                for table in ("entry", "hold", "account", "limit"):
                    db.execute(sa.text(f"delete from ledger_{table}"))
            self.ledger = Accounts(database, LIMITS)
            self.ledger._run = CrashingStatements(sqlite=database.is_sqlite)
            self.made: dict[int, Ask] = {}
            self.open: set[int] = set()
            self.expired: set[int] = set()
            self.next = 0

        def attempt(self, act, crash):
            self.ledger._run.left = crash
            try:
                return database.transaction(act)
            except CrashError:
                return None
            finally:
                self.ledger._run.left = -1

        @rule(nusd=st.integers(0, 120), tokens=st.integers(0, 900), crash=st.integers(-1, 12))
        def hold(self, nusd, tokens, crash):
            self.next += 1
            asked = ask(self.next, 1, nusd=nusd, tokens=tokens)
            verdict = self.attempt(lambda db: self.ledger.hold(db, asked), crash)
            if verdict is not None and verdict.answer == "allow":
                self.made[self.next] = asked
                if nusd or tokens:  # what costs nothing holds nothing
                    self.open.add(self.next)

        @rule(
            pick=st.integers(0, 10**6),
            nusd=st.integers(0, 150),
            tokens=st.integers(0, 50),
            crash=st.integers(-1, 8),
        )
        def settle(self, pick, nusd, tokens, crash):
            if self.made:
                key = sorted(self.made)[pick % len(self.made)]
                spent = {"nusd": nusd, "tokens": tokens}
                act = lambda db: self.ledger.settle(db, self.made[key], spent)  # noqa: E731
                if self.attempt(act, crash) is not None:
                    self.open.discard(key)
                    self.expired.discard(key)

        @rule(
            pick=st.integers(0, 10**6),
            nusd=st.integers(0, 120),
            tokens=st.integers(0, 900),
            crash=st.integers(-1, 14),
        )
        def hold_again(self, pick, nusd, tokens, crash):
            unsettled = sorted(self.open | self.expired)
            if unsettled:
                key = unsettled[pick % len(unsettled)]
                asked = replace(self.made[key], estimate={"nusd": nusd, "tokens": tokens})

                def act(db):
                    if self.ledger.hold_again(db, asked).answer == "refuse":
                        raise CrashError  # the kernel rolls back as well
                    return True

                if self.attempt(act, crash) and (nusd or tokens):
                    self.expired.discard(key)
                    self.open.add(key)

        @rule(pick=st.integers(0, 10**6), crash=st.integers(-1, 5))
        def void(self, pick, crash):
            if self.open:
                key = sorted(self.open)[pick % len(self.open)]
                act = lambda db: self.ledger.void(db, self.made[key].key) or True  # noqa: E731
                if self.attempt(act, crash):
                    self.open.discard(key)

        @rule(pick=st.integers(0, 10**6))
        def expire(self, pick):
            if self.open:
                key = sorted(self.open)[pick % len(self.open)]
                with database.engine.begin() as db:
                    old = datetime(2020, 1, 1, tzinfo=UTC)
                    update = sa.update(accounts_hold()).where(
                        accounts_hold().c.key == self.made[key].key
                    )
                    db.execute(update.values(lease_at=old))
                assert self.ledger.expire() == [self.made[key].key]
                self.open.discard(key)
                self.expired.add(key)

        @invariant()
        def conserved(self):
            books.check(database, LIMITS)

    return Ledger


def accounts_hold():
    from core.ledger.records import HOLD

    return HOLD


def test_conservation_and_limits_hold_in_any_order_of_events_and_crashes(database):
    run_state_machine_as_test(
        machine(database),
        settings=settings(
            max_examples=60 if database.is_sqlite else 25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_crash_before_any_statement_of_hold_or_settle_changes_nothing(database):
    for crash in range(14):
        ledger = Accounts(database, LIMITS)
        ledger._run = CrashingStatements(sqlite=database.is_sqlite)
        ledger._run.left = crash
        before = books.check(database)
        asked = ask(crash, 7, nusd=5, tokens=5)
        try:
            held(ledger, database, asked)
            after_hold = books.check(database)
            ledger._run.left = crash
            settled(ledger, database, asked, nusd=3, tokens=1)
        except CrashError:
            assert books.check(database) in (before, locals().get("after_hold"))
        books.check(database, LIMITS)


def test_a_process_killed_before_each_statement_leaves_true_books(sqlite_url):
    database = Database(sqlite_url)
    migrate(database)
    database.close()
    deaths = 0
    for death in (*range(1, 16), 40, 77):
        life = Life(main, sqlite_url, death, 9, death)
        _, wrong = life.communicate()
        deaths += life.returncode == -signal.SIGKILL
        assert life.returncode in (0, -signal.SIGKILL), wrong
        database = Database(sqlite_url)
        books.check(database, LIMITS)
        database.close()
    assert deaths > 12
    database = Database(sqlite_url)
    with database.engine.begin() as db:
        db.execute(sa.text("update ledger_hold set lease_at = '2020-01-01 00:00:00.000000'"))
    Accounts(database, LIMITS).expire()
    assert all(h == 0 for h, _ in books.check(database, LIMITS).values())
    database.close()


def test_processes_that_die_at_random_never_overspend_one_postgres(pg_url):
    database = Database(pg_url)
    migrate(database)
    rng = random.Random(5)
    children = [
        Life(main, pg_url, seed, 60, rng.randint(50, 400) if seed % 2 else 0) for seed in range(4)
    ]
    codes = [child.wait(90) for child in children]
    assert set(codes) <= {0, -signal.SIGKILL}, [c.stderr.read() for c in children]
    found = books.check(database, LIMITS)
    assert sum(found["team:all nusd"]) > 300
    database.close()


def test_eight_threads_never_pass_a_limit(database):
    ledger = Accounts(database, {("team:*", "nusd", "day"): 1_000})

    def work(k):
        rng = random.Random(k)
        for i in range(25):
            asked = ask(i, 100 + k, nusd=rng.randint(1, 90), tokens=1)
            if held(ledger, database, asked).answer == "allow":
                settled(ledger, database, asked, nusd=rng.randint(0, asked.estimate["nusd"]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    day = next(v for n, v in books.check(database).items() if n.startswith("team:all nusd 2"))
    assert day[0] == 0
    assert 850 < day[1] <= 1_000


def test_an_overrun_is_booked_journaled_and_counts_against_what_follows(database):
    ledger = Accounts(database, {("team:*", "nusd", "total"): 100})
    first = ask(1, 1, nusd=60)
    held(ledger, database, first)
    assert settled(ledger, database, first, nusd=90) == {"nusd": 30}
    assert books.check(database)["team:all nusd"] == (0, 90)
    verdict = held(ledger, database, ask(2, 1, nusd=11))
    assert verdict.answer == "refuse"
    assert (verdict.code, verdict.details["left"]) == ("budget_exceeded", 10)
    assert held(ledger, database, ask(3, 1, nusd=10)).answer == "allow"


def test_a_settlement_counts_once_and_a_late_one_after_expiry_is_an_overrun(database):
    ledger = Accounts(database)
    asked = ask(1, 1, nusd=60)
    held(ledger, database, asked)
    with database.engine.begin() as db:
        old = sa.update(accounts_hold()).values(lease_at=datetime(2020, 1, 1, tzinfo=UTC))
        db.execute(old)
    assert ledger.expire() == ["1-1:1"]
    assert ledger.expire() == []
    assert settled(ledger, database, asked, nusd=5) == {"nusd": 5}
    assert settled(ledger, database, asked, nusd=5) == {}
    assert books.check(database)["org:o1 nusd"] == (0, 5)


def test_a_hold_grows_only_by_what_the_limit_has_left(database):
    ledger = Accounts(database, {("team:*", "nusd", "total"): 100})
    held(ledger, database, ask(1, 1, nusd=60))

    def again(nusd):
        return database.transaction(lambda db: ledger.hold_again(db, ask(1, 1, nusd=nusd)))

    assert again(40).answer == "allow"
    assert books.check(database)["team:all nusd"] == (60, 0)
    assert again(100).details["left"] == {"nusd": 0}
    assert books.check(database)["team:all nusd"] == (100, 0)
    assert held(ledger, database, ask(2, 1, nusd=1)).code == "budget_exceeded"
    assert again(101).code == "budget_exceeded"
    assert settled(ledger, database, ask(1, 1), nusd=30) == {"nusd": 30}, "nothing was held then"


def test_a_live_owner_renews_its_lease(database, monkeypatch):
    ledger = Accounts(database)
    monkeypatch.setattr(accounts, "LEASE", timedelta(seconds=-1))
    held(ledger, database, ask(1, 1, nusd=60))
    monkeypatch.setattr(accounts, "LEASE", timedelta(seconds=60))
    ledger.renew(["1-1:1"])
    assert ledger.expire() == []


def test_spending_without_a_hold_is_booked_once_as_an_overrun(database):
    ledger = Accounts(database)
    asked = ask(1, 1)
    assert settled(ledger, database, asked, nusd=8) == {"nusd": 8}
    assert settled(ledger, database, asked, nusd=8) == {}
    assert books.check(database)["person:p1 nusd"] == (0, 8)


def test_a_window_limited_after_the_fact_knows_what_was_spent_in_it(database):
    ledger = Accounts(database)
    first = ask(1, 1, nusd=60)
    held(ledger, database, first)
    settled(ledger, database, first, nusd=60)
    ledger.limit("person:p1", "nusd", "day", 100)
    assert held(ledger, database, ask(6, 2, nusd=50)).details["left"] == 40
    day = next(row for row in ledger.remaining(first.who) if row.period == "day")
    assert (day.max, day.left) == (100, 100 - 60)


def test_remaining_and_check_say_what_a_hold_would_say(database):
    ledger = Accounts(
        database, {("person:*", "nusd", "hour"): 100, ("org:*", "tokens", "request"): 9}
    )
    asked = ask(1, 1, nusd=70, tokens=9)
    assert ledger.check(asked.who, {"nusd": 100}).allowed
    held(ledger, database, asked)
    rows = {(row.scope, row.unit, row.period): row for row in ledger.remaining(asked.who)}
    hour = rows["person:p1", "nusd", "hour"]
    assert (hour.left, hour.held, hour.spent) == (30, 70, 0)
    assert hour.resets_at is not None
    assert hour.resets_at > datetime.now(UTC)
    assert rows["org:o1", "tokens", "request"].left == 9
    no = ledger.check(asked.who, {"nusd": 31})
    assert (no.allowed, no.left["nusd"], no.resets_at) == (False, 30, hour.resets_at)
    assert "hourly limit of this person" in no.reason
    assert ledger.check(asked.who, {"tokens": 10}).verdict.details["period"] == "request"


def test_what_is_left_is_what_a_hold_says_whatever_one_request_may_cost(database):
    limits = {("person:*", "nusd", "hour"): 100, ("org:*", "nusd", "day"): 500}
    one = {("person:*", "nusd", "request"): 80, ("person:*", "tokens", "request"): 9}
    ledger = Accounts(database, {**limits, **one})
    asked = ask(1, 1, nusd=10, tokens=9)
    assert held(ledger, database, asked).details["left"] == {"nusd": 90}
    assert ledger.left(asked.who) == {"nusd": 90}
    assert ledger.check(asked.who, {}).left == {"nusd": 80, "tokens": 9}, "what one may cost now"


def test_own_limits_win_over_defaults_and_rows_over_settings(database):
    ledger = Accounts(database, {("person:*", "nusd", "total"): 10})
    ledger.limit("person:*", "nusd", "total", 20)
    assert ledger.check(Who(org="o", person="a"), {"nusd": 15}).allowed
    ledger.limit("person:a", "nusd", "total", 12)
    assert not ledger.check(Who(org="o", person="a"), {"nusd": 15}).allowed
    assert ledger.check(Who(org="o", person="b"), {"nusd": 15}).allowed


def test_usage_rows_are_written_once_with_their_step(database):
    ledger = Accounts(database)
    asked = Ask("t", 3, "model", "m", Who(org="o", person="a"), {}, "insight.ask")
    row = {"provider": "offline", "model": "offline", "prompt_tokens": 7, "cost_nusd": 0}
    for _ in range(2):
        database.transaction(lambda db: ledger.use(db, asked, [row, row]))
    rows = database.rows(sa.text("select line, operation, prompt_tokens from ledger_usage"))
    assert [tuple(r) for r in rows] == [(0, "insight.ask", 7), (1, "insight.ask", 7)]
