"""Usage by hour: exact, of the series only, of two weeks only."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.governance.anomalies.history import (
    Series,
    bursts,
    hour_name,
    lines,
    models,
    spent_nusd,
    totals,
)
from core.ledger.records import USAGE
from core.storage.database import Database
from core.storage.migrations import migrate

AT = datetime(2026, 11, 20, 13, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA = Series("acme", "ana", "ask")


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


def use(at, calls=1, task="", **more):
    """Usage rows: each call reads 900 tokens and writes 100 for two cents."""
    about = {"org_id": "acme", "person_id": "ana", "operation": "ask", "provider": "openai"}
    about |= {"model": "openai/small", "prompt_hash": "3f2a", "kind": "model", "unit": ""}
    sums = {"prompt_tokens": 900, "completion_tokens": 100, "cost_nusd": 20_000_000}
    rest = {"cached_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0, "units": 0}
    rest |= {"estimated": False, "use_case": "", "variant": "", "cache_hit": False}
    rest |= {"batch": False, "latency_ms": 0, "seq": 1, "breakdown": None}
    row = {**about, **sums, **rest, "at": at, **more}
    return [
        {**row, "task_id": task or f"{at:%m%d%H%M}-{id(row)}-{n}", "line": n} for n in range(calls)
    ]


def weeks(**more):
    """Three or four calls in each hour of two weeks."""
    rows = []
    for back in range(1, 14 * 24):
        rows += use((AT - back * HOUR).replace(minute=5), 3 + back % 2, **more)
    return rows


def written(database, rows):
    database.transaction(lambda db: db.execute(sa.insert(USAGE), rows))


def test_every_hour_is_read_exactly_and_only_of_the_series(database):
    mine = weeks() + use(AT, 2)
    written(database, mine + use(AT, 5, person_id="bo") + use(AT - 400 * HOUR, 9))
    sums = defaultdict(int)
    for row in mine:
        sums[hour_name(row["at"])] += row["cost_nusd"]
    assert totals(lines(database, ANA, AT)) == dict(sums)
    assert lines(database, Series("other"), AT) == []
    assert sum(line.calls for line in lines(database, Series("acme"), AT)) == len(mine) + 5


def test_answers_of_the_response_cache_are_calls_nobody_paid(database):
    written(database, use(AT, 2) + use(AT, 3, cache_hit=True, cost_nusd=0))
    (line,) = lines(database, ANA, AT)
    assert (line.calls, line.paid, line.tokens) == (5, 2, 2_000)


def test_units_count_where_there_are_no_tokens(database):
    none = {"prompt_tokens": 0, "completion_tokens": 0}
    written(database, use(AT, 2, kind="image", units=3, **none))
    assert lines(database, ANA, AT)[0].tokens == 6


def test_a_batch_is_as_many_calls_as_it_has_answers(database):
    tokens = {"prompt_tokens": 9_000, "completion_tokens": 1_000}
    written(database, use(AT, 2) + use(AT, batch=True, units=10, unit="request", **tokens))
    (line,) = lines(database, ANA, AT)
    assert (line.calls, line.paid, line.tokens) == (12, 12, 12_000)


def test_what_a_prompt_cache_saved_is_told_from_the_price_of_the_rest(database):
    cached = {"cached_tokens": 800, "breakdown": {"input": 10_000, "cached": 8_000}}
    written(database, use(AT, 1, **cached))
    assert lines(database, ANA, AT)[0].saved_nusd == 800 * 100 - 8_000
    assert lines(database, ANA, AT)[0].prompt == "3f2a"


def test_large_amounts_keep_every_digit(database):
    large = 9_007_199_254_740_993
    written(database, use(AT, 3, cost_nusd=large, breakdown={"input": large}))
    assert spent_nusd(database, ANA, AT) == 3 * large
    assert totals(lines(database, ANA, AT)) == {"2026-11-20 13": 3 * large}


def test_this_hour_and_its_models(database):
    written(database, use(AT) + use(AT, model="openai/large") + use(AT - HOUR, model="openai/old"))
    assert spent_nusd(database, ANA, AT) == 40_000_000
    assert spent_nusd(database, Series("other"), AT) == 0
    assert models(database, ANA, AT) == ["openai/large", "openai/small"]


def test_calls_of_one_task_come_together(database):
    written(database, use(AT, 3, task="one", cost_nusd=10) + use(AT, 2, cost_nusd=10))
    assert bursts(database, ANA, AT) == {"2026-11-20 13": 30.0**2 + 2 * 10.0**2}
