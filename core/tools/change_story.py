"""The sentences of a change: how much, beyond the usual or not, carried and opposed by whom."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from core.tools.comparison import Comparison
from core.tools.evidence import Chart, Figure
from core.tools.reading import Reading
from core.tools.sheet import Sheet, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict
from core.tools.statistics.drill import Slice

QUANTITY = re.compile(
    r"(^|[_ ])(units|qty|quantity|volume|items|pieces|sold)([_ ]|$)", re.IGNORECASE
)
MONEY = re.compile(
    r"(^|[_ ])(revenue|sales|amount|turnover|income|value|net|gross)([_ ]|$)", re.IGNORECASE
)
ADDS_UP = 1e-9  # relative; parts and whole are sums of the same rows
ALWAYS_FELL = ("fell", "fall", "less")
ALWAYS_ROSE = ("rose", "rise", "more")


@dataclass
class Story:
    """What was found about one change, before it is written."""

    reading: Reading
    comparison: Comparison
    amount: float
    dimension: str | None
    test: str = ""
    verdict: Verdict = field(default_factory=lambda: Verdict(1.0, 0.0, 0))
    slices: dict[str, tuple[Slice, str, Verdict]] = field(default_factory=dict)
    per_row: Story | None = None  # of a total: the average of its rows, if that is the clearer

    @property
    def words(self) -> tuple[str, str, str]:
        """fell, fall, less; or rose, rise, more."""
        return ALWAYS_FELL if self.amount < 0 else ALWAYS_ROSE

    @property
    def unit(self) -> str:
        """The measure's unit."""
        return unit_of(self.comparison.measure)

    @property
    def names(self) -> dict[str, str]:
        """Names the sentences use."""
        text = spoken(self.comparison.measure)
        average = "" if self.comparison.total else "average "
        return {"measure": opening(average + text), "inside": average + text}


def tell(sheet: Sheet, story: Story) -> None:
    """The findings of the story are on the sheet, the whole change first."""
    period = story.comparison.wanted.period
    title = f"{story.names['measure']} by {period}"
    periods = sheet.ask(title, story.comparison.periods())
    whole = sheet.ask(f"{title}, compared", story.comparison.whole())
    _whole(sheet, story, periods, whole, key_of("level", story.comparison.measure))
    if story.per_row is not None:
        _average(sheet, story.per_row)
    if story.dimension is not None:
        _segments(sheet, story, story.dimension, whole)
    for role in ("carrier", "opponent"):
        if role in story.slices:
            _slice(sheet, story, role, whole)
    if story.comparison.total:
        _price_volume_mix(sheet, story)


def _average(sheet: Sheet, story: Story) -> None:
    """The rows themselves changed, however many there were."""
    title = f"{story.names['measure']} by {story.comparison.wanted.period}"
    periods = sheet.ask(title, story.comparison.periods())
    whole = sheet.ask(f"{title}, compared", story.comparison.whole())
    if (sheet.cell(whole, "change") or 0) * story.amount > 0:
        _whole(sheet, story, periods, whole, None)


def _number(story: Story, label: str, query: int, column: str, **parts: object) -> Figure:
    text = f"{story.names['measure']}, {label}"
    return figure(text, query, column, **({"unit": story.unit} | parts))


def _percent(story: Story, label: str, query: int, column: str, **parts: object) -> Figure:
    text = f"{story.names['measure']}, {label}"
    return figure(text, query, column, **({"style": "percent", "scale": 100} | parts))


