# ruff: noqa: S608 - every name and value in the SQL is quoted
"""A table read for statistics: which columns measure, split, tell time or name entities.

Roles are decided from the values: an identifier never becomes a measure, and a column whose values
always come with the same segment (a store and its region) groups rows that depend on each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.data.naming import names_key, names_something, names_year
from core.data.tables import Tables, literal, quote
from core.errors import Invalid
from core.tools.periods import moment_sql
from core.tools.statistics.layout import Groups, Layout, grouped, runs, stretched

COLUMNS_MAX = 120
ROWS_MAX = 1_000_000
LEVELS_MAX = 60
ENTITY_LEVELS_MIN = 8
KINDS_MIN = 8  # different whole numbers that may name kinds of rows ...
KIND_ROWS_MIN = 4  # ... with so many rows each, on average
KINDS_MAX = 3  # columns of such numbers
SORTED_ROWS_MIN = 50  # a level in a table sorted by it; fewer look like a group of like rows
STACKED_ROWS_MIN = 200  # the same, in whatever order the levels are stacked
MEASURES_SWEPT = 10  # the stated budget of a sweep: this many measures ...
DIMENSIONS_SWEPT = 8  # ... by this many dimensions
NUMBERS = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|REAL|DECIMAL)")
WHOLE = re.compile(r"^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
PERIOD_TEXT = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?|\d{4}[- ]?Q[1-4]")
YEARS = 1_800, 2_200
MISSING = "(missing)"


@dataclass(frozen=True)
class Levels:
    """A categorical column: rows x level number, and the levels' names as SQL shows them."""

    codes: np.ndarray
    names: list[str]


@dataclass(frozen=True)
class Reading:
    """The columns of one table by role, and how its rows hang together."""

    table: str
    n: int
    measures: dict[str, np.ndarray]  # NaN where missing
    dimensions: dict[str, Levels]  # good segments, for sweeps
    entities: dict[str, Levels]  # stores, customers ...: only when asked for by name
    time: str | None
    moment: str | None  # SQL of the time column as a date
    moments: np.ndarray | None  # datetime64, NaT where missing
    missing: dict[str, int]  # columns with missing values
    layout: Layout
    whole: frozenset[str]  # measures of whole numbers
    notes: list[str] = field(default_factory=list)

    def measure_names(self, wanted: str | None) -> list[str]:
        """The measure asked for, or all within the sweep's budget. Raises Invalid."""
        if wanted:
            return [self._known(wanted, self.measures, "a measure")]
        return list(self.measures)[:MEASURES_SWEPT]

    def dimension_names(self, wanted: list[str]) -> list[str]:
        """The dimensions asked for, or all within the sweep's budget. Raises Invalid."""
        both = self.dimensions | self.entities
        if wanted:
            return [self._known(name, both, "a dimension") for name in dict.fromkeys(wanted)]
        return list(self.dimensions)[:DIMENSIONS_SWEPT]

    def levels(self, name: str) -> Levels:
        """The levels of a dimension or entity."""
        return self.dimensions[name] if name in self.dimensions else self.entities[name]

    def _known(self, name: str, known: dict[str, Any], role: str) -> str:
        if name in known:
            return name
        folded = {item.casefold(): item for item in known}
        if name.casefold() in folded:
            return folded[name.casefold()]
        offered = ", ".join(map(repr, list(known)[:12])) or "none"
        raise Invalid(f"{name!r} is not {role} of {self.table!r}.", hint=f"There are: {offered}.")


def read(tables: Tables, table: str, time: str | None = None) -> Reading:
    """The table's columns by role, in file order. Raises Invalid for an unknown table or time."""
    kinds = tables.columns(table)
    if time is not None and time not in kinds:
        raise Invalid(
            f"{table!r} has no column {time!r}.", hint="Name the column that holds dates."
        )
    notes = []
    names = list(kinds)[:COLUMNS_MAX]
    if len(kinds) > len(names):
        notes.append("Only the first columns of this very wide table were looked at.")
    total = tables.rows(table)
    arrays = tables.arrays(_select(table, {name: kinds[name] for name in names}, total))
    if total > ROWS_MAX:
        notes.append("Tests rest on evenly spaced rows of this very long table; totals on all.")
    arrays = dict(zip(names, arrays.values(), strict=True))
    return _sorted_out(table, kinds, arrays, time, notes)


def named(column: str) -> str:
    """SQL of a dimension's value as text, a missing one spelled out."""
    return f"coalesce(CAST({quote(column)} AS VARCHAR), {literal(MISSING)})"


def adds_up(name: str, values: np.ndarray) -> bool:
    """Whether totals of the measure mean something; rates, prices and levels are averaged."""
    text = name.lower().replace("_", " ")
    if LEVEL_NAME.search(text):
        return False
    if TOTAL_NAME.search(text):
        return True
    real = values[~np.isnan(values)]
    if not len(real) or (real.min() >= 0 and real.max() <= 1 and (real % 1 != 0).any()):
        return False
    return bool(real.min() >= 0 and real.std() >= 0.35 * real.mean())


