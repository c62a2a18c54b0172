"""Charts of decks in one style: Plotly figures of the same marks that SVG and PPTX draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.insight.drawing.marks import FEW, Plot, plot, steps
from core.insight.drawing.palette import DARK, LIGHT, SANS, Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.tools.evidence import Chart, Grid

CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "responsive": True}
ROW_PX, PLAIN_PX = 34, 300
LETTER_PX = 7.2


def draw(chart: Chart, grid: Grid, *, key: str) -> None:
    """The chart stands on the page in the page's mode, with its words for screen readers."""
    dark = st.context.theme.type == "dark"
    made = figure(chart, grid, dark=dark)
    st.plotly_chart(made, theme=None, config=CONFIG, key=key, alt=alt(chart, grid))


def figure(chart: Chart, grid: Grid, *, dark: bool = False) -> go.Figure:
    """The chart as a Plotly figure; its `layout.meta["alt"]` says what it shows."""
    import plotly.graph_objects as go

    drawn = plot(chart, grid)
    tones = DARK if dark else LIGHT
    made = go.Figure(layout=_layout(drawn, tones))
    TRACES[drawn.kind](made, drawn, tones)
    return made


def alt(chart: Chart, grid: Grid) -> str:
    """What the chart shows, for people who cannot see it, with the values it draws."""
    drawn = plot(chart, grid)
    rows = [
        f"{name}: {', '.join(one.texts[i] for one in drawn.series)}"
        for i, name in enumerate(drawn.labels[:12])
    ]
    return f"{drawn.alt}. {'; '.join(rows)}."


