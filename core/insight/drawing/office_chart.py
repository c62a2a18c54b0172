"""Charts of a deck as native, editable PPTX charts with the grid's own numbers as their data."""

from __future__ import annotations

from typing import Any

from core.insight.drawing.marks import FEW, Plot, extent, steps, ticks, words
from core.insight.drawing.office import clean

LABELS_MAX = 8  # along the bottom
LABELLED_MAX = 8  # columns that have room for their values
FORMULA = ("=", "{=", "http:", "https:", "ftp:", "mailto:", "internal:", "external:")


def place_chart(placeholder: Any, drawn: Plot) -> Any:
    """The plot drawn into a chart placeholder; returns the graphic frame."""
    from pptx.enum.chart import XL_CHART_TYPE as KIND

    kinds = {
        "bar": KIND.BAR_CLUSTERED,
        "waterfall": KIND.BAR_STACKED,
        "line": KIND.LINE,
        "scatter": KIND.XY_SCATTER,
        "histogram": KIND.COLUMN_CLUSTERED,
        "columns": KIND.COLUMN_CLUSTERED,
    }
    data = DATA.get(drawn.kind, _categories)(drawn)
    frame = placeholder.insert_chart(kinds[drawn.kind], data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(drawn.alt))  # noqa: SLF001
    chart = frame.chart
    _frame(chart, drawn)
    STYLE[drawn.kind](chart, drawn)
    return frame


def safe(text: Any) -> str:
    """A text that the embedded workbook keeps as text: no formula, link or control character."""
    made = clean(text)[:255]
    return f"'{made}" if made.lstrip().lower().startswith(FORMULA) else made


def number_format(drawn: Plot) -> str:
    """How the chart's own labels are written; the workbook keeps all digits."""
    sizes = [abs(v) for one in drawn.series for v in one.values if v is not None]
    most = max(sizes, default=0)
    whole = all(size == int(size) for size in sizes)
    if most >= 1e6:
        body = '#,##0.00,,"M"'
    elif whole or most >= 1_000:
        body = "#,##0"
    else:
        body = "0.0" if most >= 10 else "0.00"
    body += '"%"' if drawn.unit == "%" else ""
    return f"{body};\u2212{body};0"


def _categories(drawn: Plot) -> Any:
    from pptx.chart.data import CategoryChartData

    data = CategoryChartData(number_format="General")
    data.categories = [safe(label) for label in drawn.labels]
    for one in drawn.series:
        data.add_series(safe(one.name), one.values)
    return data


def _points(drawn: Plot) -> Any:
    from pptx.chart.data import XyChartData

    data = XyChartData(number_format="General")
    for one in drawn.series:
        series = data.add_series(safe(one.name))
        for i, (x, y) in enumerate(zip(drawn.x, one.values, strict=True)):
            if y is not None:
                series.add_data_point(x if drawn.x_kind == "number" else i, y)
    return data


def _floating(drawn: Plot) -> Any:
    """Level, change and the invisible bar below it, as three stacked series."""
    from pptx.chart.data import CategoryChartData

    made = steps(drawn)
    data = CategoryChartData(number_format="General")
    data.categories = [safe(one.label) for one in made]
    data.add_series("Start", [0 if s.kind == "total" else min(s.start, s.end) for s in made])
    data.add_series("Level", [s.end if s.kind == "total" else None for s in made])
    name = safe(drawn.series[0].name)
    data.add_series(name, [None if s.kind == "total" else abs(s.end - s.start) for s in made])
    return data


def _frame(chart: Any, drawn: Plot) -> None:
    """Letters, legend and title as everywhere: none where the marks say it themselves."""
    from pptx.enum.chart import XL_LEGEND_POSITION
    from pptx.enum.dml import MSO_THEME_COLOR as THEME
    from pptx.util import Pt

    chart.font.size = Pt(12)
    chart.font.color.theme_color = THEME.TEXT_2
    chart.has_title = True
    title = chart.chart_title.text_frame
    title.text = clean(drawn.title)
    run = title.paragraphs[0].runs[0] if title.paragraphs[0].runs else title.paragraphs[0].add_run()
    run.font.size, run.font.bold = Pt(12), True
    run.font.color.theme_color = THEME.TEXT_1
    chart.has_legend = len(drawn.series) > 1
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False


