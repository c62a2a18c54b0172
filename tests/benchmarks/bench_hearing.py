"""A hearing of an answer that streams in word by word, beside one search of the whole text.

The floor reads the finished answer once with every rule, which no studio that streams can do. The
peer does the same over the last window at every word: what a hearing costs without its cuts and
its words that arm a rule.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from core.safety.hearing import WINDOW, Hearing
from core.safety.rules import load, normal
from tests.benchmarks.world import say
from tests.core.safety.corpus import ANSWERS_ORDINARY

TURNS = 9
RULES = load()
SYSTEM = "You are the studio. Answer questions about tables by running tools, one at a time."
TEXTS = {  # name -> the text, and which share of the peer's cost ours may be
    "ordinary prose": ("Revenue of the north rose by four percent in May. " * 60, 0.1),
    "every other word arms a rule": ("".join(ANSWERS_ORDINARY) * 4, 0.4),
}


def heard(words: Sequence[str]) -> None:
    """Ours."""
    hearing = Hearing(RULES, SYSTEM, lambda *_: None)
    for word in words:
        hearing.hear(word)
    hearing.end()


def searched(text: str) -> None:
    """Every rule of an answer looks at all of `text`."""
    text = normal(text)
    for rule in RULES.of("output"):
        RULES.patterns[rule.name].search(text)


def naive(words: Sequence[str]) -> None:
    """The peer."""
    window = ""
    for word in words:
        window = (window + word)[-WINDOW:]
        searched(window)


def each_us(work: Callable[[], None], pieces: int) -> float:
    """Processor time a piece, of the quietest turn."""
    return min(_spent_s(work) for _ in range(TURNS)) / pieces * 1e6


def _spent_s(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    """Both texts; 1 when one is not clearly cheaper than the peer."""
    missed = 0
    for name, (text, most) in TEXTS.items():
        words = [f"{word} " for word in text.split()]
        ours = each_us(lambda words=words: heard(words), len(words))
        floor = each_us(lambda text=text: searched(text), len(words))
        peer = each_us(lambda words=words: naive(words), len(words))
        broken = ours / peer > most
        missed += broken
        say(
            f"{name}, {len(words)} words",
            f"{ours:.1f} us a word",
            f"the whole text once {floor:.1f} us, ratio {ours / floor:.1f}"
            f"; the last {WINDOW} characters at every word {peer:.1f} us",
            ours / peer,
            f"at most {most}{', MISSED' if broken else ''}",
        )
    return min(1, missed)


if __name__ == "__main__":
    sys.exit(main())
