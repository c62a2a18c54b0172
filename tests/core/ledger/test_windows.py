"""The windows limits are counted in, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.windows import NAMES, account_name, resets_at, starts_at, window

MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize("period", ["hour", "day"])
@given(at=MOMENTS)
def test_a_window_is_one_stretch_of_time_without_gaps(period, at):
    begins, ends = starts_at(period, at), resets_at(period, at)
    assert begins <= at < ends
    assert window(period, begins) == window(period, at) == window(period, ends - TICK)
    assert window(period, begins - TICK) != window(period, at) != window(period, ends)
    assert starts_at(period, ends) == ends


@given(at=MOMENTS)
def test_all_time_and_one_request_never_reset(at):
    assert resets_at("total", at) is resets_at("request", at) is None
    assert window("total", at) == ""


def test_days_end_at_midnight_utc():
    at = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert resets_at("day", at) == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_account_is_named_by_scope_unit_and_window():
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    names = [
        account_name(("person:ana", "nusd", period), at) for period in ("total", "day", "hour")
    ]
    assert names == [
        "person:ana nusd",
        "person:ana nusd 2026-11-20",
        "person:ana nusd 2026-11-20T09",
    ]


def test_every_period_has_a_word_for_people():
    assert set(NAMES) == {"request", "hour", "day", "total"}
