"""What a model's own words say besides their references: which way things went, and nothing else.

A sentence that a finding says itself is fine as it is. In others, a word like "rose" must agree
with what the finding says of the same number, and there is no markup that a page would obey.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Literal

from core.errors import Invalid
from core.insight.render import Known, references, split

Direction = Literal["up", "down"]
UP = (
    "rose rise rises rising risen increase increases increased increasing grew grow grows growing"
    " grown growth gain gains gained climb climbs climbed climbing jumped surged soared expanded"
    " recovered recovers recovering rebounded rebounds improved improves improving improvement"
    " stieg steigt gestiegen wuchs wächst zugenommen augmenté augmente hausse monté subió sube"
    " aumentó creció aumentato salito aumentou subiu cresceu"
)
DOWN = (
    "fell fall falls falling fallen decrease decreases decreased decreasing decline declines"
    " declined declining drop drops dropped dropping shrank shrink shrinks shrunk lost loses"
    " loss losses plunged sank slumped slipped dipped contracted worsened worsens worsening"
    " fiel fällt gefallen sinkt gesunken abgenommen diminué diminue baisse baissé chuté cayó bajó"
    " disminuyó diminuito sceso calato caiu diminuiu baixou"
)
WORDS: dict[str, Direction] = {
    **dict.fromkeys(UP.split(), "up"),
    **dict.fromkeys(DOWN.split(), "down"),
}
PART = re.compile(
    r"\[\[(?P<id>[^\[\]]+)\]\]"
    r"|\b(?:(?:go|goes|went|is|was|are|were)\s+)(?P<went>up|down)\b"
    r"|\b(?P<by>up|down|higher|lower)(?=\s+by\b|\s*\[\[)"
    r"|(?P<word>[^\W\d_]+(?:['\u2019]t)?)"
)
DENIALS = frozenset({"not", "no", "never", "nor", "neither", "without", "hardly", "instead"})
MARKUP = re.compile(r"://|www\.|\]\(|!\[|</?[a-z!]|`", re.IGNORECASE)


def check_wording(text: str, known: Known) -> None:
    """No sentence says another direction than its evidence, or holds markup. Raises Invalid."""
    for sentence in split(text):
        if sentence.rstrip(".!? ") in known.said:
            continue
        if MARKUP.search(re.sub(r"\[\[[^\[\]]+\]\]", "", sentence)):
            raise Invalid(
                f"The sentence {sentence[:120]!r} holds a link or markup.",
                hint="Write plain sentences.",
            )
        _check_direction(sentence, known.said)


def _check_direction(sentence: str, said: Collection[str]) -> None:
    parts = list(_parts(sentence))
    if not any(kind == "way" for kind, _ in parts):
        return
    if any(kind == "denial" for kind, _ in parts):
        raise Invalid(
            f"The sentence {sentence[:120]!r} denies a direction.",
            hint="Say plainly which way it went, as the finding does.",
        )
    proven = {id: _proven(id, said) for id in references(sentence)}
    if not any(proven.values()):
        raise Invalid(
            f"The sentence {sentence[:120]!r} says which way something went.",
            hint="No finding it refers to says so; use the finding's own words.",
        )
    for id, ways in proven.items():
        claimed = _near(parts, id)
        if len(ways) == 1 and claimed and not claimed & ways:
            raise Invalid(
                f"The sentence {sentence[:120]!r} says {claimed.pop()}; its evidence says"
                f" {next(iter(ways))}.",
                hint="Use the finding's own words.",
            )


def _proven(id: str, said: Collection[str]) -> set[str]:
    """Which way the findings' own sentences say that this number went."""
    found: set[str] = set()
    for sentence in said:
        if f"[[{id}]]" in sentence:
            found |= _near(list(_parts(sentence)), id)
    return found


def _near(parts: list[tuple[str, str]], id: str) -> set[str]:
    """The directions said next before and next after a reference."""
    found: set[str] = set()
    for place, part in enumerate(parts):
        if part == ("id", id):
            before = [value for kind, value in parts[:place] if kind == "way"]
            after = [value for kind, value in parts[place:] if kind == "way"]
            found.update(before[-1:], after[:1])
    return found


def _parts(sentence: str) -> Iterator[tuple[str, str]]:
    """("id", claim), ("way", "up") or ("denial", word), in order."""
    for found in PART.finditer(sentence):
        word = (found["word"] or "").lower().replace("\u2019", "'")
        if found["id"]:
            yield "id", found["id"]
        elif found["went"] or found["by"]:
            way = (found["went"] or found["by"]).lower()
            yield "way", {"higher": "up", "lower": "down"}.get(way, way)
        elif word in WORDS:
            yield "way", WORDS[word]
        elif word in DENIALS or word.endswith("n't"):
            yield "denial", word