def _bars(chart: Any, drawn: Plot) -> None:
    """Values stand at the bars' ends; there is no value axis to look across to."""
    from pptx.enum.chart import XL_LABEL_POSITION

    _no_values(chart, drawn)
    plot = chart.plots[0]
    plot.gap_width = 55
    plot.overlap = -10
    _labels(plot, drawn, XL_LABEL_POSITION.OUTSIDE_END)
    for j, series in enumerate(plot.series):
        series.invert_if_negative = False
        _paint(series.format.fill, j if len(drawn.series) > 1 or not drawn.emphasised else None)
    _highlight(plot.series[0], drawn)


def _waterfall(chart: Any, drawn: Plot) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION
    from pptx.enum.dml import MSO_THEME_COLOR as THEME

    _no_values(chart, drawn)
    chart.has_legend = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    start, level, change = plot.series
    start.format.fill.background()
    level.format.fill.solid()
    level.format.fill.fore_color.theme_color = THEME.TEXT_2
    _paint(change.format.fill, None if drawn.hot else 0)
    bars = steps(drawn)
    most = max((abs(one.end - one.start) for one in bars), default=0.0)
    for i, one in enumerate(bars):
        series = level if one.kind == "total" else change
        point = series.points[i]
        if i in drawn.hot and one.kind != "total":
            _paint(point.format.fill, 0)
        size = abs(one.end - one.start)
        inside = size > 0.2 * most and (one.kind == "total" or i in drawn.hot or not drawn.hot)
        _say(point, one.text, XL_LABEL_POSITION.CENTER, light=inside)


def _lines(chart: Any, drawn: Plot) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION, XL_MARKER_STYLE
    from pptx.util import Pt

    _grid(chart, drawn)
    for j, series in enumerate(chart.plots[0].series):
        series.smooth = False
        series.format.line.width = Pt(2.25)
        _paint(series.format.line.fill, j)
        series.marker.style = XL_MARKER_STYLE.NONE
        for i in drawn.hot:
            point = series.points[i]
            point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 8
            _paint(point.marker.format.fill, j)
            if len(drawn.series) == 1:
                _say(point, drawn.series[0].texts[i], XL_LABEL_POSITION.ABOVE)


def _scatter(chart: Any, drawn: Plot) -> None:
    from pptx.enum.chart import XL_MARKER_STYLE

    _grid(chart, drawn)
    for j, series in enumerate(chart.plots[0].series):
        series.format.line.fill.background()
        series.marker.style = XL_MARKER_STYLE.CIRCLE
        series.marker.size = 5 if len(drawn.labels) > FEW else 9
        _paint(series.marker.format.fill, j)
        series.marker.format.line.fill.background()
    _name(chart.category_axis, drawn.x_name)
    _name(chart.value_axis, drawn.series[0].name)


def _histogram(chart: Any, drawn: Plot) -> None:
    _grid(chart, drawn)
    plot = chart.plots[0]
    plot.gap_width = 4
    _paint(plot.series[0].format.fill, None if drawn.emphasised else 0)
    _highlight(plot.series[0], drawn)
    _name(chart.category_axis, drawn.x_name)


def _columns(chart: Any, drawn: Plot) -> None:
    """Periods side by side; few enough carry their values."""
    from pptx.enum.chart import XL_LABEL_POSITION

    _grid(chart, drawn)
    plot = chart.plots[0]
    plot.gap_width = 55
    _paint(plot.series[0].format.fill, None if drawn.emphasised else 0)
    _highlight(plot.series[0], drawn)
    if len(drawn.labels) <= LABELLED_MAX:
        _labels(plot, drawn, XL_LABEL_POSITION.OUTSIDE_END)
        chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
        return
    for i in drawn.hot:
        _say(plot.series[0].points[i], drawn.series[0].texts[i], XL_LABEL_POSITION.OUTSIDE_END)


def _highlight(series: Any, drawn: Plot) -> None:
    if len(drawn.series) == 1 and drawn.emphasised:
        for i in drawn.hot:
            _paint(series.points[i].format.fill, 0)


def _say(point: Any, text: str, position: Any, *, light: bool = False) -> None:
    """A mark's value beside or on it, as it is written everywhere else."""
    from pptx.enum.dml import MSO_THEME_COLOR as THEME

    frame = point.data_label.text_frame
    frame.text = clean(text)
    frame.paragraphs[0].runs[0].font.color.theme_color = (
        THEME.BACKGROUND_1 if light else THEME.TEXT_1
    )
    point.data_label.position = position


