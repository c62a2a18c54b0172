"""A provider's moderation that may be down or slow, and never holds anybody up for it."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol

from core.errors import Unavailable
from core.safety.findings import Finding, Judgement
from core.safety.rules import Rules

log = logging.getLogger(__name__)
REST_S = 30.0  # without the judge after it was down
PART_CHARS = 800  # of an answer that are judged at once
KEPT_MAX = 2_000  # judgements that are remembered: a fallback sends the same text again


class Judge(Protocol):
    """A model that judges texts and pictures."""

    @property
    def model(self) -> str:
        """Its full name."""
        ...

    def warm(self) -> None:
        """What it needs is loaded, so that the first judgement is no slower. Not on the loop."""
        ...

    def begin(self, texts: Sequence[str], images: Sequence[str]) -> Future[Judgement]:
        """The judgement, soon; the future raises Unavailable when it does not come in time.

        Its `reason` is "down" where nobody would be answered. The judgement holds the highest score
        of each category. Images are data URLs.
        """
        ...


class Bench:
    """One judge with a rest after it was down, and a memory of what it judged."""

    def __init__(
        self,
        judge: Judge,
        *,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = judge.model
        self._judge, self._rest_s, self._clock = judge, rest_s, clock
        self._rests_until = float("-inf")
        self._known: OrderedDict[str, Judgement] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def detail(self) -> str:
        """Whether it answers, for the status page."""
        return f"{self.model} does not answer; built-in rules only" if self._rests else self.model

    def warm(self) -> None:
        """What the judge needs is loaded; seconds, so do it beside a start."""
        self._judge.warm()

    def begin(self, texts: Sequence[str], images: Sequence[str] = ()) -> Future[Judgement] | None:
        """The judgement to come, or None while the judge rests. A known one costs nothing."""
        key = _digest(texts, images)
        with self._lock:
            known = self._known.get(key)
        if known:
            ready: Future[Judgement] = Future()
            ready.set_result(known)
            return ready
        if self._rests:
            return None
        future = self._judge.begin(texts, images)
        future.add_done_callback(lambda done: self._learn(key, done))
        return future

    def take(self, future: Future[Judgement] | None) -> Judgement | None:
        """What `begin` promised, waited for; None when nobody judged."""
        try:
            return future.result() if future else None
        except Unavailable:
            return None

    @property
    def _rests(self) -> bool:
        return self._clock() < self._rests_until

    def _learn(self, key: str, done: Future[Judgement]) -> None:
        error = done.exception()
        if error is None:
            self._keep(key, done.result())
        elif isinstance(error, Unavailable):
            if error.details.get("reason") == "down":
                self._rests_until = self._clock() + self._rest_s
            log.warning("%s Built-in rules are used meanwhile.", error.message)

    def _keep(self, key: str, found: Judgement) -> None:
        """Remembered, without what it cost; not where it read a part only."""
        if found.note:
            log.warning("%s.", found.note)
            return
        with self._lock:
            self._known[key] = Judgement(found.model, found.scores, found.flagged)
            while len(self._known) > KEPT_MAX:
                self._known.popitem(last=False)


class Panel:
    """Hands an answer to the judge in parts while it streams, and collects what was said."""

    def __init__(
        self, bench: Bench, rules: Rules, report: Callable[[dict[str, Any]], object]
    ) -> None:
        self._bench, self._rules, self._report = bench, rules, report
        self._text = ""
        self._asked: list[tuple[str, Future[Judgement]]] = []

    def hear(self, part: str) -> None:
        """More of the answer; every `PART_CHARS` characters are judged."""
        self._text += part
        if len(self._text) >= PART_CHARS and not part[-1].isalnum():
            self.end()

    def end(self) -> None:
        """What is left is being judged."""
        text, self._text = self._text, ""
        if text.strip() and (future := self._bench.begin([text])):
            self._asked.append((text, future))

    def said(self, *, wait: bool) -> Iterator[tuple[str, list[Finding]]]:
        """The model and what it found, for each part that is judged; of all of them by `wait`."""
        asked, self._asked = self._asked, []
        for text, future in asked:
            if not (wait or future.done()):
                self._asked.append((text, future))
                continue
            judgement = self._bench.take(future)
            for use in judgement.uses if judgement else ():
                self._report(dict(use))
            found = self._rules.judged(judgement) if judgement else []
            if judgement and found:
                yield judgement.model, [replace(one, excerpt=text) for one in found]


def _digest(texts: Sequence[str], images: Sequence[str]) -> str:
    made = hashlib.sha256()
    for kind, parts in ((b"t", texts), (b"i", images)):
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            made.update(kind + str(len(data)).encode() + b":" + data)
    return made.hexdigest()
