"""Everything that a model's own sentence is held to, in one place: asked while it is answered."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Invalid
from core.insight.render import Known, split
from core.insight.talk.causes import check_causes
from core.insight.talk.nouns import check_nouns
from core.insight.talk.ranks import check_ranks
from core.insight.talk.subjects import Subject
from core.insight.talk.vocabulary import Vocabulary
from core.insight.talk.wording import check_wording

SENTENCE_MAX = 3_000  # characters, of ids as well; more is nothing that a person reads


def check_claims(
    text: str, known: Known, subjects: Mapping[str, Subject], words: Vocabulary
) -> None:
    """Each sentence says no more of its references than findings and numbers do. Raises Invalid.

    No other direction, name, rank, cause or future; sentences of findings are fine as they are.
    """
    for sentence in split(text):
        if len(sentence) > SENTENCE_MAX and sentence.rstrip(".!? ") not in known.said:
            raise Invalid(
                f"The sentence {sentence[:120]!r} is too long to be checked.",
                hint="Write several short sentences.",
            )
    check_wording(text, known)
    check_nouns(text, known.said, subjects, words)
    check_ranks(text, known.said, subjects, words)
    check_causes(text, known.said, words)
