"""The gate that reads what is about to leave: built-in rules always, a provider's judge when keyed.

It refuses what is severe and writes down everything it finds. It is a filter for the obvious: what
a model may do is decided by the other gates, never by what a text says.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.kernel.gates import Ask, Verdict
from core.safety.findings import Finding, Judgement, scores, worst
from core.safety.hearing import level_of, refusal
from core.safety.journal import Journal, Place
from core.safety.judges import Bench
from core.safety.rules import Rules

IMAGE = "data:image/"  # a content that begins so is a picture
KEPT_MAX = 2_000
HELP = (
    "If you or somebody near you is in danger, call your local emergency number now."
    " People who listen, in any country: findahelpline.com."
)


class SafetyGate:
    """Refuses steps whose content is severe; what is found is in Governance, Violations."""

    def __init__(
        self, rules: Rules, journal: Journal, bench: Bench | None = None, *, mode: str = "policy"
    ) -> None:
        self._rules, self._journal, self._bench, self._mode = rules, journal, bench, mode
        self._known: OrderedDict[str, list[Finding]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, ask: Ask) -> Verdict:
        """Allow or refuse. `details["uses"]` are usage rows of the step: what judging it cost."""
        level = level_of(self._mode, ask.policy.moderation)
        if not ask.content or level == "off":
            return Verdict("safety")
        texts = [part for part in ask.content if not part.startswith(IMAGE)]
        images = [part for part in ask.content if part.startswith(IMAGE)]
        future = self._bench.begin(texts, images) if self._bench and level == "full" else None
        local = [finding for text in texts for finding in self._local(text)]
        judged = self._bench.take(future) if self._bench else None
        found_in = _excerpt(texts, images)
        hosted = self._rules.judged(judged) if judged else []
        hosted = [replace(finding, excerpt=found_in) for finding in hosted]
        details = self._details(level, judged, [*local, *hosted])
        severe = worst([*local, *hosted]) == "severe"
        self._write(ask, local, hosted, judged, "blocked" if severe else "logged")
        if not severe:
            return Verdict("safety", details=details)
        found = refusal("This was not sent", [*local, *hosted], _hint([*local, *hosted]))
        said = found.as_value()
        said["details"] |= details
        return Verdict("safety", "refuse", **said)

    def _local(self, text: str) -> list[Finding]:
        """What the rules find in `text`; a long conversation is read once."""
        key = _digest(text)
        with self._lock:
            if key in self._known:
                return self._known[key]
        found = self._rules.find(text, "input")
        with self._lock:
            self._known[key] = found
            while len(self._known) > KEPT_MAX:
                self._known.popitem(last=False)
        return found

    def _details(
        self, level: str, judged: Judgement | None, found: Sequence[Finding]
    ) -> dict[str, Any]:
        details: dict[str, Any] = {"judge": judged.model if judged else "local"}
        if self._bench and level == "full" and not judged:
            details["note"] = f"{self._bench.model} did not judge this"
        if judged and judged.note:
            details["note"] = judged.note
        if judged and judged.uses:
            details["uses"] = [dict(use) for use in judged.uses]
        if found:
            details |= {"found": scores(found), "severity": worst(found)}
        return details

    def _write(
        self,
        ask: Ask,
        local: Sequence[Finding],
        hosted: Sequence[Finding],
        judged: Judgement | None,
        action: str,
    ) -> None:
        place = Place(ask.task_id, ask.seq, ask.policy.name, ask.who.org, ask.who.person)
        if local:
            self._journal.write(place, "input", "local", local, action)
        if hosted and judged:
            self._journal.write(place, "input", judged.model, hosted, action)


def _excerpt(texts: Sequence[str], images: Sequence[str]) -> str:
    """What was judged as a whole, the newest first; a picture is named by its digest."""
    pictures = (f"[picture {_digest(image)[:12]}]" for image in images)
    return " … ".join([*reversed(texts), *pictures])


def _digest(part: str) -> str:
    return hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()


def _hint(found: Sequence[Finding]) -> str:
    about = {finding.category.partition("/")[0] for finding in found}
    return HELP if "self-harm" in about else ""
