"""An answer made of findings. Their sentences are copied; a number is never typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from unicodedata import category

from core.llm.messages import ToolSpec
from core.llm.offline import plan
from core.llm.offline.conversation import Conversation
from core.llm.offline.question import Wish
from core.llm.offline.words import stem, telling

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
SPLITS = re.compile(r"\.dimension\]\]")
REFERENCE = re.compile(r"\[\[[^\[\]]+\]\]")
LEADS_MAX, ASIDES_MAX = 3, 3  # findings that answer, and findings beside the question
SENTENCES = (3, 2)  # of the first finding, and of the others that answer
UNASKED = 0.2  # what a split nobody asked for takes from it
WHOLE = 1.0  # the weight of a finding that tells the whole story
NAMED = 0.5  # what naming the question's columns adds to a finding's weight
# Plain sentences claim nothing about the data; the deck takes these and no others.
NOTHING = "There is nothing to report beyond chance."
NOTHING_MORE = "Nothing in the data explains it beyond chance."
NO_ANSWER = "The data does not answer this question."
NO_TABLE = "There is no evidence for an answer."
EARLY = "This deck is partial."


def compose(talk: Conversation, tools: Sequence[ToolSpec]) -> str:
    """The most telling supported findings, else what the data says directly, else its silence."""
    if not talk.profiles and not talk.results:
        return f"{NO_TABLE} {EARLY}" if talk.ran_short else NO_TABLE
    wish, direct = plan.wish_of(talk), plan.direct_names(talk, tools)
    found = _rank(_latest(talk), direct, wish)
    leads, asides = _select(found, direct, open=wish.open)
    parts = list(_sentences(leads, asides))
    timeless = plan.lacks_time(talk)
    if timeless or (parts and direct and not leads):
        parts.insert(0, NO_ANSWER)
    if not timeless and not any(f["status"] == "supported" for f in (*leads, *asides)):
        parts += _silence(wish, said=bool(parts))
    if talk.ran_short:
        parts.append(EARLY)
    return " ".join(parts)


def is_typed(sentence: str) -> bool:
    """A digit of any script stands outside the references."""
    return any(category(letter).startswith("N") for letter in REFERENCE.sub("", sentence))


def _latest(talk: Conversation) -> list[dict[str, Any]]:
    """Every finding once, as it was last reported."""
    found: dict[str, dict[str, Any]] = {}
    for result in talk.results:
        for finding in result["findings"]:
            if isinstance(finding, dict) and "id" in finding:
                known = found.get(finding["id"], {"recipe": result.get("recipe", "")})
                found[finding["id"]] = {**known, **finding}
    return [finding for finding in found.values() if finding.get("status") and _texts(finding)]


def _rank(found: list[dict[str, Any]], direct: set[str], wish: Wish) -> list[dict[str, Any]]:
    """Most telling first: what answers the question, then weight and the columns it names."""
    names = {stem for name in wish.named for stem in telling(name)}

    def telling_of(finding: dict[str, Any]) -> tuple[bool, float]:
        said = {word for text in _texts(finding) for word in telling(text)}
        said |= {stem(word) for word in re.split(r"[._\W]+", finding["id"])}
        share = len(names & said) / len(names) if names else 0.0
        unasked = not wish.groups and _splits(finding)
        weight = float(finding.get("weight") or 0) + NAMED * share - UNASKED * unasked
        return finding["recipe"] in direct, weight

    return sorted(found, key=telling_of, reverse=True)


def _select(
    found: list[dict[str, Any]], direct: set[str], *, open: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The findings that answer, and those worth a sentence beside them."""
    supported = [finding for finding in found if finding["status"] == "supported"]
    answering = [finding for finding in supported if finding["recipe"] in direct]
    told = [
        finding
        for finding in found
        if finding["status"] == "description" and finding["recipe"] in direct
    ]
    leads = answering if open else [f for f in found if f in answering or f in told]
    if open and leads and leads[0].get("weight") != WHOLE:
        leads = [*told[:1], *leads]  # what happened, before what explains it
    if open and answering and all(f.get("weight") == WHOLE for f in answering):
        # Nothing supported explains it, so the answer says where it came from as a fact.
        leads += [f for f in told if f not in leads and _splits(f)][:1]
    leads = leads[:LEADS_MAX] or told[:LEADS_MAX]
    asides = [f for f in supported if f["recipe"] not in direct]
    return leads, asides[:ASIDES_MAX] if open or not leads else []


def _sentences(leads: list[dict[str, Any]], asides: list[dict[str, Any]]) -> Iterator[str]:
    """Each sentence once; those of the best finding in full, of the rest the first."""
    seen: set[str] = set()
    for place, finding in enumerate((*leads, *asides)):
        context = place == 0 and len(leads) > 1 and finding["status"] != leads[1]["status"]
        kept = 1 if context or place >= len(leads) else SENTENCES[min(place, 1)]
        for text in _texts(finding)[:kept]:
            if text not in seen:
                seen.add(text)
                yield text


def _texts(finding: dict[str, Any]) -> list[str]:
    """Its texts in which every sentence rests on a reference and types no number."""
    texts = [str(text).strip() for text in finding.get("sentences") or ()]
    return [text for text in texts if all(map(_may_be_told, SENTENCE_END.split(text)))]


def _may_be_told(sentence: str) -> bool:
    return bool(REFERENCE.search(sentence)) and not is_typed(sentence)


def _splits(finding: dict[str, Any]) -> bool:
    """It says how something divides over the values of a column."""
    return any(SPLITS.search(text) for text in _texts(finding))


def _silence(wish: Wish, *, said: bool) -> list[str]:
    """What is honest to add when nothing is supported."""
    if said and not (wish.open or wish.change):
        return []
    return [NOTHING_MORE if said and (wish.why or wish.change) else NOTHING]
