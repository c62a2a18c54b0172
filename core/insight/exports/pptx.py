"""PPTX with native editable charts, real layouts, and the evidence in the speaker notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from core.insight.claims import write, write_q
from core.insight.drawing import office
from core.insight.drawing.marks import plot
from core.insight.drawing.office_chart import place_chart
from core.insight.drawing.zips import still
from core.insight.export import export
from core.insight.render import plain, plain_title, receipt_line, references
from core.insight.slides import Deck, Slide, listed, read_with
from core.storage.blobs import Blobs

MEDIA = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
SIZES = ((100, 0), (150, 24), (220, 20), (400, 16), (10_000_000, 12))  # letters, points
LINE_LETTERS = 25  # what the half-empty last line of a paragraph costs
CROWDS = ((20, 0), (30, 14), (45, 12), (10_000_000, 10))  # letters per square inch, points
LINES_MAX = 9  # of a table on a slide; the HTML and the pack hold all
KICKERS = {
    "title": "Question",
    "summary": "Answer",
    "finding": "Finding",
    "description": "Description",
    "method": "Method",
    "appendix": "Appendix",
}


@export("pptx", "PowerPoint", MEDIA)
def write_pptx(deck: Deck, blobs: Blobs | None = None) -> bytes:  # noqa: ARG001 - a Write
    """The deck as slides. The same deck gives the same bytes."""
    made = office.blank()
    layouts = {layout.name: layout for layout in made.slide_layouts}
    for slide in deck.slides:
        page = made.slides.add_slide(layouts[_layout(slide, deck)])
        _write(page, slide, deck)
        if slide.key in MORE:
            MORE[slide.key](page, deck)
        _drop_empty(page)
        page.notes_slide.notes_text_frame.text = office.clean(notes(slide, deck))
    about = made.core_properties
    about.title, about.author = office.clean(deck.title)[:255], "Lewis Studio"
    about.subject = "Insight deck with evidence"
    about.last_modified_by = "Lewis Studio"
    about.created = about.modified = deck.created_at.replace(tzinfo=None)
    about.revision = 1
    out = io.BytesIO()
    made.save(out)
    return still(out.getvalue(), deck.created_at)


def notes(slide: Slide, deck: Deck) -> str:
    """What the speaker may be asked: each number's query, its hash, and the receipt."""
    lines: list[str] = []
    if slide.receipt:
        lines += [receipt_line(slide.receipt), ""]
    told: set[str] = set()
    for id in dict.fromkeys(_claims(slide, deck)):
        claim = deck.claims[id]
        asked = deck.queries[claim.evidence.query]
        lines.append(f"{claim.text}: {claim.label} [{id}, query {claim.evidence.query}]")
        if claim.evidence.query not in told:
            told.add(claim.evidence.query)
            lines += [f"Query {claim.evidence.query}, SHA-256 {asked.sql_hash}:", asked.sql]
            lines += [f"Read from SHA-256 {hash}" for hash in asked.sources]
            lines.append("")
    if slide.chart and slide.query and slide.query not in told:
        asked = deck.queries[slide.query]
        lines += [f"Chart: query {slide.query}, SHA-256 {asked.sql_hash}:", asked.sql]
    return "\n".join(lines).strip()


def _claims(slide: Slide, deck: Deck) -> list[str]:
    return [id for text in slide.texts() for id in references(text) if id in deck.claims]


def _layout(slide: Slide, deck: Deck) -> str:
    if slide.kind == "title":
        return "Question"
    if slide.kind == "summary":
        return "Answer"
    if slide.kind in {"method", "appendix"}:
        return "Table" if slide.key in MORE else "List"
    grid = deck.grid(slide)
    if grid is None or not grid.rows:
        return "Statement"
    return "Finding" if slide.body or slide.caveats else "Picture"


def _write(page: Any, slide: Slide, deck: Deck) -> None:
    """Words and chart into the placeholders."""
    places = {one.placeholder_format.idx: one for one in page.placeholders}
    _headline(page.shapes.title, plain_title(slide, deck))
    kicker = KICKERS[slide.kind]
    if slide.kind == "summary" and deck.method.stopped:
        kicker = "Answer, partial"
    places[office.KICKER].text_frame.text = kicker
    if office.BODY in places:
        _paragraphs(places[office.BODY], [plain(one, deck) for one in slide.body])
    if office.CAVEATS in places:
        _paragraphs(places[office.CAVEATS], [plain(one, deck) for one in slide.caveats], most_pt=12)
    if office.FOOT in places:
        foot = receipt_line(slide.receipt) if slide.receipt else FEET.get(slide.kind, "")
        places[office.FOOT].text_frame.text = office.clean(foot)
    grid = deck.grid(slide)
    if office.CHART in places and slide.chart and grid:
        place_chart(places[office.CHART], plot(slide.chart, grid))


