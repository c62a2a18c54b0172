"""The windows limits are counted in: hour and day (UTC), or all time."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = ("nusd", "tokens")
FORMATS = {"total": "", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}
NAMES = {"request": "per-request", "hour": "hourly", "day": "daily", "total": "total"}


def window(period: str, at: datetime) -> str:
    """The name of the window `at` falls in, e.g. "2026-11-20T09"; "" for all time."""
    return at.strftime(FORMATS[period]) if FORMATS[period] else ""


def starts_at(period: str, at: datetime) -> datetime:
    """When the window of `at` began. `period` is hour, day or total."""
    if period == "total":
        return datetime(1970, 1, 1, tzinfo=at.tzinfo)
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour if period == "hour" else hour.replace(hour=0)


def resets_at(period: str, at: datetime) -> datetime | None:
    """When the window of `at` ends, UTC; None where it never does."""
    ends = {"hour": timedelta(hours=1), "day": timedelta(days=1)}.get(period)
    return starts_at(period, at) + ends if ends else None


def account_name(key: tuple[str, str, str], at: datetime) -> str:
    """The name of one window's account, e.g. "person:ana nusd 2026-11-20T09"."""
    scope, unit, period = key
    return f"{scope} {unit} {window(period, at)}".strip()
