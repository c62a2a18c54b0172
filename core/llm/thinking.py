"""Thoughts that local models write before their answer, told from the answer.

They stand between <think> and </think> at its very beginning, where a server leaves them there.
"""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


class Thinking:
    """Splits a text while it arrives, however its pieces are cut."""

    def __init__(self) -> None:
        self._held = ""  # may still become a mark
        self._thinks: bool | None = None  # not known before the first signs
        self._bare = False  # nothing of the answer has come after the thoughts yet

    def split(self, piece: str) -> tuple[str, str]:
        """The thought and the answer that are certain with this piece."""
        self._held += piece
        if self._thinks is None:
            self._begin()
        if self._thinks:
            return self._thought()
        return "", "" if self._thinks is None else self._answer()

    def rest(self) -> tuple[str, str]:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return (held, "") if self._thinks else ("", held)

    def _begin(self) -> None:
        bare = self._held.lstrip()
        if bare.startswith(OPEN):
            self._thinks, self._held = True, bare[len(OPEN) :]
        elif not OPEN.startswith(bare):
            self._thinks = False

    def _thought(self) -> tuple[str, str]:
        thought, mark, rest = self._held.partition(CLOSE)
        if mark:
            self._thinks, self._bare, self._held = False, True, rest
            return thought, self._answer()
        lengths = range(1, len(CLOSE))
        keep = max((n for n in lengths if self._held.endswith(CLOSE[:n])), default=0)
        at = len(self._held) - keep
        thought, self._held = self._held[:at], self._held[at:]
        return thought, ""

    def _answer(self) -> str:
        held, self._held = self._held, ""
        if self._bare:  # the lines between thoughts and answer belong to neither
            held = held.lstrip()
            self._bare = not held
        return held
