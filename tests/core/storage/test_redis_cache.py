"""A Redis that is killed, silent, slow, full or someone else costs one short wait at most."""

import logging
import signal
import subprocess
import threading
import time

import pytest

from core.storage import redis_cache
from core.storage.cache import open_cache
from core.storage.redis_cache import DATA_MAX_BYTES, TIMEOUT_S, RedisCache
from tests.loopback import wires

LATE_S = 60.0  # an answer within this time is one: machines that test are often busy


class Counted(redis_cache._Patience):
    """Counts, for each thread, how often it asked Redis, and could have waited."""

    asked, most_s = 0, LATE_S

    def __enter__(self):
        self.asked += 1
        self.timeout_s = self.most_s
        super().__enter__()


@pytest.fixture(autouse=True)
def _counted(monkeypatch):
    monkeypatch.setattr(redis_cache, "_Patience", Counted)


@pytest.fixture
def hurry(monkeypatch):
    """When it is called, whatever is asked from then on has only the usual time."""
    return lambda: monkeypatch.setattr(Counted, "most_s", TIMEOUT_S)


@pytest.fixture
def opened():
    """Opens caches and closes them."""
    made = []

    def open_(port, timeout_s=LATE_S, **options):
        made.append(RedisCache(f"redis://127.0.0.1:{port}/0", timeout_s=timeout_s, **options))
        return made[-1]

    yield open_
    for cache in made:
        cache.close()


def waits(cache, act):
    """How often this thread asked Redis in `act`; each is over long before a minute is."""
    began, before = time.monotonic(), cache._patience.asked
    act()
    assert time.monotonic() - began < 40
    return cache._patience.asked - before


def all_verbs(cache):
    """What a cache that is down says to everything."""
    cache.put("k", b"x", 60)
    cache.put_fields("h", {"a": "1"}, 60)
    cache.delete("k")
    cache.clear("k")
    return cache.get("k"), cache.fields("h")


def until(check, within_s=60.0):
    end = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.usefixtures("patient")
