"""A deck's queries and recipes run again over the supplied tables, each under a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from core.data.grid import Grid
from core.data.tables import Tables
from core.errors import Cancelled, NotFound, StudioError
from core.insight.checks.supply import Supply
from core.insight.claims import Claim
from core.insight.drawer import claim_of, prefix_of, slide_of
from core.insight.receipts import Q_MAX, Look, Receipt, receive
from core.insight.slides import Deck, LookTaken, Slide
from core.insight.talk.vocabulary import Vocabulary, gather
from core.tools.evidence import Outcome
from core.tools.tool import TOOLS, discover

QUERY_TIMEOUT_S = 60.0
RECIPE_TIMEOUT_S = 300.0

T = TypeVar("T")


class Again:
    """What the deck's queries and recipes say now. A text instead of a value says why not."""

    def __init__(self, deck: Deck, supply: Supply, tables: Tables) -> None:
        discover()
        self._deck, self._supply, self._tables = deck, supply, tables
        self._grids: dict[str, Grid | str] = {}
        self._outcomes: dict[int, Outcome | str] = {}
        self._families: dict[str, dict[str, Receipt] | str] = {}
        self.names: dict[str, str] = {}  # of findings whose recipe ran again
        self.unchanged = supply.unchanged

    def grid(self, query: str) -> Grid | str:
        """The query's rows now."""
        if query not in self._grids:
            self._grids[query] = self._ask(query)
        return self._grids[query]

    def outcome(self, number: int) -> Outcome | str:
        """What the look's recipe says now."""
        if number not in self._outcomes:
            look = next((one for one in self._deck.looks if one.number == number), None)
            made = self._run(look) if look else f"The deck has no look {number}."
            self._outcomes[number] = made
            if isinstance(made, Outcome):
                for finding in made.findings:
                    prefix = prefix_of(number, finding.key)
                    self.names |= {f"{prefix}.{name}": v for name, v in finding.names.items()}
        return self._outcomes[number]

    def claim(self, id: str, number: int) -> Claim | str | None:
        """The claim as the look's recipe makes it now, or why not; None when it makes none."""
        made = self.outcome(number)
        if isinstance(made, str):
            return made
        look = Look(number=number, family="", direct=False, outcome=made)
        for finding in made.findings:
            for name, figure in finding.figures.items():
                if f"{prefix_of(number, finding.key)}.{name}" == id:
                    try:
                        return claim_of(id, look, figure, self._deck.sources)
                    except NotFound as error:
                        return error.message
        return None

    def words(self) -> Vocabulary | str:
        """What the data calls things, or why it cannot be read."""
        if self._supply.missing:
            return next(iter(self._supply.missing.values()))
        return self._within(QUERY_TIMEOUT_S, lambda: gather(self._tables))

    def tests(self) -> dict[str, int] | None:
        """How many comparisons each family looks at now; None when that cannot be told."""
        counted = dict.fromkeys((look.family for look in self._deck.looks), 0)
        for look in self._deck.looks:
            made = self.outcome(look.number)
            if isinstance(made, str):
                return None
            counted[look.family] += len(made.tests)
        return counted

    def receipt(self, finding: str, family: str) -> Receipt | str | None:
        """The finding's receipt now; None when the recipe does not make the finding any more."""
        made = self._received(family)
        return made if isinstance(made, str) else made.get(finding)

    def supported(self, family: str) -> list[Receipt]:
        """Receipts of all that the family supports now; none when that cannot be told."""
        made = self._received(family)
        return [] if isinstance(made, str) else [one for one in made.values() if one.supported]

    def slide(self, slide: Slide) -> Slide | None:
        """The slide as its recipe makes it now; None when that cannot be told."""
        look = next((one for one in self._deck.looks if one.number == slide.look), None)
        made = self.outcome(look.number) if look else ""
        if look is None or isinstance(made, str):
            return None
        receipt = slide.receipt or Receipt(
            finding=slide.key, family=look.family, direct=look.direct, tests=0, description=True
        )
        whole = Look(number=look.number, family=look.family, direct=look.direct, outcome=made)
        for finding in made.findings:
            if prefix_of(look.number, finding.key) == slide.key:
                return slide_of(whole, finding, receipt)
        return None

    def _ask(self, query: str) -> Grid | str:
        asked = self._deck.queries[query]
        for hash in asked.sources:
            if hash in self._supply.missing:
                return self._supply.missing[hash]
        if self._forged(asked.look, asked.sql):
            return "The recipe does not write this query for this data."
        return self._within(QUERY_TIMEOUT_S, lambda: self._tables.query(asked.sql))

    def _forged(self, number: int, sql: str) -> bool:
        """Whether a recipe that can be run again, on unchanged data, writes other queries."""
        if not self._supply.unchanged:
            return False
        outcome = self.outcome(number)
        return isinstance(outcome, Outcome) and sql not in {one.sql for one in outcome.queries}

    def _run(self, look: LookTaken) -> Outcome | str:
        if self._supply.missing:
            return next(iter(self._supply.missing.values()))
        if look.recipe not in TOOLS:
            return f"This studio has no recipe {look.recipe!r}."
        if TOOLS[look.recipe].version != look.version:
            return f"The recipe {look.recipe!r} has changed since the deck was made."
        params = dict(look.params)
        return self._within(RECIPE_TIMEOUT_S, lambda: TOOLS[look.recipe](self._tables, params))

    def _received(self, family: str) -> dict[str, Receipt] | str:
        if family not in self._families:
            self._families[family] = self._receive(family)
        return self._families[family]

    def _receive(self, family: str) -> dict[str, Receipt] | str:
        """All tests of the family again: a q depends on every comparison looked at."""
        looks: list[Look] = []
        for one in self._deck.looks:
            if one.family == family:
                made = self.outcome(one.number)
                if isinstance(made, str):
                    return made
                looks.append(
                    Look(number=one.number, family=family, direct=one.direct, outcome=made)
                )
        made_again = receive(looks, min(self._deck.method.q_max, Q_MAX))
        return {receipt.finding: receipt for receipt in made_again}

    def _within(self, timeout_s: float, act: Callable[[], T]) -> T | str:
        """What `act` gives, or why it does not; stopped when its time is over."""
        try:
            with self._clock(timeout_s):
                return act()
        except Cancelled:
            return f"It took longer than {timeout_s:g} seconds."
        except StudioError as error:
            return f"It cannot be computed on this data: {error.message}"

    @contextmanager
    def _clock(self, timeout_s: float) -> Iterator[None]:
        clock = threading.Timer(timeout_s, self._tables.interrupt)
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            clock.join()
            self._tables.resume()
