"""Chance raises no alarm; what was planted does, with its cause first."""

from __future__ import annotations

import math
import random

import pytest

from core.governance.alerts import tell
from core.governance.anomalies.judge import find, judge
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.governance.anomalies.test_history import (
    AT,
    HOUR,
    use,
    weeks,
    written,
)  # AT is a Friday

CALL = 20_000_000  # a call costs two cents
LEAST = 500_000_000
ANA = ("acme", "ana", "ask")


def poisson(draw, mean):
    count, left = 0, draw.random()
    term = total = math.exp(-mean)
    while total < left:
        count += 1
        term *= mean / count
        total += term
    return count


def name(at):
    return at.strftime("%Y-%m-%d %H")


def simulated(draw, mean, *, cost=CALL, daily=False):
    """Nano-dollars and squares by hour, of tasks that come by chance for two weeks up to AT."""
    spent, squares = {}, {}
    for back in range(14 * 24 + 1):
        at = AT - back * HOUR
        here = mean * (1 + 0.9 * math.sin((at.hour - 7) * math.pi / 12)) if daily else mean
        costs = [round(cost * draw.lognormvariate(0, 0.4)) for _ in range(poisson(draw, here))]
        if costs:
            spent[name(at)] = sum(costs)
            squares[name(at)] = float(sum(one * one for one in costs))
    return spent, squares


@pytest.mark.parametrize("daily", [False, True])
@pytest.mark.parametrize("mean", [0.05, 0.4, 0.8, 3, 15])
def test_what_comes_by_chance_alone_raises_no_alarm(mean, daily):
    """400 hours of each kind; the least amount is off, so only the statistics stand guard."""
    draw = random.Random(round(mean * 100) + daily)
    alarms = sum(judge(*simulated(draw, mean, daily=daily), AT, 0) is not None for _ in range(400))
    assert alarms <= 1


@pytest.mark.parametrize("mean", [0.3, 1, 5, 40])
def test_ten_times_the_usual_is_found(mean):
    draw = random.Random(5)
    found = 0
    for _ in range(100):
        spent, squares = simulated(draw, mean)
        spent[name(AT)] = round(10 * max(1, mean) * CALL * 1.1)
        found += judge(spent, squares, AT, 0) is not None
    assert found >= 95


def test_a_young_series_and_a_small_amount_are_nobodys_alarm():
    young = {name(AT - back * HOUR): CALL for back in range(1, 48)}
    assert judge({**young, name(AT): 100 * CALL}, {}, AT, 0) is None
    old = {name(AT - back * HOUR): CALL for back in range(1, 14 * 24)}
    assert judge({**old, name(AT): 20 * CALL}, {}, AT, LEAST) is None
    assert judge({**old, name(AT): 40 * CALL}, {}, AT, LEAST) is not None
    assert judge({}, {}, AT, 0) is None


def test_one_bad_hour_in_the_past_hides_no_other():
    spent = {name(AT - back * HOUR): CALL for back in range(1, 14 * 24)}
    spent[name(AT - 48 * HOUR)] = 500 * CALL
    found = judge({**spent, name(AT): 100 * CALL}, {}, AT, 0)
    assert found.usual_nusd == CALL
    assert name(AT - 48 * HOUR) not in found.hours


def test_a_busy_time_of_day_is_no_anomaly():
    """Noon costs a hundred times what night does, every day."""
    spent = {}
    for back in range(1, 14 * 24):
        at = AT - back * HOUR
        spent[name(at)] = 100 * CALL if 11 <= at.hour <= 15 else CALL
    assert judge({**spent, name(AT): 105 * CALL}, {}, AT, 0) is None
    night = AT.replace(hour=3)
    past = {key: value for key, value in spent.items() if key < name(night)}
    assert judge({**past, name(night): 100 * CALL}, {}, night, 0) is not None


# From rows to the alert.


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


def test_nothing_is_told_of_an_hour_like_the_others(database):
    written(database, weeks() + use(AT.replace(minute=1), 4))
    assert find(database, ANA, 0, AT) is None


PLANTED = {
    "volume": (use(AT, 40), {}),
    "price": (use(AT, 4, model="openai/large", cost_nusd=200_000_000), {}),
    "tokens": (
        use(AT, 4, prompt_hash="9c1d", prompt_tokens=9_900, cost_nusd=200_000_000),
        {},
    ),
}


@pytest.mark.parametrize("first", PLANTED)
def test_a_planted_cause_is_found_and_named_first(database, first):
    rows, more = PLANTED[first]
    written(database, weeks(**more) + rows)
    news = find(database, ANA, LEAST, AT)
    assert news.cause["first"] == first
    assert sum(news.cause["parts"].values()) == news.cause["delta"]
    assert news.cause["parts"][first] > 0.8 * news.cause["delta"]
    assert news.scope == "person:ana"
    assert news.title.startswith("ana spent $0.80 in the hour to 14:00 UTC, usually $0.07: ")
    for members in news.cause["by"].values():
        assert sum(one["nusd"] for one in members) == news.cause["delta"]


def test_who_moved_it_is_named(database):
    rows, _ = PLANTED["price"]
    written(database, weeks() + rows)
    by = find(database, ANA, LEAST, AT).cause["by"]
    assert by["model"][0]["name"] == "openai/large"
    assert by["prompt"][0]["name"] == "3f2a"


def test_a_response_cache_that_is_off_is_found(database):
    free = weeks(cache_hit=True, cost_nusd=0)
    usual = [row for back in range(1, 14 * 24) for row in use((AT - back * HOUR), 1)]
    bought = [{**row, "person_id": "ana"} for row in usual]
    asked = free * 9
    rows = [{**row, "task_id": f"{row['task_id']}.{n}"} for n, row in enumerate(asked)]
    written(database, rows + bought + use(AT, 40))
    news = find(database, ANA, LEAST, AT)
    assert news.cause["first"] == "cache"
    assert "caches answer less" in news.title


def test_a_prompt_cache_that_is_off_is_found(database):
    prices = {"input": 180_000_000, "output": 20_000_000}
    cached = {"cached_tokens": 800, "breakdown": {"input": 18_000_000, "cached": 8_000_000}}
    usual = weeks(**cached, cost_nusd=26_000_000)
    written(database, usual + use(AT, 4, breakdown=prices, cost_nusd=200_000_000))
    news = find(database, ANA, LEAST, AT)
    assert news.cause["first"] == "cache"


def test_it_is_told_once_in_six_hours_and_of_the_person_before_the_organisation(database):
    written(database, weeks() + PLANTED["volume"][0])
    tell(database, [find(database, ANA, LEAST, AT)])
    assert find(database, ANA, LEAST, AT) is None
    later = AT + 5 * HOUR
    written(database, use(later, 40))
    assert find(database, ANA, LEAST, later) is not None


def test_somebody_new_is_seen_as_the_organisations_anomaly(database):
    written(database, weeks() + use(AT, 60, person_id="bo", operation="draw"))
    news = find(database, ("acme", "bo", "draw"), LEAST, AT)
    assert (news.scope, news.cause["first"]) == ("org:acme", "volume")
    assert news.cause["by"]["person"][0]["name"] == "bo"


def test_one_model_of_several_is_seen_although_the_others_hide_it(database):
    dear = {"model": "openai/large", "cost_nusd": 1_000_000_000}
    rows = [
        row for back in range(1, 14 * 24) for row in use(AT - back * HOUR, 20 + back % 9, **dear)
    ]
    written(database, weeks() + rows + use(AT, 20, **dear) + use(AT, 200))
    news = find(database, ANA, LEAST, AT)
    assert news.cause["model"] == "openai/small"
