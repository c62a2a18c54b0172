"""Time columns as periods people name: their SQL, their labels, which one a question means."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from core.data.tables import quote
from core.errors import Invalid

PERIODS = ("day", "week", "month", "quarter", "year")
DAYS = {"day": 1.0, "week": 7.0, "month": 30.4, "quarter": 91.3, "year": 365.25}
LABELS = {
    "day": "strftime({0}, '%Y-%m-%d')",
    "week": "strftime({0}, '%G-W%V')",
    "month": "strftime({0}, '%Y-%m')",
    "quarter": "concat(year({0}), ' Q', quarter({0}))",
    "year": "strftime({0}, '%Y')",
}
SHAPES = {  # a label's own period
    r"\d{4}-\d{2}-\d{2}": "day",
    r"\d{4}-W\d{2}": "week",
    r"\d{4}-\d{2}": "month",
    r"\d{4} Q[1-4]": "quarter",
    r"\d{4}": "year",
}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
AUTO_DAYS = (("year", 4 * 365), ("quarter", 270), ("month", 60), ("week", 15))


class OnePeriod(Invalid):
    """The data covers one period only, so nothing can be compared."""

    code = "one_period"


@dataclass(frozen=True)
class Wanted:
    """A period, the one before it and the same a year before, by label; `year_ago` may be none."""

    period: str
    current: str
    before: str
    year_ago: str | None
    partial: bool  # the data's final period was left aside, it is clearly incomplete


def moment_sql(column: str, kind: str, sample: str) -> str:
    """SQL that reads the column as a date or timestamp."""
    name = quote(column)
    if kind.startswith(("DATE", "TIMESTAMP")):
        return name
    if re.fullmatch(r"\d{4}-\d{2}", sample):
        return f"TRY_CAST({name} || '-01' AS DATE)"
    if re.fullmatch(r"\d{4}[- ]?Q[1-4]", sample):
        year, number = f"CAST(left({name}, 4) AS INTEGER)", f"CAST(right({name}, 1) AS INTEGER)"
        return f"make_date({year}, 3 * {number} - 2, 1)"
    if re.fullmatch(r"\d{4}(\.0)?", sample):
        return f"make_date(CAST({name} AS INTEGER), 1, 1)"
    return f"TRY_CAST({name} AS TIMESTAMP)"


def label_sql(moment: str, period: str) -> str:
    """SQL of the period's label: 2025 Q4, 2025-11, 2025-W45, 2025-11-03, 2025."""
    return LABELS[period].format(moment)


def labels(moments: np.ndarray, period: str) -> np.ndarray:
    """Labels of moments, exactly as `label_sql` writes them; moments are not missing."""
    days = moments.astype("M8[D]")
    if period == "day":
        return np.datetime_as_string(days)
    months = days.astype("M8[M]")
    if period == "month":
        return np.datetime_as_string(months)
    years = np.datetime_as_string(days.astype("M8[Y]"))
    if period == "year":
        return years
    if period == "quarter":
        quarter = (months.astype(int) % 12) // 3 + 1
        return np.char.add(np.char.add(years, " Q"), quarter.astype(str))
    return _weeks(days)


def choose(period: str, current: str, moments: np.ndarray) -> Wanted:
    """The periods that a question means. Raises Invalid when the data has none to compare."""
    shaped = _shaped(current)
    days = moments.astype("M8[D]")
    span = int((days.max() - days.min()).astype(int)) + 1
    if shaped:
        period = next(kind for shape, kind in SHAPES.items() if re.fullmatch(shape, shaped))
    elif period == "auto":
        period = next((name for name, least in AUTO_DAYS if span >= least), "day")
    found, first = np.unique(labels(days, period), return_index=True)
    known = list(found[np.argsort(days[first], kind="stable")]) if len(found) else []
    known = [str(item) for item in sorted(known)]
    partial = not shaped and _unfinished(days, period, known)
    usable = known[:-1] if partial and len(known) > 2 and current in LAST else known
    if len(usable) < 2:
        raise OnePeriod(
            f"There is only one {period} in the data, so nothing to compare.",
            hint="Choose a shorter period.",
        )
    at = _place(shaped, current, usable, period)
    return Wanted(
        period, usable[at], usable[at - 1], _year_ago(usable[at], usable), usable is not known
    )


LAST = ("last", "latest", "")


def _shaped(current: str) -> str:
    """`current` as a label if it names a period, however written; else nothing."""
    text = " ".join(current.strip().split())
    year = re.search(r"\b(\d{4})\b", text)
    quarter = re.search(r"\bq([1-4])\b|([1-4])(?:st|nd|rd|th) quarter", text, re.IGNORECASE)
    if quarter is None:
        quarter = re.search(r"(?<=\d{4})q([1-4])()\b", text, re.IGNORECASE)
        year = re.match(r"(\d{4})", text) if quarter else year
    if year and quarter:
        return f"{year[1]} Q{quarter[1] or quarter[2]}"
    month = re.match(r"([a-z]{3})[a-z]*\.? (\d{4})$|(?:(\d{4}) ([a-z]{3})[a-z]*)$", text.lower())
    name = (month[1] or month[4]) if month else ""
    if month and name in MONTHS:
        return f"{month[2] or month[3]}-{MONTHS.index(name) + 1:02d}"
    return text.upper() if any(re.fullmatch(shape, text.upper()) for shape in SHAPES) else ""


def _place(shaped: str, current: str, known: list[str], period: str) -> int:
    if not shaped:
        return max(1, len(known) - (2 if current in ("previous", "before last") else 1))
    if shaped not in known[1:]:
        raise Invalid(
            f"The data has no {period} {shaped} with another one before it.",
            hint=f"It covers {known[0]} to {known[-1]}.",
        )
    return known.index(shaped)


def _year_ago(label: str, known: list[str]) -> str | None:
    if re.fullmatch(r"\d{4}", label):
        return None
    earlier = f"{int(label[:4]) - 1}{label[4:]}"
    return earlier if earlier in known else None


def _unfinished(days: np.ndarray, period: str, known: list[str]) -> bool:
    """The final period clearly goes on after the data ends, judged by the usual gap of dates."""
    distinct = np.unique(days)
    if period == "day" or len(distinct) < 3:
        return False
    usual = float(np.quantile(np.diff(distinct).astype(int), 0.95))
    end = distinct[-1]
    ahead = int(1.2 * usual) + 1
    return str(labels(np.array([end + ahead]), period)[0]) == known[-1]


def _weeks(days: np.ndarray) -> np.ndarray:
    number = days.astype(int)
    monday = number - (number + 3) % 7
    thursday = (monday + 3).astype("M8[D]")
    year = thursday.astype("M8[Y]")
    week = (thursday - year.astype("M8[D]")).astype(int) // 7 + 1
    return np.char.add(
        np.char.add(np.datetime_as_string(year), "-W"), np.char.zfill(week.astype(str), 2)
    )
