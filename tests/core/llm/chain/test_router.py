"""Which model is asked next, and which one is left alone for a while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unavailable
from core.llm.chain.router import BLAMELESS, COOLDOWN_MAX_S, COOLDOWN_S, STALE_S, Router


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.at = 1_000.0

    def __call__(self):
        return self.at


def router():
    clock = Clock()
    return Router(clock), clock


def test_a_healthy_chain_keeps_its_order():
    made, _ = router()
    assert made.order(["b", "a", "b"]) == ["b", "a"]


def test_two_failures_in_a_row_open_the_breaker_and_one_does_not():
    made, _ = router()
    made.fail("a", "down")
    assert made.order(["a", "b"]) == ["a", "b"]
    made.fail("a", "down")
    assert made.order(["a", "b"]) == ["b"]


def test_a_success_between_two_failures_closes_the_count():
    made, _ = router()
    made.fail("a", "cut")
    made.succeed("a", 100, 10)
    made.fail("a", "cut")
    assert made.order(["a"]) == ["a"]


def test_a_rate_limit_opens_at_once_for_as_long_as_the_provider_says():
    made, clock = router()
    made.fail("a", "rate_limit", retry_after_s=7)
    assert made.order(["a"]) == []
    assert round(made.wait_s(["a"])) == 7
    clock.at += 7
    assert made.order(["a"]) == ["a"]


def test_a_hastened_model_is_probed_at_once_and_by_one():
    made, clock = router()
    made.hasten("a")
    assert made.standings(["a"])[0].state == "closed", "a healthy one stays as it is"
    made.fail("a", "key")
    assert made.order(["a"]) == []
    made.hasten("a")
    assert made.standings(["a"])[0].state == "half-open"
    made.begin("a")
    assert made.order(["a"]) == [], "the others still wait"
    made.fail("a", "key")
    clock.at += COOLDOWN_S
    assert made.order(["a"]) == [], "it cools for twice as long"
    made.hasten("a")
    made.begin("a")
    made.succeed("a", 100, 10)
    assert made.order(["a"]) == ["a"]


def test_after_the_cooldown_one_request_probes_and_the_others_still_wait():
    made, clock = router()
    made.fail("a", "key")
    clock.at += COOLDOWN_S
    assert made.standings(["a"])[0].state == "half-open"
    assert made.order(["a"]) == ["a"]
    made.begin("a")
    assert made.order(["a"]) == [], "a second one may not pass while the probe is out"
    made.succeed("a", 50, None)
    assert made.order(["a"]) == ["a"]
    assert made.standings(["a"])[0].state == "closed"


def test_a_failed_probe_waits_twice_as_long_up_to_a_bound():
    made, clock = router()
    made.fail("a", "down")
    made.fail("a", "down")
    waits = []
    for _ in range(6):
        clock.at += made.wait_s(["a"])
        made.begin("a")
        made.fail("a", "down")
        waits.append(made.wait_s(["a"]))
    assert waits[:2] == [2 * COOLDOWN_S, 4 * COOLDOWN_S]
    assert waits[-1] == COOLDOWN_MAX_S


def test_a_cancelled_probe_lets_the_next_one_pass():
    made, clock = router()
    made.fail("a", "key")
    clock.at += COOLDOWN_S
    made.begin("a")
    made.release("a")
    assert made.order(["a"]) == ["a"]


def elsewhere(act):
    """What `act` gives in another thread, as another request."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def test_of_many_that_were_told_it_is_free_one_probes():
    made, clock = router()
    made.fail("a", "key")
    clock.at += COOLDOWN_S
    told = [made.order(["a"]) for _ in range(4)]
    assert told == [["a"]] * 4, "nobody has begun yet"
    made.begin("a")
    for last in (True, False):
        with pytest.raises(Unavailable) as cooling:
            elsewhere(lambda last=last: made.begin("a", last=last))
        assert cooling.value.details | {"reason": "cooling", "last": last} == cooling.value.details
    made.succeed("a", 9, None)
    elsewhere(lambda: made.begin("a"))


