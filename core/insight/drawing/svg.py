"""Charts as SVG text, drawn by us from the deck's own rows. Colours are classes of the page.

Classes: t text, v value, e emphasised text, g grid line, z zero line, a accent, r rest,
q quiet (levels), s0..s5 series; each also as a stroke with `k`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

from core.insight.drawing.marks import FEW, Plot, extent, short, steps, ticks

GLYPH = 6.9  # width of a 13 px letter; generous, so that labels never touch
ROW, BAR = 30.0, 17.0
SERIES_MAX = 6


def svg(drawn: Plot, width: int = 720) -> str:
    """The picture, `width` units wide; text is 13 units high at any width."""
    body, height = DRAW[drawn.kind](drawn, float(width))
    alt = escape(drawn.alt)
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{alt}">'
        f"<title>{alt}</title>{body}</svg>"
    )


def _bars(drawn: Plot, width: float) -> tuple[str, float]:
    """Horizontal bars from zero, the value at the end, no axis to look across to."""
    spans = [
        (name, [(0.0, one.values[i], one.texts[i]) for one in drawn.series])
        for i, name in enumerate(drawn.labels)
    ]

    def colour(row: int, column: int) -> str:
        if len(drawn.series) > 1:
            return f"s{min(column, SERIES_MAX - 1)}"
        return "a" if row in drawn.hot or not drawn.emphasised else "r"

    return _rows(drawn, spans, colour, width)


def _waterfall(drawn: Plot, width: float) -> tuple[str, float]:
    """Horizontal bars that start where the one above ended."""
    made = steps(drawn)
    spans = [(one.label, [(one.start, one.end, one.text)]) for one in made]

    def colour(row: int, _: int) -> str:
        if row in drawn.totals:
            return "q"
        return "a" if row in drawn.hot or not drawn.hot else "r"

    return _rows(drawn, spans, colour, width)


def _rows(
    drawn: Plot,
    spans: Sequence[tuple[str, Sequence[tuple[float, float | None, str]]]],
    colour: Callable[[int, int], str],
    width: float,
) -> tuple[str, float]:
    texts = [text for _, bars in spans for _, _, text in bars]
    left = min(width * 0.36, max((len(name) for name, _ in spans), default=4) * GLYPH + 18)
    right = max((len(text) for text in texts), default=3) * GLYPH + 10
    low, high = extent([v for _, bars in spans for s, e, _ in bars for v in (s, e)], zero=True)
    # a value of a bar that goes down stands left of it, where there is room for it
    below = right if low < 0 else 0.0
    room, span = width - left - right - below, (high - low) or 1.0

    def at(value: float) -> float:
        return left + below + (value - low) / span * room

    count = len(drawn.series)
    top = 26.0 if count > 1 else 4.0
    row = ROW if count == 1 else count * (BAR + 3) + 12
    out = [_key(drawn, left + below)] if count > 1 else []
    for i, (name, bars) in enumerate(spans):
        y = top + i * row
        out.append(
            _text(
                left - 10,
                y + row / 2 + 4.5,
                _fit(name, left - 13),
                "e" if i in drawn.hot else "t",
                "end",
            )
        )
        for j, (start, end, text) in enumerate(bars):
            if end is None:
                continue
            by = y + (row - count * (BAR + 3)) / 2 + j * (BAR + 3) + 1.5
            x, wide = at(min(start, end)), abs(end - start) / span * room
            out.append(_rect(x, by, max(wide, 1), BAR, colour(i, j), round=True))
            out.append(
                _text(x - 6, by + 13, text, "v", "end")
                if end < start
                else _text(x + wide + 6, by + 13, text, "v")
            )
    height = top + len(spans) * row + 4
    if low < 0:
        out.append(_line(at(0), top, at(0), height - 4, "z"))
    return "".join(out), height


def _lines(drawn: Plot, width: float) -> tuple[str, float]:
    """Lines over time, named at their end; few grid lines, no legend."""
    frame = Frame(drawn, width, zero=False)
    out = frame.grid()
    many = len(drawn.series) > 1
    for j, one in enumerate(drawn.series[:SERIES_MAX]):
        ink = f"s{j}" if many else "a"
        points = [None if v is None else (frame.x(i), frame.y(v)) for i, v in enumerate(one.values)]
        out.append(f'<path d="{_path(points)}" class="k {ink}"/>')
        for i in drawn.hot:
            if i < len(points) and (spot := points[i]):
                out.append(_dot(*spot, 4, ink))
                if not many:
                    end = "end" if spot[0] > width * 0.7 else "middle" if i else "start"
                    out.append(_text(spot[0], spot[1] - 10, one.texts[i], "e", end))
        last = next((spot for spot in reversed(points) if spot), None)
        if many and last:
            out.append(_text(last[0] + 7, last[1] + 4, one.name, f"n{j}"))
    return "".join(out), frame.height


def _scatter(drawn: Plot, width: float) -> tuple[str, float]:
    """Points; both axes are named, unless the names say nothing."""
    frame = Frame(drawn, width, zero=False)
    radius = 3 if len(drawn.labels) > FEW else 5
    out = frame.grid()
    for j, one in enumerate(drawn.series[:SERIES_MAX]):
        for i, value in enumerate(one.values):
            if value is not None:
                hot = "a" if not j and (i in drawn.hot or not drawn.emphasised) else "r"
                ink = f"s{j}" if j else hot
                out.append(_dot(frame.x(i), frame.y(value), radius, f"p {ink}"))
    if len(drawn.series[0].name) > 1:
        out.append(_text(frame.left, 12, drawn.series[0].name, "t"))
    if len(drawn.x_name) > 1:
        out.append(_text(width - 8, frame.height - 2, drawn.x_name, "t", "end"))
    return "".join(out), frame.height + 4


def _histogram(drawn: Plot, width: float, gap: float = 0.0) -> tuple[str, float]:
    """Columns over bins; they touch."""
    frame = Frame(drawn, width, zero=True, columns=True)
    out = frame.grid()
    step = frame.wide / max(1, len(drawn.labels))
    gap = max(1.0, gap * step)
    one = drawn.series[0]
    for i, value in enumerate(one.values):
        if value is not None:
            top, base = sorted((frame.y(value), frame.y(0.0)))
            ink = "a" if i in drawn.hot or not drawn.emphasised else "r"
            x = frame.left + i * step + gap / 2
            out.append(_rect(x, top, max(step - gap, 1), max(base - top, 0.5), ink))
            if drawn.emphasised and i in drawn.hot:
                out.append(_centred(frame, frame.x(i), top - 7, one.texts[i]))
    return "".join(out), frame.height


def _columns(drawn: Plot, width: float) -> tuple[str, float]:
    """Columns over periods, with air between them."""
    return _histogram(drawn, width, gap=0.34)


def _centred(frame: Frame, x: float, y: float, text: str) -> str:
    """A value over its mark, kept inside the picture."""
    half = len(text) * GLYPH / 2
    return _text(min(max(x, half), frame.width - half), y, text, "e", "middle")


class Frame:
    """The axes of a picture with a horizontal x: where values stand, and the grid behind them."""

    def __init__(self, drawn: Plot, width: float, *, zero: bool, columns: bool = False) -> None:
        self.drawn, self.width, self.columns = drawn, width, columns
        values = [v for one in drawn.series for v in one.values]
        low, high = extent(values, zero=zero)
        if not zero and 0 <= low < 0.35 * high:  # near enough to zero to show it
            low = 0.0
        self.marks = ticks(low, high)
        self.low, self.high = self.marks[0], self.marks[-1]
        self.height = 300.0 if width > 500 else 250.0
        names = [len(short(mark, drawn.unit)) for mark in self.marks]
        self.left = max(names) * GLYPH + 14
        many = len(drawn.series) > 1 and drawn.kind == "line"
        self.right = (
            min(width * 0.3, max(len(s.name) for s in drawn.series) * GLYPH + 14) if many else 18
        )
        self.wide = width - self.left - self.right
        self.places = _places(drawn)

    def x(self, i: int) -> float:
        """Where the row with this position stands."""
        if self.columns:
            return self.left + (i + 0.5) * self.wide / max(1, len(self.drawn.labels))
        return self._along(self.places[i])

    def _along(self, place: float) -> float:
        """A distance along x; points keep off the edges."""
        first, last = min(self.places), max(self.places)
        edge = 10.0 if self.drawn.kind == "scatter" else 0.0
        part = (place - first) / ((last - first) or 1.0)
        return self.left + edge + part * (self.wide - 2 * edge)

    def y(self, value: float) -> float:
        """Where the value stands."""
        top, bottom = 24.0, self.height - 30
        return bottom - (value - self.low) / ((self.high - self.low) or 1.0) * (bottom - top)

    def grid(self) -> list[str]:
        """Grid lines, value labels and some of the x labels."""
        out = []
        for mark in self.marks:
            y = self.y(mark)
            out.append(_line(self.left, y, self.width - self.right, y, "z" if mark == 0 else "g"))
            out.append(_text(self.left - 8, y + 4, short(mark, self.drawn.unit), "t", "end"))
        return out + self._x_labels()

    def _x_labels(self) -> list[str]:
        labels = self.drawn.labels
        if self.drawn.kind == "scatter":
            return self._x_numbers()
        longest = max((len(text) for text in labels), default=1) * GLYPH + 16
        fits = max(2, int(self.wide // longest))
        every = max(1, -(-len(labels) // fits))
        out = []
        for i in range(0, len(labels), every):
            x = self.x(i)
            half = len(labels[i]) * GLYPH / 2
            anchor = "start" if x - half < 0 else "end" if x + half > self.width else "middle"
            out.append(_text(x, self.height - 8, labels[i], "t", anchor))
        return out

    def _x_numbers(self) -> list[str]:
        low, high = min(self.places), max(self.places)
        marks = [mark for mark in ticks(low, high, 5) if low <= mark <= high]
        y = self.height - 14
        return [_text(self._along(mark), y, short(mark), "t", "middle") for mark in marks]


def _places(drawn: Plot) -> list[float]:
    """Distances along x: numbers and dates to scale, categories evenly."""
    if drawn.x_kind == "number":
        return [float(value) for value in drawn.x] or [0.0]
    if drawn.x_kind == "date":
        try:
            return [_seconds(value) for value in drawn.x]
        except ValueError:
            pass  # 2024-13: dates by their look only; evenly, then
    return [float(i) for i in range(max(1, len(drawn.labels)))]


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text if len(text) > 7 else f"{text}-01")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _path(points: list[tuple[float, float] | None]) -> str:
    """Line segments; a gap where a value is missing."""
    out, pen = [], "M"
    for spot in points:
        if spot is None:
            pen = "M"
        else:
            out.append(f"{pen}{spot[0]:.1f} {spot[1]:.1f}")
            pen = "L"
    return "".join(out)


def _key(drawn: Plot, x: float) -> str:
    out = []
    for j, one in enumerate(drawn.series[:SERIES_MAX]):
        out.append(_rect(x, 5, 10, 10, f"s{j}", round=True))
        out.append(_text(x + 15, 14.5, one.name, "t"))
        x += 15 + len(one.name) * GLYPH + 18
    return "".join(out)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _rect(x: float, y: float, wide: float, high: float, kind: str, *, round: bool = False) -> str:
    corner = ' rx="2"' if round else ""
    size = f'width="{wide:.1f}" height="{high:.1f}"{corner}'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} class="{kind}"/>'


def _dot(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{kind}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _fit(text: str, room: float) -> str:
    letters = max(3, int(room // GLYPH))
    return text if len(text) <= letters else text[: letters - 1] + "…"


DRAW: dict[str, Callable[[Plot, float], tuple[str, float]]] = {
    "bar": _bars,
    "waterfall": _waterfall,
    "line": _lines,
    "scatter": _scatter,
    "histogram": _histogram,
    "columns": _columns,
}
