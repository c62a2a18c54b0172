"""The sentences of a deck that no recipe wrote, judged as they were when the model said them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.errors import Invalid
from core.insight.checks.recompute import Again
from core.insight.drawer import Drawer, prefix_of, refer
from core.insight.receipts import Look
from core.insight.render import Known, split
from core.insight.slides import Deck
from core.insight.talk.judging import check_claims
from core.insight.talk.nouns import check_nouns
from core.insight.talk.standing import Standing
from core.insight.talk.subjects import Subject, name_of, subject_of
from core.insight.talk.vocabulary import Vocabulary
from core.tools.evidence import Outcome

OWN = ("summary", "appendix")  # slides that repeat what others say, in the deck's own order


def wrong(deck: Deck, again: Again) -> list[tuple[str, str]]:
    """Sentences of the answer, and of slides that no recipe makes, with what is wrong with each.

    None where the tables cannot be read: then nothing is known of what they name.
    """
    words = again.words()
    if isinstance(words, str):
        return []
    outcomes = {look.number: again.outcome(look.number) for look in deck.looks}
    made = {number: one for number, one in outcomes.items() if isinstance(one, Outcome)}
    known = Known({id: claim.text for id, claim in deck.claims.items()}, _said(deck, made))
    subjects = subjects_of(deck, _standings(deck, made))
    whole = len(made) == len(outcomes)  # ways and ranks are known of recipes that ran again
    found = []
    for sentence in dict.fromkeys(_own(deck)):
        reason = _fault(sentence, known, subjects, words, whole=whole)
        if reason:
            found.append((sentence, reason))
    return found


def subjects_of(
    deck: Deck, stands: Mapping[str, tuple[Standing, ...]] | None = None
) -> dict[str, Subject]:
    """What every reference of the deck is about."""
    found = {id: name_of(name) for id, name in deck.names.items()}
    for id, claim in deck.claims.items():
        query = deck.queries[claim.evidence.query]
        found[id] = subject_of(claim, query.grid, query.sql, (stands or {}).get(id, ()))
    return found


def _standings(deck: Deck, made: dict[int, Outcome]) -> dict[str, tuple[Standing, ...]]:
    """Where the values stand now among all rows; a deck keeps only some of them."""
    looks = [
        Look(number=one.number, family=one.family, direct=one.direct, outcome=made[one.number])
        for one in deck.looks
        if one.number in made
    ]
    return Drawer(looks, deck.receipts, deck.sources).standings()


def _own(deck: Deck) -> Iterator[str]:
    texts = [text for slide in deck.slides if slide.kind in OWN for text in slide.texts()]
    for text in (*deck.answer, *texts):
        yield from split(text)


def _said(deck: Deck, made: dict[int, Outcome]) -> Iterator[str]:
    """What the recipes say now; of those that did not run, what their slides say."""
    for number, outcome in made.items():
        for finding in outcome.findings:
            for text in (finding.title, *finding.details, *finding.caveats):
                yield refer(text, prefix_of(number, finding.key))
    for slide in deck.slides:
        if slide.look is not None and slide.look not in made:
            yield from slide.texts()


def _fault(
    sentence: str, known: Known, subjects: dict[str, Subject], words: Vocabulary, *, whole: bool
) -> str:
    try:
        if whole:
            check_claims(sentence, known, subjects, words)
        else:
            check_nouns(sentence, known.said, subjects, words)
    except Invalid as error:
        return error.message
    return ""
