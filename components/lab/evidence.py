"""What opens behind a number: its value, receipt, query, rows and sources. Pure."""

from __future__ import annotations

from typing import Any

from core.insight.claims import Claim, write, write_q
from core.insight.render import references, render, render_title
from core.insight.slides import Deck, Slide

ROWS_MAX = 12
CELL_MAX = 120


def slide_words(slide: Slide, deck: Deck, kicker: str) -> dict[str, Any]:
    """The slide's sentences as spans, ready for `components.claims`."""
    return {
        "kicker": kicker,
        "question": slide.kind == "title",
        "title": _spans(render_title(slide, deck)),
        "body": [_spans(render(text, deck)) for text in slide.body],
        "caveats": [_spans(render(text, deck)) for text in slide.caveats],
    }


def slide_evidence(slide: Slide, deck: Deck, *, recompute: bool) -> dict[str, Any]:
    """A panel for each number of the slide whose query is at hand, by claim id."""
    ids = {id for text in slide.texts() for id in references(text)}
    return {
        id: panel(deck.claims[id], deck, recompute=recompute)
        for id in sorted(ids)
        if id in deck.claims and deck.claims[id].evidence.query in deck.queries
    }


def panel(claim: Claim, deck: Deck, *, recompute: bool) -> dict[str, Any]:
    """One number's evidence as plain text, ready to show."""
    query = deck.queries[claim.evidence.query]
    rows, hit = _window(query.grid, claim.evidence.where)
    columns = query.grid.columns
    cells = [[_cell(value) for value in row] for row in rows]
    total = len(query.grid.rows)
    more = "+" if query.grid.truncated else ""
    shown = f"{len(rows)} of {total:,}{more} rows" if len(rows) < total else f"{total:,} rows"
    return {
        "name": claim.label,
        "value": claim.text,
        "note": query.title,
        "receipt": _receipt(claim, deck),
        "sql": query.sql,
        "shown": "The row it is read from" if total == 1 else shown,
        "columns": columns,
        "rows": cells,
        "row": hit,
        "column": columns.index(claim.evidence.column) if claim.evidence.column in columns else -1,
        "sources": _sources(query.sources, deck),
        "recompute": recompute,
    }


def receipt_line(receipt: Any) -> str:
    """A finding's receipt in one line; says plainly when it rests on no test."""
    if receipt is None:
        return ""
    if receipt.description:
        return "A description of the data: no comparison, so no test."
    parts = [f"found among {receipt.tests:,} {'test' if receipt.tests == 1 else 'tests'}"]
    if receipt.q is not None:
        parts.append(f"q {_is(write_q(receipt.q))}")
    if receipt.effect is not None:
        kind = f" ({receipt.effect_kind})" if receipt.effect_kind else ""
        parts.append(f"effect {write(receipt.effect, sign=True)}{kind}")
    if receipt.direct:
        parts.append("asked directly")
    return ", ".join(parts)


def _receipt(claim: Claim, deck: Deck) -> list[tuple[str, str]]:
    exact = ("Exact value", _cell(claim.value))
    mine = [one for one in deck.receipts if claim.id.startswith(f"{one.finding}.")]
    if not mine:
        return [exact]
    receipt = mine[0]
    if receipt.description:
        return [("Test", "none, a description"), exact]
    facts = [("Found among", f"{receipt.tests:,} tests"), ("q", write_q(receipt.q))]
    if receipt.effect is not None:
        facts.append(("Effect", write(receipt.effect, sign=True)))
    return [*facts, exact]


def _window(grid: Any, where: dict[str, Any]) -> tuple[list[list[Any]], int]:
    """At most ROWS_MAX rows around the one that `where` names, and its place among them."""
    spots = [(grid.columns.index(n), v) for n, v in where.items() if n in grid.columns]
    hits = [i for i, row in enumerate(grid.rows) if all(row[at] == value for at, value in spots)]
    at = hits[0] if len(hits) == 1 else -1
    first = max(0, min(at - ROWS_MAX // 2, len(grid.rows) - ROWS_MAX)) if at >= 0 else 0
    return grid.rows[first : first + ROWS_MAX], at - first if at >= 0 else -1


def _sources(hashes: list[str], deck: Deck) -> str:
    names = {source.hash: source.name for source in deck.sources}
    return "Read from " + ", ".join(
        f"{names[hash]} ({hash[:12]})" if hash in names else hash[:12] for hash in hashes
    )


def _spans(spans: Any) -> list[dict[str, Any]]:
    return [
        {"text": span.text, "claim": span.claim} if span.claim else {"text": span.text}
        for span in spans
    ]


def _is(text: str) -> str:
    return text if text.startswith("<") else f"= {text}"


def _cell(value: Any) -> str:
    """A cell as it is stored, exact; only the digit groups and the minus are ours."""
    if value is None:
        return "\u2013"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
        return text.replace("-", "\u2212", 1) if value < 0 else text
    text = str(value)
    return text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "\u2026"