def _whole(sheet: Sheet, story: Story, periods: int, whole: int, level: str | None) -> None:
    """Whether it changed beyond the usual; and how much, as a fact, under the key `level`."""
    fell, fall, less = story.words
    wanted = story.comparison.wanted
    figures = {
        "drop": _number(story, fall, whole, "change", absolute=True),
        "before": _number(story, wanted.before, whole, "before"),
        "after": _number(story, wanted.current, whole, "after"),
        "period": figure("Period", whole, "period", style="text"),
        "previous": figure("Period before", whole, "previous", style="text"),
    }
    share = sheet.cell(whole, "share") is not None
    if share:
        figures["share"] = _percent(story, fall, whole, "share", absolute=True)
    details = []
    if sheet.rows(whole)[0].get("year_share") is not None:
        figures["year_ago"] = figure("Year before", whole, "year_ago", style="text")
        figures["year_share"] = _percent(
            story, "against the year before", whole, "year_share", sign=True
        )
        figures["year_value"] = _number(story, str(wanted.year_ago), whole, "year_ago_value")
        details.append("Against {year_ago}, when it was {year_value}, it changed by {year_share}.")
    by = f"{{drop}}{' ({share})' if share else ''}"
    chart = Chart(
        kind="bar",
        title=f"{story.names['measure']} by {wanted.period}",
        query=periods,
        x="period",
        y=["value"],
        unit=story.unit,
        highlight=[wanted.current],
        alt="One bar a period; the period in question is marked.",
    )
    sheet.finding(
        key_of("change", story.comparison.measure, *([] if level else ["per row"])),
        f"{{measure}} {fell} by {by} in {{period}}, from {{before}} to {{after}}",
        details=details,
        caveats=[
            (
                "The comparison is with {previous} and with the variation of all earlier days; "
                "a season that returns every year is part of the change."
            )
        ],
        figures=figures,
        names=story.names,
        tests=[story.test],
        chart=chart,
        weight=1.0,
    )
    if level is None:
        return
    sheet.finding(
        level,
        f"{{measure}} was {{after}} in {{period}}, {{drop}} {less} than in {{previous}}",
        figures=figures,
        names=story.names,
        chart=chart,
        weight=0.5,
    )


def _segments(sheet: Sheet, story: Story, dimension: str, whole: int) -> None:
    sign = 1 if story.amount > 0 else -1
    query = sheet.ask(
        f"What each {spoken(dimension)} adds to the change",
        story.comparison.segments(dimension, sign),
    )
    rows = sheet.rows(query)
    change = sheet.cell(whole, "change")
    parts = math.fsum(row["change"] for row in rows)
    if not rows or change is None or not math.isclose(parts, change, rel_tol=ADDS_UP, abs_tol=1e-6):
        sheet.note(f"The parts by {spoken(dimension)} do not add up, so they are not shown.")
        return
    top = rows[0]["segment"]
    where = {"rank": 1}
    figures = {
        "top": figure("Largest part", query, "segment", where=where, style="text"),
        "top_change": _number(
            story, f"change, {top}", query, "change", where={"segment": top}, sign=True
        ),
        "change": _number(story, "change", whole, "change", sign=True),
    }
    sheet.finding(
        key_of("parts", story.comparison.measure, dimension),
        "By {dimension}, {top} moved {inside} most: {top_change} of {change} in all",
        figures=figures,
        names=story.names | {"dimension": spoken(dimension)},
        chart=Chart(
            kind="waterfall",
            title=f"Change of {story.names['inside']} by {spoken(dimension)}",
            query=query,
            x="segment",
            y=["change"],
            unit=story.unit,
            highlight=[top],
            alt="One step a segment; the steps add up to the whole change.",
        ),
        weight=0.6,
    )


def _slice(sheet: Sheet, story: Story, role: str, whole: int) -> None:
    found, test, _ = story.slices[role]
    levels = {name: story.reading.levels(name).names[at] for name, at in found.path.items()}
    title = f"What the slice adds to the change of {story.names['inside']}"
    query = sheet.ask(title, story.comparison.slices(levels))
    row = sheet.rows(query)[0]
    if not row["change"] or (row["change"] > 0) != (found.change > 0):
        return
    figures = {
        f"part_{letter}": figure(opening(name), query, f"part_{letter}", style="text")
        for letter, name in zip("abc", levels, strict=False)
    }
    slice_text = ", ".join(f"{{{name}}}" for name in figures)
    plain = ", ".join(levels.values())
    figures |= {
        "change": _number(story, plain, query, "change", absolute=True),
        "before": _number(story, f"{plain}, before", query, "before"),
        "after": _number(story, f"{plain}, after", query, "after"),
        "others": _number(story, "all others", query, "others", sign=True),
        "period": figure("Period", whole, "period", style="text"),
        "previous": figure("Period before", whole, "previous", style="text"),
    }
    wording = _carried if role == "carrier" else _opposed
    title, details = wording(story, slice_text, row, figures, query)
    sheet.finding(
        key_of(role, story.comparison.measure),
        title,
        details=details,
        caveats=["The data shows where the change sits, not what caused it."],
        figures=figures,
        names=story.names,
        tests=[test],
        chart=_slice_chart(sheet, story, found, levels),
        weight=0.95 if role == "carrier" else 0.7,
    )