def _headline(place: Any, text: str) -> None:
    """The claim; a long one in smaller letters, because nobody reflows a file that was made."""
    from pptx.util import Pt

    place.text_frame.text = office.clean(text)
    size_pt = next(size for most, size in SIZES if len(text) <= most)
    if size_pt:
        place.text_frame.paragraphs[0].font.size = Pt(size_pt)


def _paragraphs(place: Any, texts: Sequence[str], most_pt: float = 20) -> None:
    """One paragraph a text; many words in smaller letters, so that they end above the foot."""
    from pptx.util import Pt

    frame = place.text_frame
    area = place.width * place.height / office.EMU**2  # square inches
    crowd = sum(len(text) + LINE_LETTERS for text in texts) / area if texts else 0
    size_pt = next(size for most, size in CROWDS if crowd <= most)
    for i, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.text = office.clean(text)
        if size_pt and size_pt < most_pt:
            paragraph.font.size = Pt(size_pt)


def _drop_empty(page: Any) -> None:
    """An unused placeholder would say "click to add text" to whoever edits the slide."""
    for place in list(page.placeholders):
        if place.has_text_frame and not place.text_frame.text.strip():
            place.element.getparent().remove(place.element)


def _files(page: Any, deck: Deck) -> None:
    lines = [f"{one.name}, {write(one.rows)} rows" for one in deck.sources[:4]]
    places = {one.placeholder_format.idx: one for one in page.placeholders}
    _paragraphs(places[office.BODY], [*lines, f"{deck.created_at:%Y-%m-%d}"])


def _method(page: Any, deck: Deck) -> None:
    """Families on the left, what did not stand out on the right."""
    families = [(name, write(count)) for name, count in sorted(deck.method.tests.items())]
    if families:
        _table(page, office.LEFT, 3.05, (2.6, 0.9), [("Family", "Tests"), *families[:LINES_MAX]])
    lines = [(one.label, one.reason, write_q(one.q)) for one in deck.unsupported[:LINES_MAX]]
    if lines:
        head = ("Looked at, not supported", "Why", "q")
        _table(page, office.LEFT + 4.0, 3.05, (2.85, 3.93, 0.85), [head, *lines])


def _data(page: Any, deck: Deck) -> None:
    """The files, their hashes and how they were read."""
    lines = [
        (
            one.name,
            write(one.rows),
            write(len(one.columns)),
            one.hash,
            listed([f"{name} {value}" for name, value in read_with(one) if name in READ], 6),
        )
        for one in deck.sources[:LINES_MAX]
    ]
    head = ("File", "Rows", "Columns", "SHA-256", "Read as")
    _table(page, office.LEFT, 1.75, (2.1, 0.9, 0.9, 5.33, 2.4), [head, *lines])


def _table(
    page: Any, left: float, top: float, widths: Sequence[float], lines: Sequence[Sequence[str]]
) -> None:
    """A quiet table: hairlines only, column widths set, figures to the right."""
    from pptx.util import Inches

    shape = page.shapes.add_table(
        len(lines),
        len(widths),
        Inches(left),
        Inches(top),
        Inches(sum(widths)),
        Inches(0.32 * len(lines)),
    )
    table = shape.table
    _plain_style(shape)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Inches(width)
    for i, line in enumerate(lines):
        for j, text in enumerate(line):
            figure = all(_is_figure(other[j]) for other in lines[1:])
            _cell(table.cell(i, j), text, head=i == 0, figure=figure)


def _cell(cell: Any, text: str, *, head: bool, figure: bool) -> None:
    from pptx.enum.dml import MSO_THEME_COLOR as THEME
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    cell.margin_left, cell.margin_right = Inches(0), Inches(0.15)
    cell.margin_top = cell.margin_bottom = Inches(0.05)
    cell.text_frame.text = office.clean(text)
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if figure else PP_ALIGN.LEFT
    paragraph.font.size = Pt(9 if len(text) == 64 else 11)
    paragraph.font.color.theme_color = THEME.TEXT_2 if head else THEME.TEXT_1


def _plain_style(shape: Any) -> None:
    """The office's own "no style, table grid" without its fills and verticals."""
    properties = shape._element.graphic.graphicData.tbl.tblPr  # noqa: SLF001
    properties.attrib.clear()
    properties.set("firstRow", "1")
    style = properties.find(f"{{{office.NS['a']}}}tableStyleId")
    style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid


def _is_figure(text: str) -> bool:
    return text[:1] in "<+0123456789\u2212" and len(text) < 20


FEET = {
    "description": "Description of the data; not a discovery, not tested",
    "summary": "Every number is read from a query; the queries are in the notes",
}
READ = frozenset({"format", "encoding", "delimiter", "decimal", "date order"})
MORE = {"title": _files, "method": _method, "data": _data}
