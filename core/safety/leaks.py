"""Whether an answer repeats the instructions it was given."""

from __future__ import annotations

import re
from collections import deque

from core.safety.findings import Finding

HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3040-\u30ff"
THAI = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # and its neighbours: Lao, Burmese, Khmer
SCRIPTS = {HAN: 2, KANA: 3, THAI: 5}  # without spaces; so many signs say what an English word does
WORDS = re.compile(f"[{HAN}{KANA}{THAI}]|[^\\W_{HAN}{KANA}{THAI}]+")
# In words; without spaces in as many signs as say the same.
RUN = 12  # so many in the same order are no accident
LEAST = 8  # a shorter prompt has nothing to tell
WHOLE = 20  # a shorter prompt may be one sentence, which an answer may say as well
SEVERE = 40  # no longer a phrase, but the prompt


class Leak:
    """Follows an answer word by word and compares it with the system prompt."""

    def __init__(self, system: str) -> None:
        words = _words(system)
        self._signs = _signs_a_word(system, len(words))
        run, whole, severe = (round(many * self._signs) for many in (RUN, WHOLE, SEVERE))
        self._run = min(run, len(words)) if len(words) >= LEAST * self._signs else 0
        self._severe = min(severe, max(whole, len(words)))  # all of a short one
        last = len(words) - self._run + 1
        self._known = {tuple(words[i : i + self._run]) for i in range(last)} if self._run else set()
        self._heard: deque[str] = deque(maxlen=self._run or 1)
        self._repeated = 0  # words of the prompt in a row, up to now
        self.longest = 0

    def hear(self, text: str) -> Finding | None:
        """A finding at the word that makes it one, and again when it becomes severe."""
        if not self._run:
            return None
        found = None
        for word in _words(text):
            self._heard.append(word)
            found = self._next() or found
        return found

    def _next(self) -> Finding | None:
        if len(self._heard) < self._run or tuple(self._heard) not in self._known:
            self._repeated = 0
            return None
        self._repeated = self._repeated + 1 if self._repeated else self._run
        before, self.longest = self.longest, max(self.longest, self._repeated)
        severe = self.longest >= self._severe
        if before and (not severe or before >= self._severe):
            return None
        score = 1.0 if severe else 0.7
        severity = "severe" if severe else "medium"
        told = round(self.longest / self._signs)
        return Finding("prompt-leak", score, severity, f"{told} words of the prompt")


def _words(text: str) -> list[str]:
    return WORDS.findall(text.lower())


def _signs_a_word(text: str, found: int) -> float:
    """How many of what `WORDS` finds say what one word does; 1 where words have spaces."""
    signs = {many: len(re.findall(f"[{script}]", text)) for script, many in SCRIPTS.items()}
    words = found - sum(signs.values()) + sum(count / many for many, count in signs.items())
    return found / words if found else 1.0