LEVEL_NAME = re.compile(
    r"\b(price|rate|ratio|pct|percent|percentage|share|score|rating|age|temperature|temp|avg"
    r"|average|mean|median|index|speed|height|weight|latitude|longitude|lat|lon|duration|per"
    r"|discount|margin pct|satisfaction|density|pressure|humidity|level)\b"
)
TOTAL_NAME = re.compile(
    r"\b(revenue|sales|amount|units|qty|quantity|cost|costs|profit|returns|orders|count|total"
    r"|visits|clicks|spend|hours|income|volume|turnover|value|fee|fees|tax|payments?|donations?"
    r"|sold|shipped|impressions|sessions|signups|downloads|expenses?|net|gross|margin)\b"
)


def _select(table: str, kinds: dict[str, str], total: int) -> str:
    parts = [f"{_as_array(name, kind)} AS c{i}" for i, (name, kind) in enumerate(kinds.items())]
    body = f"SELECT {', '.join(parts)} FROM {quote(table)}"
    if total <= ROWS_MAX:
        return body
    every = -(-total // ROWS_MAX)
    return f"{body} QUALIFY row_number() OVER () % {every} = 0"


def _as_array(name: str, kind: str) -> str:
    if NUMBERS.match(kind):
        return f"CAST({quote(name)} AS DOUBLE)"
    target = "TIMESTAMP" if kind.startswith(("DATE", "TIMESTAMP")) else "VARCHAR"
    return f"CAST({quote(name)} AS {target})"


@dataclass
class _Roles:
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, Levels] = field(default_factory=dict)
    moments: dict[str, np.ndarray] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)


def _sorted_out(
    table: str,
    kinds: dict[str, str],
    arrays: dict[str, np.ndarray],
    time: str | None,
    notes: list[str],
) -> Reading:
    roles = _roles(kinds, arrays)
    n = len(next(iter(arrays.values()))) if arrays else 0
    time = time or _time_column(roles)
    whole = frozenset(name for name in roles.numbers if WHOLE.match(kinds[name]))
    ids = {name for name in whole if _numbers_rows(name, roles.numbers[name], n)} | {time}
    moments, moment = _moments(time, kinds, roles)
    texts = {name: item for name, item in roles.texts.items() if name != time}
    wide, narrow = _split(texts, n)
    keys = {
        name: _levels(values)
        for name, values in roles.numbers.items()
        if name in whole and name not in ids and _is_key(name, values, narrow, n)
    }
    owners = {
        name: item
        for name, item in narrow.items()
        if _owns(item, narrow, n) or _is_entity(name, item)
    }
    entities = owners | wide | keys
    dimensions = {name: item for name, item in narrow.items() if name not in owners}
    measures = {
        name: values
        for name, values in roles.numbers.items()
        if name not in ids
        and name not in keys
        and not _are_years(name, values)
        and len(np.unique(values[~np.isnan(values)])) > 1
    }
    reading = Reading(
        table, n, measures, dimensions, entities, time, moment, moments, roles.missing,
        Layout(n), whole, notes,
    )  # fmt: skip
    return replace(reading, layout=_layout(reading, narrow | wide | keys))


def _roles(kinds: dict[str, str], arrays: dict[str, np.ndarray]) -> _Roles:
    roles = _Roles()
    for name, values in arrays.items():
        if values.dtype.kind == "M":
            roles.moments[name] = values
            gone = int(np.isnat(values).sum())
        elif NUMBERS.match(kinds[name]):
            clean = values.astype(float)
            roles.numbers[name] = np.where(np.isfinite(clean), clean, np.nan)
            gone = int(np.isnan(roles.numbers[name]).sum())
        else:
            roles.texts[name] = _levels(values)
            gone = sum(value is None for value in values)
        if gone:
            roles.missing[name] = gone
    return roles


def _levels(values: np.ndarray) -> Levels:
    """Codes in order of the names, so that they do not depend on the order of rows."""
    if values.dtype.kind == "f":
        found, codes = np.unique(values, return_inverse=True)
        return Levels(codes.reshape(-1), [f"{value:g}" for value in found])
    names = sorted({MISSING if value is None else value for value in values})
    at = {name: i for i, name in enumerate(names)}
    codes = (at[MISSING if value is None else value] for value in values)
    return Levels(np.fromiter(codes, dtype=np.int64, count=len(values)), names)


def _time_column(roles: _Roles) -> str | None:
    if roles.moments:
        return next(iter(roles.moments))
    for name, item in roles.texts.items():
        real = [value for value in item.names if value != MISSING]
        if len(real) > 1 and all(PERIOD_TEXT.fullmatch(value) for value in real[:2000]):
            return name
    for name, values in roles.numbers.items():
        if _are_years(name, values):
            return name
    return None


def _are_years(name: str, values: np.ndarray) -> bool:
    real = values[~np.isnan(values)]
    return names_year(name) and len(real) > 0 and YEARS[0] <= real.min() <= real.max() <= YEARS[1]


