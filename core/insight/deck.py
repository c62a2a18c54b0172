"""The deck: what was asked, what the data supports, and the evidence of every number in it.

`build` is pure: the same looks, receipts and answer give the same deck.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.insight.drawer import Drawer
from core.insight.receipts import Look, Receipt
from core.insight.render import SILENCE, check_answer, references
from core.insight.slides import Deck, Landed, LookTaken, Method, Slide
from core.tools.tool import TOOLS

FINDINGS_MAX = 12  # slides of their own; the others share one
LIST_MAX = 14  # findings on one list
DESCRIPTIONS_MAX = 6
NOTHING = "There is nothing to report beyond chance."
UNTESTED = "Nothing was compared, so nothing here is a finding."
DESCRIBED = "This describes the data; nothing was tested."
STOPPED = {
    "budget": "This deck is partial: the budget did not cover the next step.",
    "iterations": "This deck is partial: the limit of iterations was reached.",
    "cancelled": "This deck is partial: the run was stopped.",
    "repeated": "This deck is partial: the model asked the same again and again.",
    "model": "This deck is partial: the model stopped answering.",
    "idle": "This deck is partial: the model looked at nothing.",
}


def build(  # noqa: PLR0917 - the parts of a deck, in the order they come to be
    question: str,
    sources: Sequence[Landed],
    looks: Sequence[Look],
    receipts: Sequence[Receipt],
    answer: str,
    method: Method,
    *,
    created_at: datetime,
    spend_nusd: int = 0,
    tokens: int = 0,
) -> Deck:
    """The deck of everything the looks support. `answer` is [[claim id]] text. Raises Invalid.

    What was asked directly comes first, discoveries before descriptions, then what was seen by
    looking around; each the heaviest first.
    """
    kept = Drawer(looks, receipts, sources)
    tests = {look.family: 0 for look in looks}
    for look in looks:
        tests[look.family] += len(look.outcome.tests)
    sentences = check_answer(answer, kept.known()) if answer.strip() else []
    if not sum(tests.values()):  # then nobody knows of chance
        sentences = [text for text in sentences if not _is_silence(text)]
    notes = [*method.notes, *(note for look in looks for note in look.outcome.notes)]
    method = method.model_copy(update={"tests": tests, "notes": list(dict.fromkeys(notes))})
    findings = kept.slides("finding")
    shown = findings[:FINDINGS_MAX]
    told = {id.rsplit(".", 1)[0] for text in sentences for id in references(text)}
    drawn = {slide.query for slide in shown if slide.query}  # said once is enough
    descriptions = [
        slide
        for slide in kept.slides("description")
        if slide.key in told or (kept.telling(slide) and slide.query not in drawn)
    ][:DESCRIPTIONS_MAX]
    slides = [
        Slide(key="title", kind="title", title=question),
        summary(sentences, findings, descriptions, method),
        *sorted([*shown, *descriptions], key=lambda slide: not kept.direct(slide)),
        *_further(findings[FINDINGS_MAX:]),
        *_closing(),
    ]
    texts = [*sentences, *(text for slide in slides for text in slide.texts())]
    used = dict.fromkeys(id for text in texts for id in references(text))
    claims = {id: kept.claim(id) for id in used if id in kept.figures}
    return Deck(
        title=question,
        question=question,
        answer=sentences,
        slides=slides,
        queries=kept.statements(claims.values(), slides),
        claims=claims,
        names={id: kept.names[id] for id in used if id in kept.names},
        receipts=list(receipts),
        unsupported=kept.unsupported(),
        sources=list(sources),
        looks=[_taken(look) for look in looks],
        method=method,
        spend_nusd=spend_nusd,
        tokens=tokens,
        created_at=created_at,
    )


def summary(
    sentences: list[str], findings: list[Slide], descriptions: list[Slide], method: Method
) -> Slide:
    """The slide that answers, and says plainly what was not found and what was not finished."""
    lines = list(sentences)
    if not lines:
        lines = [_ended(slide.title) for slide in (findings or descriptions)[:4]]
    if not findings and (method.tests or not method.stopped):  # or nothing was looked at
        lines += _silence(lines, method, described=bool(descriptions))
    if method.stopped:
        lines.append(STOPPED.get(method.stopped, "This deck is partial: the run ended early."))
    return Slide(key="summary", kind="summary", title=lines[0], body=lines[1:])


def _silence(said: list[str], method: Method, *, described: bool) -> list[str]:
    """What a deck without discoveries owes its reader."""
    if not sum(method.tests.values()):
        return [DESCRIBED if described else UNTESTED]
    plainly = any(_is_silence(line) for line in said)
    return [*([] if plainly else [NOTHING]), "Comparisons looked at: [[method.tests]]."]


def _is_silence(sentence: str) -> bool:
    return sentence.lower() in SILENCE


def _ended(title: str) -> str:
    """A slide's claim as a sentence among others."""
    return title if title.endswith((".", "!", "?")) else f"{title}."


def _taken(look: Look) -> LookTaken:
    recipe = look.outcome.recipe
    return LookTaken(
        number=look.number,
        family=look.family,
        direct=look.direct,
        recipe=recipe,
        version=TOOLS[recipe].version if recipe in TOOLS else "",
        params=look.outcome.params,
    )


def _further(findings: list[Slide]) -> list[Slide]:
    """What found no slide of its own, as lists."""
    pages = [findings[i : i + LIST_MAX] for i in range(0, len(findings), LIST_MAX)]
    return [
        Slide(
            key="further" if place == 0 else f"further.{place + 1}",
            kind="appendix",
            title="Further findings",
            body=[slide.title for slide in page],
        )
        for place, page in enumerate(pages)
    ]


def _closing() -> list[Slide]:
    return [
        Slide(
            key="method",
            kind="method",
            title="How this was found",
            body=[
                "Comparisons looked at: [[method.tests]], all of them counted.",
                "A finding needs a q of at most [[method.q_max]] and a size worth telling.",
                "Every number is read from a query over the files and can be computed again.",
            ],
        ),
        Slide(key="data", kind="appendix", title="Data and hashes"),
    ]
