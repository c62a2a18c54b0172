"""Every number of a pack, computed again: MATCH, DRIFT or UNVERIFIABLE. No model, no database.

The pack is not trusted: its SQL runs only on locked tables, under a clock, and a recipe that is
known must have written it; texts must be what the values say.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.data.grid import Grid
from core.data.tables import open_tables
from core.errors import NotFound
from core.insight.checks.recompute import Again
from core.insight.checks.sentences import wrong
from core.insight.checks.supply import Supply
from core.insight.checks.unpack import unpack
from core.insight.claims import Claim, sql_hash, write, written
from core.insight.drawer import trim
from core.insight.receipts import Q_MAX, Receipt
from core.insight.render import receipt_line, references
from core.insight.slides import Deck, Slide

Status = Literal["match", "drift", "unverifiable"]
NEAR = 1e-9  # relative: sums in another order differ less; it is the same number


class Checked(BaseModel):
    """One thing the deck says, and what the data says now."""

    id: str  # a claim's id, "method", or "chart", "receipt", "words" KEY, "sentence", "look" N
    status: Status
    stored: str = ""  # as the deck has it
    found: str | None = None  # as it is computed now
    difference: float | None = Field(default=None, description="Found minus stored, exact")
    reason: str = ""


class Verification(BaseModel):
    """The verdict on a pack."""

    match: int = 0
    drift: int = 0
    unverifiable: int = 0
    claims: list[Checked] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list, description="Which files were taken for which")

    @property
    def ok(self) -> bool:
        """Whether everything that the deck says holds. A deck that claims nothing holds."""
        return not self.drift and not self.unverifiable


def verify(pack: Path, data: list[Path] | None = None) -> Verification:
    """What of the pack still holds for `data`; without it, for the files inside the pack.

    Raises Invalid when the pack itself cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        at = Path(folder)
        (at / "given").mkdir()
        unpacked = unpack(pack, at / "given")
        files = [(one.name, one) for one in data] if data else unpacked.files
        return check_deck(unpacked.deck, files, at, exact=not data)


def check_deck(
    deck: Deck, files: list[tuple[str, Path]], folder: Path, *, exact: bool = False
) -> Verification:
    """What of the deck holds for `files` (name, path); landed copies are made in `folder`.

    `exact`: only the very files the deck names count, as in a pack that brings its own.
    """
    supply = Supply(deck, files, folder, exact=exact)
    with open_tables(supply.tables, temp=folder / "spill") as tables:
        again = Again(deck, supply, tables)
        claims = [_claim(deck, claim, again) for claim in deck.claims.values()]
        claims += [_chart(deck, slide, again) for slide in deck.slides if slide.chart]
        claims += [_receipt(deck, one, again) for one in _receipts(deck)]
        claims += _left_out(deck, again)
        claims += _words(deck, again)
        claims += _sentences(deck, again)
        claims += _counts(deck, again)
        claims += _looks(deck, again)
    counts = dict.fromkeys(("match", "drift", "unverifiable"), 0)
    for one in claims:
        counts[one.status] += 1
    return Verification(**counts, claims=claims, notes=supply.notes)


def _claim(deck: Deck, claim: Claim, again: Again) -> Checked:
    """One number: its text must be what its value says, and its query must say it again."""
    made = Checked(id=claim.id, status="match", stored=claim.text)
    asked = deck.queries[claim.evidence.query]
    if claim.evidence.sql_hash != asked.sql_hash or sql_hash(asked.sql) != asked.sql_hash:
        return _cannot(made, "The query was edited: it does not have the hash it had.")
    said = written(claim.value, claim.evidence, claim.unit)
    if said != claim.text:
        made.status, made.found = "drift", said
        made.reason = "The text was edited: the stored value is written otherwise."
        return made
    grid = again.grid(claim.evidence.query)
    if isinstance(grid, str):
        return _cannot(made, grid)
    if again.unchanged and (reason := _otherwise(claim, again.claim(claim.id, asked.look))):
        made.status, made.reason = "drift", reason
        return made
    try:
        made.found, value = claim.again(grid)
    except NotFound as error:
        made.status, made.reason = "drift", error.message
        return made
    made.difference = _difference(claim.value, value)
    if made.found != claim.text and not _near(claim.value, value):
        made.status, made.reason = "drift", "The data gives another value."
    elif made.difference:
        made.reason = "The same as written; the exact value differs."
    return made


