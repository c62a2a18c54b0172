"""Parts of a deck as HTML text: sentences with number buttons, the evidence they open, tables.

Everything that comes from data, people or models is escaped here; nothing is trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from core.insight.claims import Claim, write, write_q
from core.insight.receipts import Receipt
from core.insight.render import Span
from core.insight.slides import Deck

ROWS_SHOWN = 9
COLUMNS_SHOWN = 6
POINTS = re.compile(r"^[.,;:!?)]+")
LONG = 24  # letters; a longer value may break over lines
CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F)])


def text(value: Any) -> str:
    """`value` as text that HTML shows as it is, without control and bidi-override characters."""
    return escape(str(value).translate(CONTROL), quote=True)


def sentence(spans: Sequence[Span], numbers: dict[str, str]) -> str:
    """A rendered sentence; each number is a button that opens its evidence."""
    out = []
    held = ""  # punctuation that stays on the line of the number before it
    for span, after in zip(spans, [*spans[1:], Span(text="")], strict=True):
        rest = span.text.removeprefix(held)
        if span.claim is None:
            out.append(text(rest))
            held = ""
            continue
        held = "" if after.claim else "".join(POINTS.findall(after.text)[:1])
        kind = "n long" if len(span.text) > LONG else "n"
        target = f'popovertarget="{numbers[span.claim]}"'
        made = f'<button type="button" class="{kind}" {target}>{text(span.text)}</button>'
        out.append(f'<span class="w">{made}{text(held)}</span>' if held else made)
    return "".join(out)


def evidence(deck: Deck, claim: Claim, id: str) -> str:
    """The sheet behind a number: its receipt, its query, its rows, its files."""
    asked = deck.queries[claim.evidence.query]
    receipt = receipt_of(deck, claim)
    files = {one.hash: one for one in deck.sources}
    names = {hash: files[hash].name if hash in files else "" for hash in claim.evidence.sources}
    read = [f"{text(name)} <code>{text(hash)}</code>" for hash, name in names.items()]
    name = f"Evidence of {text(claim.text)}"
    return (
        f'<div popover class="pop" id="{id}" role="dialog" aria-label="{name}">'
        f"<header><div><b>{text(claim.text)}</b><span>{text(claim.label)}</span></div>"
        f'<button type="button" class="close" popovertarget="{id}" popovertargetaction="hide">'
        "Close</button></header>"
        f"{receipt_list(receipt) if receipt else ''}"
        f'<p class="label">{text(asked.title)}</p><pre tabindex="0">{text(asked.sql)}</pre>'
        f'<p class="label rows">Rows it gives</p>{rows(deck, claim)}'
        f'<p class="label">Exact value <code>{text(json.dumps(claim.value))}</code>'
        f" · query <code>{text(claim.evidence.sql_hash)}</code></p>"
        f'<p class="label">Read from {"; ".join(read)}</p></div>'
    )


def receipt_of(deck: Deck, claim: Claim) -> Receipt | None:
    """The receipt of the slide that the claim stands for; None for descriptions."""
    prefix = claim.id.rsplit(".", 1)[0]
    return next((one.receipt for one in deck.slides if one.key == prefix and one.receipt), None)


def receipt_list(receipt: Receipt) -> str:
    """The receipt as a small table of facts."""
    facts = [
        ("Found among", f"{write(receipt.tests)} {'test' if receipt.tests == 1 else 'tests'}"),
        ("q", write_q(receipt.q)),
    ]
    if receipt.effect is not None:
        facts.append(("Effect", f"{write(receipt.effect, sign=True)} {receipt.effect_kind}"))
    facts.append(("Family", receipt.family))
    inner = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in facts)
    return f"<dl>{inner}</dl>"


def rows(deck: Deck, claim: Claim) -> str:
    """Some rows of the claim's query, the one it is read from among them and marked."""
    grid = deck.queries[claim.evidence.query].grid
    where, column = claim.evidence.where, claim.evidence.column
    wanted = list(dict.fromkeys([*where, column, *grid.columns]))
    shown = [name for name in wanted if name in grid.columns][:COLUMNS_SHOWN]
    shown.sort(key=grid.columns.index)
    at = [grid.columns.index(name) for name in shown]
    keys = [(grid.columns.index(name), v) for name, v in where.items() if name in grid.columns]
    here = next((i for i, r in enumerate(grid.rows) if all(r[k] == v for k, v in keys)), 0)
    first = max(0, min(here - ROWS_SHOWN // 2, len(grid.rows) - ROWS_SHOWN))
    picked = range(first, min(first + ROWS_SHOWN, len(grid.rows)))
    lines = []
    for i in picked:
        cells = [grid.rows[i][k] for k in at]
        mark = [i == here and name == column for name in shown]
        lines.append(("here" if i == here else "", cells, mark))
    head = "".join(f"<th{_side(grid.rows, k)}>{text(grid.columns[k])}</th>" for k in at)
    body = "".join(
        f'<tr class="{kind}">'
        + "".join(
            f"<td{_side(grid.rows, k, hit)}>{text(_cell(cell))}</td>"
            for k, cell, hit in zip(at, cells, mark, strict=True)
        )
        + "</tr>"
        for kind, cells, mark in lines
    )
    note = "" if len(picked) == len(grid.rows) else _shown(len(picked), len(grid.rows))
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{note}"
    )


def table(head: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table whose first `left` columns are text and the others figures. Cells are plain text."""
    sides = [' class="l"' if i < left else "" for i in range(len(head))]
    top = "".join(f"<th{side}>{text(name)}</th>" for side, name in zip(sides, head, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{side}>{text(cell)}</td>" for side, cell in zip(sides, line, strict=True))
        + "</tr>"
        for line in lines
    )
    inner = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{inner}</table></div>'


def _cell(value: Any) -> str:
    """A cell to look at; the exact value of the claim stands below the table."""
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _shown(count: int, total: int) -> str:
    return f'<p class="label rows">{write(count)} of {write(total)} rows</p>'


def _side(rows: list[list[Any]], column: int, hit: bool = False) -> str:
    first = next((row[column] for row in rows if row[column] is not None), None)
    kinds = ["cell"] * hit + ["f" if isinstance(first, int | float) else "l"]
    return f' class="{" ".join(kinds)}"'