def _layout(drawn: Plot, tones: Palette) -> dict[str, Any]:
    axis = {
        "showline": False,
        "ticks": "",
        "zeroline": False,
        "gridcolor": tones.faint,
        "tickfont": {"color": tones.quiet},
        "automargin": True,
        "fixedrange": True,
        "nticks": 5,
    }
    flat = drawn.kind in {"bar", "waterfall"}
    count = len(drawn.labels) * (1 if len(drawn.series) < 2 else 0.75 * len(drawn.series))
    named = drawn.kind == "scatter" and len(drawn.x_name) > 1
    quiet = {"showgrid": False, "showticklabels": False} if flat else {"showgrid": False}
    x: dict[str, Any] = {**axis, **quiet}
    y: dict[str, Any] = {**axis, "showgrid": not flat}
    if flat:
        y |= {"autorange": "reversed", "type": "category", "ticksuffix": "  "}
    elif drawn.x_kind == "category":
        x |= {"type": "category"}
    if named:
        x |= {"title": {"text": drawn.x_name, "font": {"size": 12, "color": tones.quiet}}}
        y |= {"title": {"text": drawn.series[0].name, "font": {"size": 12, "color": tones.quiet}}}
    if drawn.unit == "%":
        (x if flat else y)["ticksuffix"] = "%"
    many = len(drawn.series) > 1
    return {
        "font": {"family": SANS, "size": 13, "color": tones.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": _room(drawn), "t": 28 if many and flat else 10, "b": 8},
        "height": max(120, round(ROW_PX * count + 24)) if flat else PLAIN_PX,
        "showlegend": many and drawn.kind != "line",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified" if drawn.kind == "line" else "closest",
        "hoverlabel": {"font": {"family": SANS, "size": 12}},
        "bargap": 0.04 if drawn.kind == "histogram" else 0.42,
        "bargroupgap": 0.12,
        "colorway": list(tones.series),
        "meta": {"alt": drawn.alt},
        "xaxis": x,
        "yaxis": y,
        "separators": ".,",
    }


def _room(drawn: Plot) -> int:
    """Space right of the marks for what stands there: names of lines."""
    if drawn.kind != "line" or len(drawn.series) < 2:
        return 16
    return round(max(len(one.name) for one in drawn.series) * LETTER_PX) + 16


def _bars(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    many = len(drawn.series) > 1
    for j, one in enumerate(drawn.series):
        colours = [
            tones.accent if i in drawn.hot or not drawn.emphasised else tones.rest
            for i in range(len(drawn.labels))
        ]
        made.add_bar(
            orientation="h",
            y=drawn.labels,
            x=one.values,
            text=one.texts,
            name=one.name,
            marker={"color": tones.series[j % 6] if many else colours, "cornerradius": 2},
            **_beside(tones),
        )
    _widen(made, [v for one in drawn.series for v in one.values if v is not None], tones)


def _waterfall(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    bars = steps(drawn)
    colours = [
        tones.quiet
        if i in drawn.totals
        else tones.accent
        if i in drawn.hot or not drawn.hot
        else tones.rest
        for i in range(len(bars))
    ]
    made.add_bar(
        orientation="h",
        y=[one.label for one in bars],
        x=[one.end - one.start for one in bars],
        base=[one.start for one in bars],
        text=[one.text for one in bars],
        marker={"color": colours, "cornerradius": 2},
        **_beside(tones),
    )
    _widen(made, [v for one in bars for v in (one.start, one.end)], tones)


def _lines(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    many = len(drawn.series) > 1
    for j, one in enumerate(drawn.series):
        colour = tones.series[j % 6]
        made.add_scatter(
            x=drawn.x if drawn.x_kind != "category" else drawn.labels,
            y=one.values,
            text=one.texts,
            name=one.name,
            mode="lines",
            line={"color": colour, "width": 2.5},
            connectgaps=False,
            hovertemplate="%{text}",
        )
        seen = [i for i, value in enumerate(one.values) if value is not None]
        if many and seen:
            made.add_annotation(
                x=drawn.x[seen[-1]],
                y=one.values[seen[-1]],
                text=one.name,
                showarrow=False,
                xanchor="left",
                xshift=6,
                font={"color": colour if j == 0 else tones.ink, "size": 12},
            )
        marked = [i for i in seen if i in drawn.hot]
        if marked:
            made.add_scatter(
                x=[drawn.x[i] for i in marked],
                y=[one.values[i] for i in marked],
                text=[one.texts[i] for i in marked],
                mode="markers" if many else "markers+text",
                textposition="top center",
                marker={"color": colour, "size": 8},
                hoverinfo="skip",
                cliponaxis=False,
                showlegend=False,
            )


def _scatter(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    size = 6 if len(drawn.labels) > FEW else 10
    for j, one in enumerate(drawn.series):
        colours = [
            tones.accent if i in drawn.hot or not drawn.emphasised else tones.rest
            for i in range(len(drawn.labels))
        ]
        made.add_scatter(
            x=drawn.x,
            y=one.values,
            name=one.name,
            mode="markers",
            marker={
                "color": colours if not j else tones.series[j % 6],
                "size": size,
                "opacity": 0.55,
            },
        )


def _columns(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    """Periods side by side; the marked ones carry their values."""
    _histogram(made, drawn, tones)
    one = drawn.series[0]
    shown = [text if i in drawn.hot else "" for i, text in enumerate(one.texts)]
    made.update_traces(text=shown, textposition="outside", constraintext="none", cliponaxis=False)


def _histogram(made: go.Figure, drawn: Plot, tones: Palette) -> None:
    one = drawn.series[0]
    colours = [
        tones.accent if i in drawn.hot or not drawn.emphasised else tones.rest
        for i in range(len(drawn.labels))
    ]
    made.add_bar(
        x=drawn.labels,
        y=one.values,
        hovertext=one.texts,
        hovertemplate="%{x}: %{hovertext}<extra></extra>",
        marker={"color": colours},
    )
    made.update_xaxes(type="category")


def _beside(tones: Palette) -> dict[str, Any]:
    """Values at the end of the bars, and in the hover as they are written."""
    return {
        "textposition": "outside",
        "constraintext": "none",
        "textfont": {"color": tones.ink, "size": 13},
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }


def _widen(made: go.Figure, values: list[float], tones: Palette) -> None:
    """Room for the values beside the longest bars."""
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    made.update_xaxes(range=[low - (0.22 * span if low < 0 else 0), high + 0.22 * span])
    if low < 0:
        made.add_vline(x=0, line_width=1, line_color=tones.rest)


TRACES = {
    "bar": _bars,
    "waterfall": _waterfall,
    "line": _lines,
    "scatter": _scatter,
    "histogram": _histogram,
    "columns": _columns,
}
