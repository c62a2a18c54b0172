"""Why something happened and what will happen: no data says so, so a model's own sentence does not.

A finding's own sentence may hold such a word; then a sentence about the same references may, too.
"The data does not show what caused it" tells no cause.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from core.errors import Invalid
from core.insight.render import HEDGES, REFERENCE, references, split
from core.insight.talk.vocabulary import Vocabulary, singulars

CAUSES = (
    r"because|due to|owing to|thanks to|on account of|caus(?:e|es|ed|ing)(?: by| of)?"
    r"|driven by|drove|triggered|led to|leads to|as a (?:result|consequence)|(?:is|was) the result"
    r"|result(?:s|ed)? (?:from|in)|stem(?:s|med)? from|explained by|attribut(?:able|ed) to"
    r"|brought about by|(?:the|a) reason"
)
GOING = (
    r"recover|rise|fall|grow|improve|increase|decrease|decline|drop|continue|return|reach|exceed"
    r"|stabili[sz]e|shrink|climb|gain|lose|double|worsen|remain|stay|keep"
)
FORECASTS = (
    r"will|shall|won['\u2019]t|(?:is|are) going to|(?:is|are) (?:set|bound|about) to|likely to"
    rf"|(?:is|are) (?:expected|projected|predicted|forecast|poised)|should (?:{GOING})"
    r"|in (?:the )?(?:coming|next) (?:day|week|month|quarter|year)s?"
)
TOLD = re.compile(rf"\b(?:(?P<cause>{CAUSES})|(?P<forecast>{FORECASTS}))\b", re.IGNORECASE)
UNTOLD = re.compile(  # "does not say that one causes the other"
    r"\b(?:not|no|never|nothing|cannot|\w+n['\u2019]t|neither)\b[^.;]{0,40}?"
    r"\b(?:say|says|show|shows|tell|tells|told|prove|proves|proven|mean|means|know|known|clear"
    r"|explain|explains|establish|imply|implies|evidence)\b(?:(?!\bbut\b)[^,;])*$",
    re.IGNORECASE,
)
BEFORE_CHARS = 200  # of a sentence, in which it may say that no cause is known
NAMES = frozenset({"cause", "reason"})  # columns are called so: "by cause, most are [[top]]"
HINT = "Say what the numbers are; leave out why it happened and what will happen."


def check_causes(text: str, said: Collection[str], words: Vocabulary) -> None:
    """No sentence tells a cause or a future that no finding tells. Raises Invalid.

    Sentences that findings say themselves (`said`) are fine as they are.
    """
    for sentence in split(text):
        if sentence.rstrip(".!? ") in said or sentence.lower() in HEDGES:
            continue
        if why := fault(sentence, said, words):
            raise Invalid(f"The sentence {sentence[:160]!r} {why}", hint=HINT)


def fault(sentence: str, said: Collection[str], words: Vocabulary) -> str:
    """The cause or the future that the sentence tells of its own; nothing when it tells none."""
    plain = _plain(sentence)
    for found in TOLD.finditer(plain):
        before = plain[max(0, found.start() - BEFORE_CHARS) : found.start()]
        if UNTOLD.search(before) or _is_name(found[0], words):
            continue
        if _is_said(found[0], sentence, said):
            continue
        if found["cause"]:
            return f"tells a cause, {found[0]!r}; the data shows none."
        return f"tells the future, {found[0]!r}; the data shows none."
    return ""


def _plain(sentence: str) -> str:
    """The sentence without what its references are called."""
    return REFERENCE.sub("#", sentence)


def _is_name(said: str, words: Vocabulary) -> bool:
    """Whether the data has a column of causes, or of reasons."""
    known = {part for name in words.splits for part in name.split()} & NAMES
    return any(form in known for word in said.lower().split() for form in singulars(word))


def _is_said(word: str, sentence: str, said: Collection[str]) -> bool:
    """Whether a finding's own sentence holds this word with one of the same references."""
    same = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    ids = {*references(sentence)}
    return any(same.search(_plain(one)) and ids & {*references(one)} for one in said)
