"""Quote the sentences that answer a question from given passages, each with its source."""

from __future__ import annotations

import math
import re

from core.llm.offline.words import likeness, telling

NUMBERED = re.compile(
    r"^\s*\[([\w.-]{1,40})\]:?\s+(.+?)(?=^\s*\[[\w.-]{1,40}\]:?\s|\n\s*\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
TAGGED = re.compile(
    r"<(passage|document|source)\b[^>]*?\b(?:id|name)=[\"']?([\w .-]+?)[\"']?\s*>(.*?)</\1>",
    re.DOTALL,
)
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
    tagged = [(source.strip(), " ".join(body.split())) for _, source, body in TAGGED.findall(text)]
    numbered = [(source, " ".join(body.split())) for source, body in NUMBERED.findall(text)]
    return tagged or numbered


def question_of(whole: str, asked: str) -> str:
    """What is asked, without the passages themselves."""
    stated = ASKED.search(whole)
    return stated[1] if stated else NUMBERED.sub("", TAGGED.sub("", asked))


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