def _carried(
    story: Story, place: str, row: dict, figures: dict[str, Figure], query: int
) -> tuple[str, list[str]]:
    fell, fall, _ = story.words
    grammar = f"{place} {fell} from {{before}} to {{after}}, and that"
    details = [
        f"In {{period}} against {{previous}}, {grammar} alone changed {{inside}} by {{change}}."
    ]
    if not story.comparison.total:
        details = ["It moved {inside} by {change} in {period} against {previous}."]
        del figures["before"], figures["after"]
    if row["others"] * story.amount < 0:
        details.append("Everything else together moved the other way, by {others}.")
        return f"More than the whole {fall} of {{inside}} came from {place}: {{change}}", details
    figures["share"] = _percent(story, f"share of the {fall}", query, "share")
    details.append("Everything else together changed by {others}.")
    return f"{{share}} of the {fall} of {{inside}} came from {place}", details


def _opposed(
    story: Story, place: str, row: dict, figures: dict[str, Figure], _query: int
) -> tuple[str, list[str]]:
    verb = "rose" if row["change"] > 0 else "fell"
    del figures["others"]
    details = ["It went from {before} to {after} between {previous} and {period}."]
    if not story.comparison.total:
        details = ["That is its part of the change between {previous} and {period}."]
        del figures["before"], figures["after"]
    return f"Against the {story.words[1]}, {place} {verb} by {{change}}", details


def _slice_chart(sheet: Sheet, story: Story, found: Slice, levels: dict[str, str]) -> Chart | None:
    """The last cut of the slice, segment by segment, inside the cuts before it."""
    name = list(levels)[-1]
    sign = 1 if found.change > 0 else -1
    outer = {key: value for key, value in levels.items() if key != name}
    text = f"Change of {story.names['inside']} by {spoken(name)}"
    if outer:
        text += f" in {', '.join(outer.values())}"
    if not story.comparison.total and outer:
        return None
    query = sheet.ask(text, story.comparison.segments(name, sign, outer))
    return Chart(
        kind="bar",
        title=text,
        query=query,
        x="segment",
        y=["change"],
        unit=story.unit,
        highlight=[levels[name]],
        alt="One bar a segment; the one the sentence names is marked.",
    )


def _price_volume_mix(sheet: Sheet, story: Story) -> None:
    measure = story.comparison.measure
    quantity = next(
        (n for n in story.reading.measures if QUANTITY.search(n) and n != measure), None
    )
    if quantity is None or not MONEY.search(measure) or not story.reading.dimensions:
        return
    dimension = _kind_of_goods(story)
    query = sheet.ask(
        f"Change of {spoken(measure)} by volume, mix and price",
        story.comparison.price_volume_mix(quantity, dimension),
    )
    row = sheet.rows(query)[0]
    if any(row[name] is None for name in ("volume", "mix", "price")):
        return
    figures = {
        name: _number(story, f"change by {name}", query, name, sign=True)
        for name in ("volume", "mix", "price")
    }
    figures["change"] = _number(story, "change", query, "change", sign=True)
    sheet.finding(
        key_of("split", measure),
        "Of the change of {change}, {volume} is volume, {mix} is mix and {price} is price",
        details=[
            (
                "Volume: {quantity} at the old average price. Mix: another blend of {dimension}. "
                "Price: what one of each brought."
            )
        ],
        figures=figures,
        names=story.names | {"quantity": spoken(quantity), "dimension": spoken(dimension)},
        weight=0.45,
    )


def _kind_of_goods(story: Story) -> str:
    names = list(story.reading.dimensions)
    for name in names:
        if re.search(r"product|item|category|sku|model", name, re.IGNORECASE):
            return name
    return story.dimension or names[0]
