"""The mirror shows what the ledger says, a moment later, and nothing waits for it."""

import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel

from core.kernel import Call, Kernel, Run, Who, operation
from core.ledger import Accounts
from core.ledger.mirror import Mirror
from core.storage.cache import Memory, open_cache
from core.storage.database import Database, now
from core.storage.migrations import migrate
from core.storage.redis_cache import TIMEOUT_S, RedisCache
from tests import services
from tests.core.kernel.proofs.parts import QUEUES, until
from tests.loopback import wires

ANA = Who(org="acme", person="ana", scopes=("team:growth",))
LIMITS = {
    ("org:*", "nusd", "day"): 10_000,
    ("org:*", "tokens", "day"): 9_000,
    ("org:*", "nusd", "request"): 500,
    ("person:*", "nusd", "hour"): 5_000,
    ("team:*", "nusd", "total"): 7_000,
}


class Paid(BaseModel):
    """How often, and how much."""

    steps: int = 1
    nusd: int = 7


@operation("mirrored.pay")
def pay(run: Run, paid: Paid) -> Paid:
    """Pay some steps."""

    def act(call: Call) -> None:
        call.spend(nusd=paid.nusd, tokens=3)

    for number in range(paid.steps):
        run.step("tool", f"pay {number}", act, estimate={"nusd": 10, "tokens": 5})
    return paid


@pytest.fixture
def kernel(sqlite_url, patient):  # noqa: ARG001 - it is undone
    database = Database(sqlite_url)
    migrate(database)
    kernel = Kernel(database, Accounts(database, LIMITS), queues=QUEUES)
    yield kernel
    kernel.close()
    database.close()


@pytest.fixture
def mirrored(kernel, monkeypatch):
    """Mirrors the kernel's ledger into a cache; what is in it stays fresh on a slow machine."""
    monkeypatch.setattr("core.ledger.mirror.FRESH", timedelta(minutes=50))
    made, caches = [], []

    def mirror(cache) -> Mirror:
        caches.append(cache)
        made.append(Mirror(kernel.database, kernel.ledger, cache, pause_s=0.01))
        kernel.listeners.append(made[-1].listen)
        return made[-1]

    yield mirror
    for one in (*made, *caches):
        one.close()


def paid(kernel, **how) -> None:
    until(kernel, kernel.submit("mirrored.pay", how, ANA), "done")


def of(kernel, scope):
    """What the ledger itself says of the scope."""
    rows = kernel.ledger.remaining(ANA)
    return [row for row in rows if row.scope == scope and row.period != "request"]


def agrees(kernel, mirror, within_s=60.0) -> bool:
    """The mirror says of every scope what the ledger says."""
    end = time.monotonic() + within_s
    key = lambda row: (row.unit, row.period)  # noqa: E731
    while time.monotonic() < end:
        both = [(mirror.read(scope), of(kernel, scope)) for scope in ANA.paying()]
        if all(sorted(seen or (), key=key) == sorted(true, key=key) for seen, true in both):
            return True
        time.sleep(0.01)
    return False


def test_after_a_settlement_redis_holds_what_the_ledger_says(kernel, mirrored):
    with services.redis() as redis:
        mirror = mirrored(open_cache(redis.url))
        paid(kernel, steps=3)
        assert agrees(kernel, mirror)
        paid(kernel, steps=2, nusd=20)  # more than was held: an overrun
        assert agrees(kernel, mirror)
        (day,) = [row for row in mirror.read("org:acme") if row.unit == "nusd"]
        assert (day.max, day.held, day.spent, day.left) == (10_000, 0, 61, 9_939)
        assert mirror.read("org:other") is None
        kernel.ledger.set_defaults({})  # from here on the ledger would say otherwise
        assert [row for row in mirror.left(ANA) if row.scope == "org:acme"] == mirror.read(
            "org:acme"
        )


def test_anybody_can_read_a_counter_and_it_is_gone_at_midnight(kernel, mirrored):
    with services.redis() as redis:
        mirror = mirrored(open_cache(redis.url))
        paid(kernel)
        assert agrees(kernel, mirror)

        def said(*words):
            command = ["redis-cli", "-p", str(redis.port), *words]
            return subprocess.run(
                command, capture_output=True, text=True, check=True
            ).stdout.strip()

        assert said("hget", "studio:budget:org:acme", "nusd.day.spent") == "7"
        assert said("hget", "studio:budget:org:acme", "tokens.day.left") == "8997"
        day_left_s = 86_400 - (now() - now().replace(hour=0, minute=0, second=0)).seconds
        for scope in ANA.paying():
            assert abs(int(said("ttl", f"studio:budget:{scope}")) - day_left_s) <= 60


