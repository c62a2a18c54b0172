"""Whether an answer repeats the instructions it was given."""

from __future__ import annotations

import re
from collections import deque

from core.safety.findings import Finding

WORDS = re.compile(r"[^\W_]+")
RUN = 12  # so many words in the same order are no accident
LEAST = 8  # a shorter prompt has nothing to tell
SEVERE = 40  # words: no longer a phrase, but the prompt


class Leak:
    """Follows an answer word by word and compares it with the system prompt."""

    def __init__(self, system: str) -> None:
        words = _words(system)
        self._run = min(RUN, len(words)) if len(words) >= LEAST else 0
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
        severe = self.longest >= SEVERE
        if before and (not severe or before >= SEVERE):
            return None
        score = 1.0 if severe else 0.7
        severity = "severe" if severe else "medium"
        return Finding("prompt-leak", score, severity, f"{self.longest} words of the prompt")


def _words(text: str) -> list[str]:
    return WORDS.findall(text.lower())