def _otherwise(claim: Claim, now: Claim | str | None) -> str:
    """Why the claim is not the recipe's own on unchanged data; nothing when it is."""
    if isinstance(now, str):
        return ""  # the recipe cannot be asked; its receipt says so
    if now is None:
        return "The recipe makes no such number."
    same = (now.label, now.unit, now.evidence) == (claim.label, claim.unit, claim.evidence)
    return "" if same else "The number was edited: the recipe reads or names it otherwise."


def _chart(deck: Deck, slide: Slide, again: Again) -> Checked:
    """The rows a chart draws, at the precision it shows."""
    assert slide.chart, "only slides with a chart are asked"
    asked = deck.queries[slide.query or ""]
    made = Checked(id=f"chart {slide.key}", status="match", stored=_rows(len(asked.grid.rows)))
    if sql_hash(asked.sql) != asked.sql_hash:
        return _cannot(made, "The query was edited: it does not have the hash it had.")
    grid = again.grid(slide.query or "")
    if isinstance(grid, str):
        return _cannot(made, grid)
    shown = [one.evidence for one in deck.claims.values() if one.evidence.query == slide.query]
    now = trim(grid, shown, slide.chart)
    names = [slide.chart.x, *slide.chart.y]
    differ = _differing(_columns(asked.grid, names), _columns(now, names))
    made.found = _rows(len(now.rows))
    if differ:
        made.status, made.reason = "drift", f"The chart draws other values: {_rows(differ)}."
    return made


def _differing(before: list[list[Any]], after: list[list[Any]]) -> int:
    """How many rows differ: by their x where it names a row, else in order."""
    keyed = [{str(row[0]): row for row in rows} for rows in (before, after)]
    if len(keyed[0]) == len(before) and len(keyed[1]) == len(after):
        shared = keyed[0].keys() & keyed[1].keys()
        alone = len(keyed[0].keys() ^ keyed[1].keys())
        pairs = [(keyed[0][x], keyed[1][x]) for x in shared]
    else:
        alone = abs(len(before) - len(after))
        pairs = list(zip(before, after, strict=False))
    return alone + sum(not all(map(_same, old, new)) for old, new in pairs)


def _receipts(deck: Deck) -> list[Receipt]:
    """Receipts of everything the deck calls supported, as its slides or its list have them."""
    held = {one.finding: one for one in deck.receipts if one.supported}
    shown = {one.receipt.finding: one.receipt for one in deck.slides if one.receipt}
    return list((shown | held).values())


def _receipt(deck: Deck, stored: Receipt, again: Again) -> Checked:
    """A receipt: the same number of tests, the same q and effect, still supported."""
    finding = stored.finding
    slide = _slide(deck, finding)
    made = Checked(id=f"receipt {finding}", status="match", stored=receipt_line(stored))
    if stored not in deck.receipts or (slide and slide.receipt != stored):
        made.status, made.reason = "drift", "The slide shows another receipt than the deck holds."
        return made
    found = again.receipt(finding, stored.family)
    if isinstance(found, str):
        return _cannot(made, found)
    if found is None:
        made.status, made.reason = "drift", "The recipe no longer makes this finding."
        return made
    made.found = receipt_line(found)
    if found.q is not None and stored.q is not None:
        made.difference = found.q - stored.q
    if not found.supported:
        made.status, made.reason = "drift", found.reason
    elif made.found != made.stored:
        made.status, made.reason = "drift", "The data gives another receipt."
    return made


