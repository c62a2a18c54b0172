"""One HTML file: the deck, the evidence of every number, the receipts. Opens from disk, offline.

It holds no script at all: numbers open their evidence by the browser's own popovers, so the
content policy can forbid everything but this file's own styles, fonts and drawings.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from core.insight.claims import write, write_q
from core.insight.drawing.html import evidence, sentence, table, text
from core.insight.drawing.marks import plot
from core.insight.drawing.palette import FONTS
from core.insight.drawing.svg import svg
from core.insight.export import export
from core.insight.render import plain_title, receipt_line, render, render_title
from core.insight.slides import Deck, Slide, listed, read_with
from core.storage.blobs import Blobs

STYLE = Path(__file__).with_name("deck.css")
FACES = (
    ("Studio Sans", "400", "StudioSans-400.woff2"),
    ("Studio Sans", "600 700", "StudioSans-700.woff2"),
    ("Studio Serif", "600 700", "StudioSerif-600.woff2"),
    ("Studio Mono", "400", "StudioMono-400.woff2"),
)
KICKERS = {
    "title": "Question",
    "summary": "Answer",
    "finding": "Finding",
    "description": "Description",
    "method": "Method",
    "appendix": "Appendix",
}
UNSUPPORTED_MAX = 200


@export("html", "HTML, one file", "text/html")
def write_html(deck: Deck, blobs: Blobs | None = None) -> bytes:  # noqa: ARG001 - a Write
    """The deck as one self-contained page."""
    numbers = {id: f"c{i}" for i, id in enumerate(deck.claims, 1)}
    anchors = {slide.key: f"s{i}" for i, slide in enumerate(deck.slides, 1)}
    links = "".join(
        f'<li><a href="#{anchors[one.key]}">{text(_short(plain_title(one, deck)))}</a></li>'
        for one in deck.slides[1:]
    )
    slides = "".join(_section(one, deck, anchors[one.key], numbers) for one in deck.slides)
    sheets = "".join(evidence(deck, deck.claims[id], numbers[id]) for id in numbers)
    css = stylesheet()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="generator" content="Lewis Studio">'
        f"<title>{text(deck.title)}</title><style>{css}</style></head><body>"
        '<a class="skip" href="#s1">Skip to the deck</a><div class="page">'
        f'<nav aria-label="Slides"><b>Insight Lab</b><ol>{links}</ol></nav>'
        f"<main>{slides}<footer>Underlined numbers open their query, rows and receipt. "
        f"Made {deck.created_at:%Y-%m-%d %H:%M} UTC.</footer>"
        f"{sheets}</main></div></body></html>"
    )
    return page.encode()


@cache
def stylesheet() -> str:
    """The page's styles with the fonts inside."""
    faces = [
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: swap; '
        f"src: url(data:font/woff2;base64,{base64.b64encode(file.read_bytes()).decode()}) "
        'format("woff2"); }'
        for family, weight, name in FACES
        if (file := FONTS / name).exists()
    ]
    return "\n".join([*faces, STYLE.read_text(encoding="utf-8")])


def _section(slide: Slide, deck: Deck, id: str, numbers: dict[str, str]) -> str:
    """One slide."""
    level = "h1" if slide.kind == "title" else "h2"
    plain = "plain" if slide.kind in {"method", "appendix"} else slide.kind
    body = "".join(f"<p>{sentence(render(one, deck), numbers)}</p>" for one in slide.body)
    caveats = "".join(f"<li>{sentence(render(one, deck), numbers)}</li>" for one in slide.caveats)
    parts = [
        f'<section id="{id}" class="{plain}" aria-labelledby="{id}t">{_kicker(slide, deck)}',
        f'<{level} id="{id}t">{sentence(render_title(slide, deck), numbers)}</{level}>{body}',
        _figure(slide, deck),
        f'<ul class="caveats">{caveats}</ul>' if caveats else "",
        f'<p class="receipt">{text(receipt_line(slide.receipt))}</p>' if slide.receipt else "",
        MORE[slide.key](deck) if slide.key in MORE else "",
        "</section>",
    ]
    return "".join(parts)


def _kicker(slide: Slide, deck: Deck) -> str:
    if slide.kind == "summary" and deck.method.stopped:
        return '<p class="kicker partial">Answer, partial</p>'
    return f'<p class="kicker">{KICKERS[slide.kind]}</p>'


def _figure(slide: Slide, deck: Deck) -> str:
    """The chart twice, for wide and narrow screens; letters stay the same size."""
    grid = deck.grid(slide)
    if slide.chart is None or grid is None or not grid.rows:
        return ""
    drawn = plot(slide.chart, grid)
    wide = svg(drawn, 720).replace("<svg ", '<svg class="wide" ', 1)
    narrow = svg(drawn, 360).replace("<svg ", '<svg class="narrow" ', 1)
    return f"<figure><figcaption>{text(slide.chart.title)}</figcaption>{wide}{narrow}</figure>"


def _facts(deck: Deck) -> str:
    """Under the question: what was read."""
    files = [f"{one.name}, {write(one.rows)} rows" for one in deck.sources]
    made = f"{deck.created_at:%Y-%m-%d}"
    return f'<p class="facts">{"".join(f"<span>{text(one)}</span>" for one in [*files, made])}</p>'


def _method(deck: Deck) -> str:
    """Comparisons by family, the recipes that ran, and what did not stand out."""
    out = []
    if deck.method.tests:
        lines = [(family, write(count)) for family, count in sorted(deck.method.tests.items())]
        out.append("<h3>Comparisons by family</h3>" + table(("Family", "Tests"), lines))
    if deck.unsupported:
        some = deck.unsupported[:UNSUPPORTED_MAX]
        lines = [(one.label, one.reason, write_q(one.q)) for one in some]
        out.append(
            "<h3>Looked at, not supported</h3>" + table(("Comparison", "Why", "q"), lines, left=2)
        )
    if deck.method.notes:
        notes = "".join(f"<li>{text(note)}</li>" for note in deck.method.notes)
        out.append(f'<h3>Left out</h3><ul class="caveats">{notes}</ul>')
    recipes = [(str(one.number), one.recipe, one.version[:12]) for one in deck.looks]
    if recipes:
        out.append("<h3>Looks</h3>" + table(("Look", "Recipe", "Version"), recipes, left=3))
    return "".join(out)


def _data(deck: Deck) -> str:
    """The files by hash, how they were read, what was set aside."""
    out = []
    for one in deck.sources:
        lines = [("SHA-256", one.hash), ("Rows", write(one.rows)), ("Columns", listed(one.columns))]
        lines += [(f"Read with {name}", value) for name, value in read_with(one)]
        if one.rejected.count:
            lines.append(("Rows set aside", write(one.rejected.count)))
        out.append(f"<h3>{text(one.name)}</h3>" + table(("", ""), lines, left=2))
        if one.notes:
            notes = "".join(f"<li>{text(note)}</li>" for note in one.notes)
            out.append(f'<ul class="caveats">{notes}</ul>')
    return "".join(out)


def _short(title: str) -> str:
    return title if len(title) <= 72 else title[:71].rstrip() + "…"


MORE = {"title": _facts, "method": _method, "data": _data}