def test_a_call_that_began_before_the_breaker_opened_is_not_its_probe():
    made, clock = router()
    made.fail("a", "key")
    clock.at += COOLDOWN_S
    made.begin("a")
    elsewhere(lambda: made.release("a"))  # an older one is cancelled
    elsewhere(lambda: made.fail("a", "request"))  # another was wrong in itself
    assert made.order(["a"]) == [], "the probe is still out"
    elsewhere(lambda: made.fail("a", "down"))
    assert made.wait_s(["a"]) == COOLDOWN_S, "only a failed probe waits twice as long"
    made.succeed("a", 9, None)
    assert made.order(["a"]) == ["a"]


@given(st.lists(st.sampled_from(sorted(BLAMELESS)), max_size=20))
def test_what_the_request_is_to_blame_for_never_opens_a_breaker(reasons):
    made, _ = router()
    for reason in reasons:
        made.fail("a", reason)
    assert made.order(["a"]) == ["a"]


def test_cheapest_sorts_by_cost_and_leaves_the_built_in_model_last():
    made, _ = router()
    cost = {"dear": 9, "cheap": 1, "free": 0}
    order = made.order(list(cost), "cheapest", cost=cost.__getitem__, last=lambda m: m == "free")
    assert order == ["cheap", "dear", "free"]


def test_fastest_goes_by_measured_speed_and_tries_the_unmeasured_first():
    made, clock = router()
    for _ in range(2):
        made.succeed("slow", 900, 400)
        made.succeed("quick", 300, 90)
    assert made.order(["slow", "quick"], "fastest") == ["quick", "slow"]
    assert made.order(["slow", "quick", "new"], "fastest") == ["new", "quick", "slow"]
    clock.at += STALE_S + 1
    assert made.order(["slow", "quick"], "fastest") == ["slow", "quick"], "old news say nothing"


def test_fastest_is_not_misled_by_a_first_call_that_began_cold():
    made, _ = router()
    made.succeed("a", 2_400, 2_300)  # imports, connections
    made.succeed("b", 400, 300)
    made.succeed("b", 400, 300)
    assert made.order(["b", "a"], "fastest") == ["a", "b"], "it gets a second chance"
    made.succeed("a", 60, 40)
    assert made.order(["b", "a"], "fastest") == ["a", "b"]
    assert made.standings(["a"])[0].latency_ms == 60


@given(st.lists(st.floats(1, 10_000), min_size=1, max_size=30))
def test_the_average_stays_within_what_was_measured(times):
    made, _ = router()
    for took in times:
        made.succeed("a", took, took)
    (standing,) = made.standings(["a"])
    assert min(times) - 1 <= standing.latency_ms <= max(times) + 1
    assert standing.calls == len(times)


names = st.sampled_from(["a", "b", "c"])
acts = st.one_of(
    st.tuples(st.just("fail"), names, st.sampled_from(["down", "rate_limit", "context"])),
    st.tuples(st.just("succeed"), names, st.just("")),
    st.tuples(st.just("begin"), names, st.just("")),
    st.tuples(st.just("pass"), st.integers(1, 400), st.just("")),
)


@given(st.lists(acts, max_size=60))
def test_whatever_happened_every_model_is_asked_again_some_day(story):
    made, clock = router()
    for what, one, reason in story:
        if what == "pass":
            clock.at += one
        elif what == "fail":
            made.fail(one, reason)
        elif what == "succeed":
            made.succeed(one, 5, None)
        elif made.order([one]):
            made.begin(one)
        assert set(made.order(["a", "b", "c"])) <= {"a", "b", "c"}
    clock.at += COOLDOWN_MAX_S + 130
    assert made.order(["a", "b", "c"]) == ["a", "b", "c"]


def test_fastest_compares_first_words_only_where_all_have_one():
    made = Router()
    for _ in range(3):
        made.succeed("whole", 900, None)  # answers in one piece have no first word
        made.succeed("stream", 1_500, 300)
    assert made.order(["stream", "whole"], "fastest") == ["whole", "stream"]
    made.succeed("whole", 900, 800)
    assert made.order(["whole", "stream"], "fastest") == ["stream", "whole"]
