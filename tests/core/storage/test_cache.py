"""The same of every cache: what was put is found until it expires, and nothing else."""

import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.storage.cache import ENTRY_BYTES, PART, Memory, open_cache
from tests import services


class Clock:
    def __init__(self):
        self.at = 100.0

    def __call__(self):
        return self.at


@pytest.fixture(params=["memory", "redis"])
def cache(request, patient):  # noqa: ARG001 - it is undone
    if request.param == "memory":
        yield open_cache()
        return
    with services.redis() as server:
        opened = open_cache(server.url)
        yield opened
        opened.close()


def test_what_was_put_is_found_until_it_is_deleted(cache):
    assert cache.get("k") is None
    cache.put("k", b"\x00\xff words", 60)
    assert cache.get("k") == b"\x00\xff words"
    cache.put("k", b"later", 60)
    assert cache.get("k") == b"later"
    cache.delete("k")
    cache.delete("k")
    assert cache.get("k") is None


def test_what_has_expired_is_gone_and_no_time_keeps_nothing(cache):
    cache.put("k", b"x", 0.05)
    cache.put("kept", b"x", 60)
    cache.put("kept", b"y", 0)
    time.sleep(0.1)
    assert cache.get("k") is None
    assert cache.get("kept") is None


def test_fields_are_kept_whole_and_a_later_put_leaves_none_of_the_earlier(cache):
    cache.put_fields("h", {"left": "5", "held": "1"}, 60)
    cache.put_fields("h", {"left": "4"}, 60)
    assert cache.fields("h") == {"left": "4"}
    assert cache.get("h") is None
    cache.put_fields("h", {}, 60)
    assert cache.fields("h") == {}
    cache.put_fields("h", {"a": "1"}, 0.05)
    time.sleep(0.1)
    assert cache.fields("h") == {}


@pytest.mark.parametrize("prefix", ["org:a*", "org:a?", "org:[a]", "org:\\a", "org:a"])
def test_clearing_takes_exactly_the_keys_that_begin_so(cache, prefix):
    for key in (f"{prefix}:1", f"{prefix}:2", "org:zebra", "org:xa:1"):
        cache.put(key, b"x", 60)
    cache.clear(prefix)
    left = {key: cache.get(key) for key in (f"{prefix}:1", f"{prefix}:2", "org:zebra", "org:xa:1")}
    assert list(left.values()) == [None, None, b"x", b"x"]
    cache.clear()
    assert cache.get("org:zebra") is None


def test_putting_from_many_threads_loses_nothing(cache):
    def put(of):
        for i in range(50):
            cache.put(f"{of}.{i}", b"x", 60)

    threads = [threading.Thread(target=put, args=(of,)) for of in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(cache.get(f"{of}.{i}") == b"x" for of in range(8) for i in range(50))


def test_without_redis_everything_stays_in_this_process_and_its_library_is_not_loaded():
    import subprocess

    script = (
        "import sys; from core.storage.cache import open_cache; print(open_cache().detail);"
        "print('redis' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=services_root(),
    )
    assert ran.stdout.split("\n")[:2] == ["in process", "False"]


def services_root():
    from pathlib import Path

    return Path(services.__file__).parents[1]


@pytest.mark.parametrize(
    "url",
    ["redis://host:port/0", "http://host", "redis://u:hidden-word@h:6379/0?db=zz"],
)
def test_an_unreadable_url_is_refused_with_the_way_out_and_without_the_password(url):
    with pytest.raises(Invalid) as refused:
        open_cache(url)
    assert "REDIS_URL" in refused.value.hint
    assert "hidden-word" not in str(refused.value)


KEYS = st.sampled_from([f"k{i}" for i in range(30)])
ACTS = st.lists(st.tuples(KEYS, st.integers(0, 600), st.integers(-1, 5), st.integers(0, 2)))


@given(ACTS)
def test_the_memory_is_bounded_and_never_tells_what_is_over_or_wrong(acts):
    clock, most = Clock(), 20 * (ENTRY_BYTES + 100)
    cache, truth = Memory(most, clock=clock), {}
    for key, size, ttl, pause in acts:
        data = f"{key}:{size}".encode().ljust(size, b".")
        cache.put(key, data, ttl)
        truth[key] = (data, clock.at + ttl)
        clock.at += pause
        assert 0 <= cache.size_bytes <= most
        for other, (put, ends_at) in truth.items():
            found = cache.get(other)
            assert found is None or (found == put and clock.at < ends_at)
    cache.clear()
    assert cache.size_bytes == 0


def test_the_least_recently_used_goes_first():
    cache = Memory(10 * (ENTRY_BYTES + 100))
    for number in range(10):
        cache.put(f"k{number}", b"x" * 90, 60)
    assert cache.get("k0")
    cache.put("new", b"x" * 90, 60)
    assert cache.get("k0")
    assert cache.get("k1") is None
    assert cache.get("new")


def test_one_huge_answer_does_not_push_out_all_others():
    cache = Memory(100_000)
    cache.put("small", b"x", 60)
    cache.put("huge", b"x" * (100_000 // PART), 60)
    assert cache.get("huge") is None
    assert cache.get("small") == b"x"
