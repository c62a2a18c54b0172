"""Quote the sentences that answer a question from given passages, each with its source."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from core.llm.offline.words import likeness, telling

NUMBERED = re.compile(
    r"^\s*\[([\w.-]{1,40})\]:?\s+(.+?)(?=^\s*\[[\w.-]{1,40}\]:?\s|\n\s*\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
TAG = re.compile(r"<(/?)(?:passage|document|source)\b([^<>]{0,200})>")
NAME = re.compile(r"\b(?:id|name)=[\"']?([\w .-]+?)[\"']?\s*$")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
ASKED = re.compile(r"^\s*question\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
QUOTES_MAX = 3
ENOUGH = 0.34  # share of the question's weight that a sentence must carry
NEAR = 0.6  # of the best sentence's
NO_EVIDENCE = "The given passages do not answer this."


def quoted(whole: str, asked: str) -> str:
    """The best sentences, verbatim, each followed by its [source]; nothing without passages."""
    found = find_passages(whole)
    if not found:
        return ""
    wanted = telling(question_of(whole, asked))
    sentences = [
        (source, sentence.strip())
        for source, text in found
        for sentence in SENTENCE_END.split(text)
        if sentence.strip()
    ]
    weights = _weights(wanted, [text for _, text in sentences])
    total = sum(weights.values())
    rated = [
        (_carried(weights, text), -place, f"{text} [{source}]")
        for place, (source, text) in enumerate(sentences)
    ]
    best = max(rated, default=(0.0, 0, ""))[0]
    if not total or best < ENOUGH * total:
        return NO_EVIDENCE
    chosen = sorted(rated, reverse=True)[:QUOTES_MAX]
    kept = [entry for entry in chosen if entry[0] >= max(NEAR * best, ENOUGH * total)]
    return " ".join(text for _, _, text in sorted(kept, key=lambda entry: -entry[1]))


def find_passages(text: str) -> list[tuple[str, str]]:
    """(source, text) of every "[1] ..." block and every <passage id="...">."""
    numbered = [(source, " ".join(body.split())) for source, body in NUMBERED.findall(text)]
    return [(source, " ".join(body.split())) for source, body, _ in _tagged(text)] or numbered


def question_of(whole: str, asked: str) -> str:
    """What is asked, without the passages themselves."""
    stated = ASKED.search(whole)
    if stated:
        return stated[1]
    spans = [span for _, _, span in _tagged(asked)]
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(asked)]
    rest = " ".join(asked[a:b] for a, b in zip(ends, starts, strict=True))
    return NUMBERED.sub("", rest)


def _tagged(text: str) -> list[tuple[str, str, tuple[int, int]]]:
    """(source, body, span) of each opening tag that the next tag closes."""
    tags = list(TAG.finditer(text))
    found = []
    for opening, closing in pairwise(tags):
        name = NAME.search(opening[2])
        if name and not opening[1] and closing[1]:
            body = text[opening.end() : closing.start()]
            found.append((name[1].strip(), body, (opening.start(), closing.end())))
    return found


def _weights(wanted: list[str], sentences: list[str]) -> dict[str, float]:
    """Each word of the question weighs more the fewer sentences have it."""
    held = [set(telling(sentence)) for sentence in sentences]
    count = {word: sum(_has(words, word) > 0 for words in held) for word in wanted}
    return {word: math.log(1 + len(sentences) / (1 + n)) + 0.1 for word, n in count.items()}


def _carried(weights: dict[str, float], sentence: str) -> float:
    words = set(telling(sentence))
    return sum(weight * _has(words, word) for word, weight in weights.items())


def _has(words: set[str], word: str) -> float:
    return max((likeness(word, other) for other in words), default=0.0)
