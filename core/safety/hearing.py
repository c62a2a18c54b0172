"""Listens to an answer while it streams; what it is not sure of yet is held back.

The text is cut at places that only the text decides (after anything that is no part of a word, a
number or an address, or after 64 characters of one) and judged cut by cut: how it arrived in pieces
makes no difference.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from core.errors import Refused
from core.kernel.calls import Call
from core.kernel.policies import Policy
from core.safety.findings import Finding, worst
from core.safety.journal import Journal, Place
from core.safety.judges import Bench, Panel
from core.safety.leaks import Leak
from core.safety.rules import INVISIBLE, UNSEEN, Rule, Rules, around, made, normal

LEVELS = ("off", "local", "full")
HELD_MAX = 64  # characters without a space that are held back at most
WINDOW = 320  # characters a rule looks back on
STRIDE = 32  # characters between two looks
NEAR = 24  # characters before a cut in which a word may have begun
WORDLY = r"\w.%+@-"  # what words, numbers, e-mail addresses and keys are made of
HIDDEN = rf"[{INVISIBLE}]{{0,8}}+"  # between two letters nobody sees it, and no word ends there
LETTER = rf"[{WORDLY}]{HIDDEN}"
CUT = re.compile(
    rf"{HIDDEN}(?:(?:{LETTER}){{0,{HELD_MAX - 1}}}+[^{WORDLY}]"
    rf"|(?:{LETTER}){{{HELD_MAX - 1}}}[{WORDLY}])"
)
INSIDE = re.compile(rf"[{WORDLY}{INVISIBLE}]\Z")  # cut because it was long, and it goes on
LOCAL = "local"
Record = Callable[[Sequence[Finding], str, str], None]  # findings, what was done, who judged


class Said(Protocol):
    """A turn of a conversation."""

    @property
    def role(self) -> str:
        """Who says it: "system", "user", ..."""
        ...

    @property
    def content(self) -> str:
        """What is said."""
        ...


class Hearing:
    """One answer. Nothing was found: what was released, joined, is exactly what was heard.

    With a `panel` a provider judges it as well, some hundred characters at a time, while it streams
    on; nobody waits for that before the end.
    """

    def __init__(
        self, rules: Rules, system: str, record: Record, panel: Panel | None = None
    ) -> None:
        self.found: list[Finding] = []
        self._rules = rules
        self._open = list(rules.of("output"))  # rules that have not found anything yet
        self._armed: dict[str, int] = {}  # rule -> characters it still looks at
        self._leak = Leak(system)
        self._record = record
        self._panel = panel
        self._held = ""
        self._window = ""
        self._masking = False  # a secret goes on beyond the cut
        self._told = 0

    def hear(self, piece: str) -> str:
        """What may be shown now. Raises Refused for what must not be shown at all.

        It reads nothing and waits for nothing, so it may be called on the loop.
        """
        text, end, released = self._held + piece, 0, []
        self._hosted(wait=False)
        while cut := CUT.match(text, end):
            end = cut.end()
            released.append(self._judge(cut.group()))
        self._held = text[end:]
        return "".join(released)

    def end(self) -> str:
        """The rest; what was found on the way is recorded. Raises Refused as `hear` does."""
        held, self._held = self._held, ""
        rest = self._judge(held) if held else ""
        self._look_at_all()
        if self._panel:
            self._panel.end()
        self._hosted(wait=not _on_loop())
        self.close()
        return rest

    def close(self) -> None:
        """What was found so far is recorded, once; for answers that break off."""
        news, self._told = self.found[self._told :], len(self.found)
        if news:
            masked = any(self._masks(finding) for finding in news)
            self._record(news, "masked" if masked else "logged", LOCAL)

    def _judge(self, part: str) -> str:
        """The part as it may be shown."""
        if self._panel:
            self._panel.hear(part)
        bare = part if part.isascii() else UNSEEN.sub("", part)
        near, self._window = self._window[-NEAR:] + bare, (self._window + bare)[-WINDOW:]
        small = (near if near.isascii() else normal(near)).lower()
        findings = []
        if leak := self._leak.hear(bare):
            findings.append(replace(leak, excerpt=self._window))
        shown = self._unmasked(part)
        for rule in tuple(self._open):
            if any(word in small for word in rule.needs):
                self._armed[rule.name] = WINDOW
            if rule.name in self._armed and (span := self._look(rule, len(bare))):
                findings.append(made(rule, around(normal(self._window), *span)))
                if rule.mask:
                    shown = self._shut(rule, part, span)
                else:
                    self._open.remove(rule)
        if findings:
            self._note(findings)
        return shown

    def _look(self, rule: Rule, heard: int) -> tuple[int, int] | None:
        """Where an armed rule holds in the window; it looks when a word of its is near, then often.

        What is masked is whole at its cut; a phrase may need a few more words.
        """
        left = self._armed[rule.name] - heard
        self._armed[rule.name] = left
        if left < WINDOW - heard and left // STRIDE == (left + heard) // STRIDE:
            return None
        window = self._window if rule.mask else normal(self._window)
        match = self._rules.patterns[rule.name].search(window)
        if match or left <= 0 or rule.mask:
            del self._armed[rule.name]
        return match.span() if match else None

    def _look_at_all(self) -> None:
        """The last words: every armed rule looks once more."""
        window = normal(self._window)
        found = [
            made(rule, around(window, *match.span()))
            for rule in self._open
            if rule.name in self._armed and not rule.mask
            if (match := self._rules.patterns[rule.name].search(window))
        ]
        if found:
            self._note(found)

    def _shut(self, rule: Rule, part: str, span: tuple[int, int]) -> str:
        """The part without what a masking rule found; and of what it is the start of."""
        seen = [place for place, sign in enumerate(part) if not UNSEEN.match(sign)]
        begins = len(self._window) - len(seen)
        start, end = max(0, span[0] - begins), max(0, span[1] - begins)
        self._window = ""  # what is masked is not found again
        self._masking = end == len(seen) and INSIDE.search(part) is not None
        places = [*seen, len(part)]
        return f"{part[: places[start]]}[{rule.category}]{part[places[end] :]}"

    def _unmasked(self, part: str) -> str:
        """The part without the rest of something masked that was cut because it was long."""
        if not self._masking:
            return part
        self._masking = INSIDE.search(part) is not None
        return "" if self._masking else part[-1]

    def _hosted(self, *, wait: bool) -> None:
        """What the provider has said meanwhile. Raises Refused when that is severe."""
        for model, findings in self._panel.said(wait=wait) if self._panel else ():
            severe = worst(findings) == "severe"
            self._record(findings, "blocked" if severe else "logged", model)
            if severe:
                raise refusal("The answer was stopped", findings)

    def _masks(self, finding: Finding) -> bool:
        return any(rule.mask and rule.name == finding.rule for rule in self._rules.rules)

    def _note(self, findings: Iterable[Finding]) -> None:
        self.found += findings
        if worst(self.found) == "severe":
            news, self._told = self.found[self._told :], len(self.found)
            self._record(news, "blocked", LOCAL)
            raise refusal("The answer was stopped", self.found)


class Guard:
    """Makes a hearing for each answer of a studio."""

    def __init__(
        self, rules: Rules, journal: Journal, bench: Bench | None = None, *, mode: str = "policy"
    ) -> None:
        self._rules, self._journal, self._bench, self._mode = rules, journal, bench, mode

    def __call__(self, call: Call, messages: Sequence[Said]) -> Hearing | None:
        """A hearing of the answer to `messages`; None where the policy asks for none."""
        system = "\n".join(turn.content for turn in messages if turn.role == "system")
        place = Place(call.task_id, call.seq, call.policy.name)
        return self.open(call.policy, place, system, lambda use: call.use(**use))

    def open(
        self,
        policy: Policy,
        place: Place,
        system: str = "",
        report: Callable[[dict[str, Any]], object] = lambda use: use,
    ) -> Hearing | None:
        """The same for whoever has no call; `report` is told what judging it cost."""
        level = level_of(self._mode, policy.moderation)
        if level == "off":
            return None

        def record(findings: Sequence[Finding], action: str, source: str) -> None:
            def write() -> None:
                self._journal.write(place, "output", source, findings, action)

            _aside(write)

        panel = Panel(self._bench, self._rules, report) if self._bench and level == "full" else None
        return Hearing(self._rules, system, record, panel)


def level_of(mode: str, policy: str) -> str:
    """How much is moderated: the least of what the settings and the policy say."""
    allowed = "full" if mode == "policy" else mode
    return min(allowed, policy, key=LEVELS.index)


def refusal(what: str, findings: Iterable[Finding], hint: str = "") -> Refused:
    """The error for a text that is blocked; the text is not repeated."""
    severe = sorted({f.category for f in findings if f.severity == "severe"})
    return Refused(
        f"{what}: it was found to be about {', '.join(severe)}.",
        hint=hint or "Ask in another way. A reviewer can see it in Governance, Violations.",
        categories=severe,
    )


def _on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _aside(write: Callable[[], None]) -> None:
    """Written now, or in a thread of its own where waiting would hold up every stream."""
    if _on_loop():
        threading.Thread(target=write, name="violation").start()
    else:
        write()