def _left_out(deck: Deck, again: Again) -> list[Checked]:
    """Findings that the recipes make and support, and that the deck does not hold."""
    held = {one.finding for one in deck.receipts if one.supported}
    found = []
    for family in dict.fromkeys(look.family for look in deck.looks):
        for one in again.supported(family):
            if one.finding not in held:
                made = Checked(id=f"receipt {one.finding}", status="drift", found=receipt_line(one))
                made.reason = "The data supports a finding that the deck does not have."
                found.append(made)
    return found


def _words(deck: Deck, again: Again) -> list[Checked]:
    """Slides whose sentences are not the recipe's own; nothing when all are."""
    found = []
    for slide in deck.slides:
        now = again.slide(slide)
        if now is None:
            if slide.look is None and slide.kind in {"finding", "description"}:
                lost = Checked(id=f"words {slide.key}", status="match", stored=slide.title)
                found.append(_cannot(lost, "The slide does not say which look it comes from."))
            continue
        same = (now.title, now.body, now.caveats, now.kind) == (
            slide.title,
            slide.body,
            slide.caveats,
            slide.kind,
        )
        same = same and (now.chart == slide.chart or not again.unchanged)
        used = [id for text in slide.texts() for id in references(text) if id in deck.names]
        if same and all(again.names.get(id) == deck.names[id] for id in used):
            continue
        reason = "The recipe words this slide otherwise."
        made = Checked(id=f"words {slide.key}", status="drift", reason=reason)
        made.stored, made.found = slide.title, now.title
        found.append(made)
    return found


def _sentences(deck: Deck, again: Again) -> list[Checked]:
    """Sentences in a model's own words whose references are not about what they name."""
    return [
        Checked(id=f"sentence {at}", status="drift", stored=sentence, reason=reason)
        for at, (sentence, reason) in enumerate(wrong(deck, again), start=1)
    ]


def _counts(deck: Deck, again: Again) -> list[Checked]:
    """The method, when the deck counts other comparisons than were made; else nothing."""
    now, stored = again.tests(), deck.method.tests
    if now is None or not again.unchanged or (now == stored and deck.method.q_max <= Q_MAX):
        return []
    made = Checked(id="method", status="drift", stored=str(sum(stored.values())))
    made.found, made.reason = str(sum(now.values())), "The deck counts other comparisons."
    return [made]


def _looks(deck: Deck, again: Again) -> list[Checked]:
    """Looks that cannot be taken again: their numbers rest on queries that nobody vouches for."""
    shown = {slide.look for slide in deck.slides} | {one.look for one in deck.queries.values()}
    return [
        _cannot(Checked(id=f"look {number}", status="match"), why)
        for number in sorted(number for number in shown if number is not None)
        if isinstance(why := again.outcome(number), str)
    ]


def _slide(deck: Deck, finding: str) -> Slide | None:
    return next(
        (one for one in deck.slides if one.receipt and one.receipt.finding == finding), None
    )


def _cannot(made: Checked, reason: str) -> Checked:
    made.status, made.reason = "unverifiable", reason
    return made


def _columns(grid: Grid, names: list[str]) -> list[list[Any]]:
    at = [grid.columns.index(name) for name in names if name in grid.columns]
    return [[row[i] for i in at] for row in grid.rows]


def _same(old: Any, new: Any) -> bool:
    return old == new or _near(old, new) or (_is_number(old) and write(old) == write(new))


def _near(old: Any, new: Any) -> bool:
    if not (_is_number(old) and _is_number(new)):
        return False
    return abs(old - new) <= NEAR * max(abs(old), abs(new))


def _difference(old: Any, new: Any) -> float | None:
    return float(new - old) if _is_number(old) and _is_number(new) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rows(count: int) -> str:
    return f"{count} {'row' if count == 1 else 'rows'}"