def _labels(plot: Any, drawn: Plot, position: Any) -> None:
    from pptx.enum.dml import MSO_THEME_COLOR as THEME
    from pptx.util import Pt

    plot.has_data_labels = True
    labels = plot.data_labels
    labels.show_value = True
    labels.number_format, labels.number_format_is_linked = number_format(drawn), False
    labels.position = position
    labels.font.size = Pt(12)
    labels.font.color.theme_color = THEME.TEXT_1


def _no_values(chart: Any, drawn: Plot) -> None:
    """Categories from the top down, no value axis, no grid, room for the values at the ends."""
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK

    value, category = chart.value_axis, chart.category_axis
    value.visible = value.has_major_gridlines = False
    category.reverse_order = True
    category.has_major_gridlines = False
    category.major_tick_mark = XL_TICK_MARK.NONE
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    _quiet(category.format.line)
    if drawn.kind == "bar":
        low, high = extent([v for one in drawn.series for v in one.values], zero=True)
        air = (high - low or 1.0) * 0.2
        value.minimum_scale, value.maximum_scale = low - air * (low < 0), high + air * (high > 0)


def _sparse(axis: Any, count: int) -> None:
    """Of many labels along the bottom only some stand."""
    every = -(-count // LABELS_MAX)
    if every < 2:
        return
    for name in ("c:tickLblSkip", "c:tickMarkSkip"):
        mark = axis._element.makeelement(_tag(name), {"val": str(every)})  # noqa: SLF001
        after = axis._element.find(_tag("c:noMultiLvlLbl"))  # noqa: SLF001
        if after is None:
            axis._element.append(mark)  # noqa: SLF001
        else:
            after.addprevious(mark)


def _tag(name: str) -> str:
    from pptx.oxml.ns import qn

    return qn(name)


def _grid(chart: Any, drawn: Plot) -> None:
    """Few faint grid lines behind, no axis lines."""
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    value, category = chart.value_axis, chart.category_axis
    value.has_major_gridlines = True
    _quiet(value.major_gridlines.format.line)
    value.major_gridlines.format.line.fill.fore_color.brightness = 0.5
    value.major_gridlines.format.line.width = Pt(0.5)
    zero = drawn.kind in {"histogram", "columns"}
    marks = ticks(*extent([v for one in drawn.series for v in one.values], zero=zero))
    value.minimum_scale, value.maximum_scale = marks[0], marks[-1]
    value.major_unit = marks[1] - marks[0]
    value.format.line.fill.background()
    value.major_tick_mark = category.major_tick_mark = XL_TICK_MARK.NONE
    labels = value.tick_labels
    labels.number_format, labels.number_format_is_linked = _tick_format(drawn, marks), False
    category.has_major_gridlines = False
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    _quiet(category.format.line)
    if drawn.kind != "scatter":
        _sparse(category, len(drawn.labels))


def _tick_format(drawn: Plot, marks: list[float]) -> str:
    """Ticks need the digits of their step, no more."""
    if all(mark == int(mark) for mark in marks) and max(map(abs, marks)) < 1e6:
        return '#,##0"%"' if drawn.unit == "%" else "#,##0"
    return number_format(drawn)


def _name(axis: Any, name: str) -> None:
    """The axis says what it measures, unless its name says nothing."""
    from pptx.util import Pt

    if len(name) < 2:
        return
    axis.has_title = True
    axis.axis_title.text_frame.text = clean(words(name))
    paragraph = axis.axis_title.text_frame.paragraphs[0]
    paragraph.font.size, paragraph.font.bold = Pt(12), False


def _paint(fill: Any, series: int | None) -> None:
    """The colour of a series, by theme slot; None is "not the point"."""
    from pptx.enum.dml import MSO_THEME_COLOR as THEME

    slots = [THEME.ACCENT_1, THEME.ACCENT_2, THEME.ACCENT_3, THEME.ACCENT_4, THEME.ACCENT_5]
    fill.solid()
    fill.fore_color.theme_color = THEME.ACCENT_6 if series is None else slots[series % len(slots)]


def _quiet(line: Any) -> None:
    from pptx.enum.dml import MSO_THEME_COLOR as THEME

    line.fill.solid()
    line.fill.fore_color.theme_color = THEME.ACCENT_6


DATA = {"scatter": _points, "waterfall": _floating}
STYLE = {
    "bar": _bars,
    "waterfall": _waterfall,
    "line": _lines,
    "scatter": _scatter,
    "histogram": _histogram,
    "columns": _columns,
}