def test_keys_of_the_studio_are_told_from_those_of_others(redis):
    cache = open_cache(redis.url)
    cache.put("k", b"x", 60)
    cache.put_fields("h", {"left": "5"}, 60)

    def said(*words):
        command = ["redis-cli", "-p", str(redis.port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert sorted(said("keys", "*")) == ["studio:h", "studio:k"]
    assert said("hgetall", "studio:h") == ["left", "5"]
    assert 0 < int(said("ttl", "studio:k")[0]) <= 60
    said("set", "theirs", "1")
    cache.clear()
    assert said("keys", "*") == ["theirs"]
    assert cache.detail == "Redis"
    cache.close()


def test_a_killed_redis_is_a_miss_at_once_and_is_found_again_without_a_request_waiting(
    redis, opened
):
    cache = opened(redis.port, rest_s=0.1)
    cache.put("k", b"x", 60)
    redis.kill()
    assert waits(cache, lambda: all_verbs(cache)) == 1
    assert all_verbs(cache) == (None, {})
    assert "does not answer" in cache.detail
    assert waits(cache, lambda: all_verbs(cache)) == 0
    redis.start()
    until(lambda: cache.detail == "Redis")
    cache.put("k", b"y", 60)
    assert cache.get("k") == b"y"


def test_a_redis_that_restarted_between_two_requests_costs_no_miss(redis, opened):
    cache = opened(redis.port)
    cache.put("k", b"x", 60)
    redis.kill()
    redis.start()
    cache.put("k", b"y", 60)
    assert cache.get("k") == b"y"


def test_a_silent_redis_is_waited_for_once_and_then_not_again(redis, opened, hurry):
    cache = opened(redis.port, rest_s=600)
    redis.signal(signal.SIGSTOP)
    hurry()
    assert TIMEOUT_S <= 0.3
    assert waits(cache, lambda: cache.get("k")) == 1
    assert waits(cache, lambda: all_verbs(cache)) == 0


def test_many_requests_at_once_each_wait_once(redis, opened, hurry):
    cache = opened(redis.port, rest_s=600)
    cache.get("warm")
    redis.signal(signal.SIGSTOP)
    hurry()
    counts = []

    def ask():
        counts.append(waits(cache, lambda: all_verbs(cache)))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 20
    assert max(counts) == 1


def test_a_black_hole_delays_the_start_by_one_wait_and_no_request(opened, hurry):
    hurry()
    with wires.black_hole() as hole:
        made = []
        began = time.monotonic()
        made.append(opened(hole.port, timeout_s=TIMEOUT_S))
        assert time.monotonic() - began < 40  # the hole never says a word
        assert waits(made[0], lambda: all_verbs(made[0])) == 0
        assert "nothing is cached" in made[0].detail


def test_a_slow_network_is_given_up_in_time_and_taken_up_when_it_is_well(redis, opened, hurry):
    with wires.proxy(redis.port) as wire:
        cache = opened(wire.port, rest_s=0.1)
        cache.put("k", b"x", 60)
        assert cache.get("k") == b"x"
        wire.delay_s = 600
        hurry()
        assert waits(cache, lambda: cache.get("k")) == 1
        assert waits(cache, lambda: all_verbs(cache)) == 0
        wire.delay_s = 0
        until(lambda: cache.get("k") == b"x")


def test_an_answer_that_drips_does_not_stretch_the_wait(redis, opened, hurry):
    with wires.proxy(redis.port) as wire:
        cache = opened(wire.port)
        cache.put("k", b"x" * 1_000, 60)
        wire.drip_s = 0.06
        hurry()
        assert waits(cache, lambda: cache.get("k")) == 1  # dripping it takes a minute
        assert cache.get("k") is None


def test_a_full_redis_keeps_nothing_new_but_still_answers(redis, opened):
    cache = opened(redis.port)
    cache.put("k", b"x", 60)
    command = ["redis-cli", "-p", str(redis.port), "config", "set", "maxmemory", "1"]
    subprocess.run(command, capture_output=True, check=True)
    cache.put("new", b"y", 60)
    assert (cache.get("k"), cache.get("new")) == (b"x", None)
    assert cache.detail == "Redis"


def test_what_would_not_arrive_in_time_is_not_sent(redis, opened):
    cache = opened(redis.port)
    cache.put("k", b"x", 60)
    cache.put("k", b"x" * (DATA_MAX_BYTES + 1), 60)
    assert cache.get("k") is None
    assert cache.detail == "Redis"


def test_failures_are_told_once_a_minute_without_the_address_or_the_password(redis, caplog):
    with caplog.at_level(logging.WARNING):
        url = f"redis://ana:hidden-word@127.0.0.1:{redis.port}/0"
        cache = RedisCache(url, rest_s=0.02)
        until(lambda: "Redis" in caplog.text)
        time.sleep(0.2)  # it fails again and again
        cache.close()
    told = [record.getMessage() for record in caplog.records if "Redis" in record.getMessage()]
    assert len(told) == 1
    assert "AuthenticationError" in told[0]
    assert "hidden-word" not in caplog.text + cache.detail + repr(cache)
    assert str(redis.port) not in told[0]


@pytest.mark.usefixtures("patient")
def test_a_url_cannot_lengthen_the_wait_or_change_what_comes_back(redis, hurry):
    cache = open_cache(
        f"{redis.url}?socket_timeout=60&decode_responses=true&health_check_interval=1"
    )
    cache.put("k", b"\xff", 60)
    assert cache.get("k") == b"\xff"
    redis.signal(signal.SIGSTOP)
    hurry()
    assert waits(cache, lambda: cache.get("k")) == 1
    cache.close()


def test_a_closed_cache_is_a_miss_and_its_watch_has_ended(redis, opened):
    cache = opened(redis.port)
    cache.put("k", b"x", 60)
    cache.close()
    assert cache.get("k") is None
    until(lambda: not cache._watcher.is_alive())


def test_a_cache_that_is_closed_while_its_watch_asks_is_closed_for_good(redis, opened, monkeypatch):
    cache, asks = opened(redis.port, timeout_s=TIMEOUT_S), threading.Event()

    def ping():
        asks.set()
        cache._closed.wait(60)
        time.sleep(0.2)  # it is answered when the cache has been closed

    monkeypatch.setattr(cache._client, "ping", ping)
    cache._break(OSError())
    assert asks.wait(60)
    cache.close()
    until(lambda: not cache._watcher.is_alive())
    assert cache.detail != "Redis"