def _moments(
    time: str | None, kinds: dict[str, str], roles: _Roles
) -> tuple[np.ndarray | None, str | None]:
    if time is None:
        return None, None
    if time in roles.moments:
        return roles.moments[time].astype("M8[s]"), quote(time)
    if time in roles.numbers:
        years = roles.numbers[time]
        texts = np.array([f"{year:.0f}" if np.isfinite(year) else "NaT" for year in years])
        return texts.astype("M8[Y]").astype("M8[s]"), moment_sql(time, kinds[time], "2000")
    item = roles.texts[time]
    sample = next((name for name in item.names if name != MISSING), "")
    found = np.array([_date(name) for name in item.names], dtype="M8[s]")
    return found[item.codes], moment_sql(time, kinds[time], sample)


def _date(text: str) -> np.datetime64:
    quarter = re.fullmatch(r"(\d{4})[- ]?Q([1-4])", text)
    if quarter:
        return np.datetime64(f"{quarter[1]}-{3 * int(quarter[2]) - 2:02d}", "s")
    try:
        return np.datetime64(text[:19].replace(" ", "T"), "s")
    except ValueError:
        return np.datetime64("NaT", "s")


def _numbers_rows(name: str, values: np.ndarray, n: int) -> bool:
    """A row number or key: every value once, or counting up."""
    real = values[~np.isnan(values)]
    if len(real) < 2 or len(real) < n:
        return False
    steps = np.diff(real)
    if (steps == steps[0]).all() and steps[0] != 0:
        return True
    return names_something(name) and len(np.unique(real)) >= 0.98 * n


def _split(texts: dict[str, Levels], n: int) -> tuple[dict[str, Levels], dict[str, Levels]]:
    """Texts with many values that repeat (who), and texts with few (segments)."""
    wide = {k: v for k, v in texts.items() if LEVELS_MAX < len(v.names) <= n / 2}
    narrow = {k: v for k, v in texts.items() if 2 <= len(v.names) <= min(LEVELS_MAX, n / 2)}
    return wide, narrow


def _is_key(name: str, values: np.ndarray, narrow: dict[str, Levels], n: int) -> bool:
    """A whole number that names something: called so, or always with the same segment."""
    if np.isnan(values).any():
        return names_something(name)
    count = len(np.unique(values))
    if names_something(name):
        return count > 1
    return ENTITY_LEVELS_MIN <= count <= n / 2 and _owns(_levels(values), narrow, n)


def _is_entity(name: str, item: Levels) -> bool:
    """Called an identifier, with too many values for segments."""
    return names_key(name) and len(item.names) >= ENTITY_LEVELS_MIN


def _owns(item: Levels, narrow: dict[str, Levels], n: int) -> bool:
    """Each of its many values always comes with one value of some coarser dimension."""
    size = len(item.names)
    if size < ENTITY_LEVELS_MIN:
        return False
    for other in narrow.values():
        k = len(other.names)
        if other is item or not 2 <= k < size:
            continue
        if len(np.unique(item.codes * k + other.codes)) == size and n >= 2 * size:
            return True
    return False


def _layout(reading: Reading, texts: dict[str, Levels]) -> Layout:
    n = reading.n
    orders = [np.arange(n)]
    groups = [
        grouped(name, item.codes, binding=True)
        for name, item in reading.entities.items()
        if len(item.names) >= ENTITY_LEVELS_MIN
    ]
    groups += _numbered(reading)
    if reading.moments is not None and n:
        by_time = np.argsort(reading.moments, kind="stable")
        days = grouped("dates", reading.moments.astype("M8[D]").astype(np.int64), binding=True)
        if 1 < days.count <= n / 2:
            groups.append(days)
        if (np.diff(by_time) != 1).any():
            orders = [by_time, *orders]
    found = _stretches(texts)
    return Layout(n, orders, [*groups, *([found] if found else [])])


def _numbered(reading: Reading) -> list[Groups]:
    """Rows with the same whole number: they are of one kind if it only tells kinds apart."""
    found = [
        grouped(name, np.nan_to_num(reading.measures[name], nan=-1.0))
        for name in reading.whole
        if name in reading.measures
    ]
    fit = [one for one in found if KINDS_MIN <= one.count <= reading.n / KIND_ROWS_MIN]
    return sorted(fit, key=lambda one: one.name)[:KINDS_MAX]


def _stretches(texts: dict[str, Levels]) -> Groups | None:
    """Stretches in which no lasting category changes; they bind unless the table is only sorted."""
    joint: np.ndarray | None = None
    lasting = [item for item in texts.values() if stretched(item.codes) is not None]
    for item in lasting:
        joint = (
            item.codes if joint is None else grouped("", joint * len(item.names) + item.codes).codes
        )
    if joint is None or len(joint) < 2:
        return None
    found = stretched(joint)
    if found is None:
        return None
    least = int(np.bincount(runs(joint)).min())
    stacked = found.count == len(np.unique(joint)) and least >= SORTED_ROWS_MIN
    merely_sorted = stacked and (least >= STACKED_ROWS_MIN or any(map(_in_order, lasting)))
    return replace(found, binding=not merely_sorted)


def _in_order(item: Levels) -> bool:
    """The rows are sorted by this column."""
    steps = np.diff(item.codes)
    return bool((steps >= 0).all() or (steps <= 0).all())