def test_a_window_that_is_over_is_not_told(kernel, mirrored):
    cache = Memory()
    mirror = mirrored(cache)
    paid(kernel)
    assert agrees(kernel, mirror)
    fields = cache.fields("budget:person:ana")
    past = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    for wrong in (
        {"nusd.hour.resets_at": past},
        {"nusd.hour.left": "many"},
        {"x.y": "1"},
        {"at": past},
        {"at": "noon"},
    ):
        cache.put_fields("budget:person:ana", {**fields, **wrong}, 60)
        assert mirror.read("person:ana") is None, wrong


def test_what_the_cache_does_not_know_is_asked_of_the_ledger_and_known_from_then_on(
    kernel, mirrored
):
    mirror = mirrored(Memory())
    key = lambda row: (row.scope, row.unit, row.period)  # noqa: E731
    true = sorted((row for scope in ANA.paying() for row in of(kernel, scope)), key=key)
    assert true
    assert sorted(mirror.left(ANA), key=key) == true
    assert agrees(kernel, mirror)
    kernel.ledger.set_defaults({})
    assert sorted(mirror.left(ANA), key=key) == true


def test_a_process_that_ends_writes_what_it_settled(kernel):
    cache = Memory()
    mirror = Mirror(kernel.database, kernel.ledger, cache, pause_s=60)
    kernel.listeners.append(mirror.listen)
    paid(kernel)
    assert cache.fields("budget:org:acme") == {}
    mirror.close()
    assert cache.fields("budget:org:acme")["nusd.day.spent"] == "7"


def test_many_settlements_are_read_together(kernel):
    class Counting(Accounts):
        reads = 0

        def remaining(self, who):
            self.reads += 1
            return super().remaining(who)

    ledger = Counting(kernel.database, LIMITS)
    mirror = Mirror(kernel.database, ledger, Memory(), pause_s=600)
    kernel.listeners.append(mirror.listen)
    paid(kernel, steps=20)
    assert ledger.reads == 0
    mirror.close()  # which ends the pause
    assert agrees(kernel, mirror)
    assert 1 <= ledger.reads <= 2


def test_a_redis_that_is_gone_or_silent_slows_nothing_and_the_books_stay_right(kernel, mirrored):
    hangs, free = threading.Event(), threading.Event()

    class Hanging(Memory):
        def put_fields(self, key, fields, ttl_s):
            hangs.set()
            free.wait(60)

    mirrored(Hanging())
    with wires.black_hole() as hole:
        for port in (hole.port, 1):
            mirrored(RedisCache(f"redis://127.0.0.1:{port}", timeout_s=TIMEOUT_S))
        paid(kernel, steps=1)
        assert hangs.wait(60)
        paid(kernel, steps=20)
        assert not free.is_set(), "every step was settled while the mirror hung"
    free.set()
    spent = [row.spent for row in of(kernel, "org:acme") if row.unit == "nusd"]
    assert spent == [21 * 7]


def test_what_was_settled_while_redis_was_gone_is_there_when_it_is_back(
    kernel, mirrored, monkeypatch
):
    monkeypatch.setattr("core.ledger.mirror.REST_S", 0.05)
    with services.redis() as redis:
        cache = open_cache(redis.url)
        mirror = mirrored(cache)
        redis.kill()
        cache.get("notices")
        paid(kernel, steps=2)
        assert mirror.read("org:acme") is None
        redis.start()
        assert agrees(kernel, mirror)


def test_the_ledger_decides_whatever_the_mirror_says(kernel, mirrored):
    cache = Memory()
    mirror = mirrored(cache)
    paid(kernel)
    assert agrees(kernel, mirror)
    fields = cache.fields("budget:org:acme")
    cache.put_fields("budget:org:acme", {**fields, "nusd.day.left": "0"}, 60)
    paid(kernel)  # would fail if the mirror were asked
    assert agrees(kernel, mirror)
