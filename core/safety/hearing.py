"""Listens to an answer while it streams; what it is not sure of yet is held back.

The text is cut at places that only the text decides (after a space or a sentence mark, or after 64
characters without one), and judged cut by cut: how it arrived in pieces makes no difference.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from core.errors import Refused
from core.kernel.calls import Call
from core.kernel.policies import Policy
from core.safety.findings import Finding, worst
from core.safety.journal import Journal, Place
from core.safety.leaks import Leak
from core.safety.rules import Rule, Rules, around, made, normal

HELD_MAX = 64  # characters without a space that are held back at most
WINDOW = 320  # characters a rule looks back on
NEAR = 24  # characters before a cut in which a word may have begun
CUT = re.compile(
    rf"[^\s。、！？；]{{0,{HELD_MAX - 1}}}[\s。、！？；]|[^\s。、！？；]{{{HELD_MAX}}}"
)
Record = Callable[[Sequence[Finding], str], None]  # findings, what was done


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
    """One answer. Nothing was found: what was released, joined, is exactly what was heard."""

    def __init__(self, rules: Rules, system: str, record: Record) -> None:
        self.found: list[Finding] = []
        self._rules = rules
        self._open = list(rules.of("output"))  # rules that have not found anything yet
        self._armed: dict[str, int] = {}  # rule -> characters it still looks at
        self._leak = Leak(system)
        self._record = record
        self._held = ""
        self._window = ""
        self._masking = ""  # a secret goes on beyond the cut
        self._told = 0

    def hear(self, piece: str) -> str:
        """What may be shown now. Raises Refused for what must not be shown at all.

        It reads nothing and waits for nothing, so it may be called on the loop.
        """
        text = self._held + piece
        released, end = [], 0
        for cut in CUT.finditer(text):
            released.append(self._judge(cut.group()))
            end = cut.end()
        self._held = text[end:]
        return "".join(released)

    def end(self) -> str:
        """The rest; what was found on the way is recorded. Raises Refused as `hear` does."""
        held, self._held = self._held, ""
        rest = self._judge(held) if held else ""
        self.close()
        return rest

    def close(self) -> None:
        """What was found so far is recorded, once; for answers that break off."""
        news, self._told = self.found[self._told :], len(self.found)
        if news:
            masked = any(self._masks(finding) for finding in news)
            self._record(news, "masked" if masked else "logged")

    def _judge(self, part: str) -> str:
        """The part as it may be shown: between two cuts, at most 64 characters and a space."""
        before, self._window = self._window, (self._window + part)[-WINDOW:]
        findings = []
        if leak := self._leak.hear(part):
            findings.append(Finding(**{**vars(leak), "excerpt": self._window}))
        small = (before[-NEAR:] + part).lower()
        shown = self._unmasked(part)
        for rule in tuple(self._open):
            if any(word in small for word in rule.needs):
                self._armed[rule.name] = WINDOW
            if rule.name in self._armed and (finding := self._look(rule, len(part))):
                findings.append(finding)
                if rule.mask:
                    shown = self._mask(rule, part)
        if findings:
            self._note(findings)
        return shown

    def _look(self, rule: Rule, heard: int) -> Finding | None:
        """What an armed rule finds now; one that masks looks at this part only, and goes on."""
        self._armed[rule.name] -= heard
        text = normal(self._window)
        match = self._rules.patterns[rule.name].search(text)
        if match:
            if not rule.mask:
                self._open.remove(rule)
            self._armed.pop(rule.name)
            return made(rule, around(text, match.start(), match.end()))
        if self._armed[rule.name] <= 0:
            self._armed.pop(rule.name)
        return None

    def _unmasked(self, part: str) -> str:
        """The part without the rest of a secret that was too long for one."""
        if not self._masking:
            return part
        self._masking = "" if part[-1].isspace() else self._masking
        return part[-1] if part[-1].isspace() else ""

    def _mask(self, rule: Rule, part: str) -> str:
        shown = self._rules.patterns[rule.name].sub(f"[{rule.category}]", part)
        self._window = shown  # what is masked is not found again
        if not part[-1].isspace() and len(part) >= HELD_MAX:
            self._masking = rule.category
        return shown

    def _masks(self, finding: Finding) -> bool:
        return any(rule.mask and rule.name == finding.rule for rule in self._rules.rules)

    def _note(self, findings: Iterable[Finding]) -> None:
        self.found += findings
        if worst(self.found) == "severe":
            news, self._told = self.found[self._told :], len(self.found)
            self._record(news, "blocked")
            raise refusal("The answer was stopped", self.found)


class Guard:
    """Makes a hearing for each answer of a studio."""

    def __init__(self, rules: Rules, journal: Journal, *, mode: str = "policy") -> None:
        self._rules, self._journal, self._mode = rules, journal, mode

    def __call__(self, call: Call, messages: Sequence[Said]) -> Hearing | None:
        """A hearing of the answer to `messages`; None where the policy asks for none."""
        system = "\n".join(turn.content for turn in messages if turn.role == "system")
        return self.open(call.policy, task=call.task_id, seq=call.seq, system=system)

    def open(
        self,
        policy: Policy,
        *,
        task: str,
        seq: int,
        system: str = "",
        org: str = "",
        person: str = "",
    ) -> Hearing | None:
        """The same for whoever has no call; without an organisation the task tells whose it is."""
        if "off" in (self._mode, policy.moderation):
            return None
        place = Place(task, seq, policy.name, org, person)

        def record(findings: Sequence[Finding], action: str) -> None:
            def write() -> None:
                self._journal.write(place, "output", "local", findings, action)

            _aside(write)

        return Hearing(self._rules, system, record)


def refusal(what: str, findings: Iterable[Finding], hint: str = "") -> Refused:
    """The error for a text that is blocked; the text is not repeated."""
    severe = sorted({f.category for f in findings if f.severity == "severe"})
    return Refused(
        f"{what}: the safety rules found {', '.join(severe)}.",
        hint=hint or "Ask in another way. A reviewer can see it in Governance, Violations.",
        categories=severe,
    )


def _aside(write: Callable[[], None]) -> None:
    """Written now, or in a thread of its own where waiting would hold up every stream."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        write()
    else:
        threading.Thread(target=write, name="violation").start()
