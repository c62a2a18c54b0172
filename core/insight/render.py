"""Text with references becomes spans; a number exists only where a reference puts it.

Slides and answers hold sentences like "Revenue fell by [[2.change_revenue.drop]]". Every output
(page, HTML, PPTX, JSON) goes through `render`, so all of them say the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from core.errors import Invalid
from core.insight.claims import write, write_q
from core.insight.receipts import Receipt
from core.insight.talk.numerals import spelled

if TYPE_CHECKING:  # the deck is made of rendered things, so it imports this file
    from core.insight.deck import Deck, Slide

REFERENCE = re.compile(r"\[\[([^\[\]]{1,400})\]\]")
END = re.compile(r"(?<=[.!?])[\"”']?\s+|\n+")
SILENCE = frozenset(
    {
        "there is nothing to report.",
        "there is nothing to report beyond chance.",
        "nothing in the data explains it beyond chance.",
    }
)
HEDGES = SILENCE | {
    "the data does not answer this question.",
    "the data do not answer this question.",
    "there is no evidence for an answer.",
    "no evidence.",
    "this deck is partial.",
    "why it happened cannot be told from these data.",
    "the data show what happened, not why.",
}


class Span(BaseModel):
    """A piece of a rendered sentence. A number carries the id of its claim."""

    kind: Literal["text", "number", "name", "count"] = "text"
    text: str
    claim: str | None = None


class Known(dict[str, str]):
    """What an answer may say: claim id -> its text, and the sentences that findings say."""

    def __init__(self, claims: Mapping[str, str], said: Iterable[str] = ()) -> None:
        super().__init__(claims)
        self.said = frozenset(_bare(one) for text in said for one in split(text))


def render(text: str, deck: Deck) -> list[Span]:
    """The sentence as spans, references replaced by what they refer to. Raises Invalid."""
    spans: list[Span] = []
    at = 0
    for found in REFERENCE.finditer(text):
        if found.start() > at:
            spans.append(Span(text=text[at : found.start()]))
        spans.append(_resolve(found[1], deck))
        at = found.end()
    if at < len(text):
        spans.append(Span(text=text[at:]))
    return spans


def render_title(slide: Slide, deck: Deck) -> list[Span]:
    """The slide's headline. The title slide shows the person's own words, digits and all."""
    if slide.kind == "title":
        return [Span(text=slide.title)]
    return render(slide.title, deck)


def plain(text: str, deck: Deck) -> str:
    """The sentence as one string."""
    return "".join(span.text for span in render(text, deck))


def plain_title(slide: Slide, deck: Deck) -> str:
    """The slide's headline as one string."""
    return "".join(span.text for span in render_title(slide, deck))


def receipt_line(receipt: Receipt) -> str:
    """What the receipt says, in one line for a slide's foot."""
    among = f"Found among {write(receipt.tests)} {'test' if receipt.tests == 1 else 'tests'}"
    q = write_q(receipt.q)
    parts = [among, f"q {q}" if q.startswith("<") else f"q = {q}"]
    if receipt.effect is not None:
        parts.append(f"effect {write(receipt.effect, sign=True)} {receipt.effect_kind}".strip())
    if receipt.direct:
        parts.append("asked directly")
    return " · ".join(parts)


def references(text: str) -> list[str]:
    """The ids that the text refers to, in order."""
    return REFERENCE.findall(text)


def check_sentence(sentence: str, known: Collection[str]) -> None:
    """The sentence types no number and refers only to what is known. Raises Invalid."""
    unknown = [id for id in references(sentence) if id not in known]
    if unknown:
        raise Invalid(
            f"The sentence {sentence!r} refers to {unknown[0]!r}, which is not in the evidence.",
            hint="Refer only to the claim ids that were given.",
        )
    rest = REFERENCE.sub(" ", sentence)
    if any(letter.isdecimal() for letter in rest):
        raise Invalid(
            f"The sentence {sentence!r} types a number.",
            hint="Write [[claim id]] where the number stands.",
        )


def check_answer(text: str, known_ids: Collection[str], quotes: Collection[str] = ()) -> list[str]:
    """The sentences of a text that a model wrote, each bound to evidence. Raises Invalid.

    A sentence needs a reference, or is a hedge from `HEDGES`, or one that a finding says itself
    (`known_ids` from `Drawer.known`), or a verbatim quote of a stored source given in `quotes`.
    Digits and counting words stand only where a reference puts them.
    """
    sentences = split(text)
    said = known_ids.said if isinstance(known_ids, Known) else frozenset[str]()
    for sentence in sentences:
        check_sentence(sentence, known_ids)
        if _bare(sentence) in said or _quoted(sentence, quotes):
            continue
        rest = REFERENCE.sub(" ", sentence)
        signs = (letter for letter in rest if unicodedata.category(letter).startswith("N"))
        typed = spelled(rest) or next(signs, "")
        if typed:
            raise Invalid(
                f"The sentence {sentence!r} spells a number: {typed!r}.",
                hint="Write [[claim id]] where the number stands.",
            )
        if not references(sentence) and sentence.lower() not in HEDGES:
            raise Invalid(
                f"The sentence {sentence!r} rests on no evidence.",
                hint="Give it a [[claim id]], or leave it out.",
            )
    return sentences


def split(text: str) -> list[str]:
    """The sentences of a text; references hide their dots."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"\x00{len(held) - 1}\x00"

    parts = END.split(REFERENCE.sub(hold, text.replace("\x00", " ")))
    back = [re.sub(r"\x00(\d+)\x00", lambda m: held[int(m[1])], part).strip() for part in parts]
    return [part for part in back if part]


def _bare(sentence: str) -> str:
    return sentence.rstrip(".!? ")


def _quoted(sentence: str, quotes: Collection[str]) -> bool:
    """Whether the sentence is nothing but a quote of something stored."""
    bare = sentence.rstrip(".!? ")
    inside = bare.strip("\"“”'") if bare[:1] in "\"“'" else ""
    return bool(inside) and any(inside in quote for quote in quotes)


def _resolve(id: str, deck: Deck) -> Span:
    if id in deck.claims:
        return Span(kind="number", text=deck.claims[id].text, claim=id)
    if id in deck.names:
        return Span(kind="name", text=deck.names[id])
    counts = deck.method.counts()
    if id in counts:
        return Span(kind="count", text=write(counts[id]))
    raise Invalid(
        f"The deck refers to {id!r}, which it does not hold.", hint="Make the deck again."
    )
