"""The looks of a run, opened: which findings may be shown, their slides, claims and queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from core.insight.claims import Claim, Evidence, cell, sql_hash, written
from core.insight.receipts import Look, Receipt
from core.insight.render import Known
from core.insight.slides import Landed, Slide, Statement, Unsupported
from core.insight.talk.standing import Standing, standings
from core.insight.talk.subjects import Subject, name_of, subject_of
from core.tools.evidence import PLACE, Chart, Figure, Finding, Grid, Query

ROWS_MAX = 200  # of a query, kept in the deck
COLUMNS_MAX = 40  # beyond, only those that are shown are kept
BRACKETS = re.compile(r"[\[\]\s]+")
TELLING = 0.5  # a description of this weight answers a direct question


class Drawer:
    """The looks, opened: every finding that may be shown, by claim id."""

    def __init__(
        self, looks: Sequence[Look], receipts: Sequence[Receipt], sources: Sequence[Landed]
    ) -> None:
        self.sources = sources
        self.receipts = {receipt.finding: receipt for receipt in receipts}
        self.looks = {look.number: look for look in looks}
        self.shown: list[tuple[Look, Finding, Receipt]] = []
        self.figures: dict[str, tuple[Look, Figure]] = {}
        self.names: dict[str, str] = {}
        for look, finding in _findings(looks):
            receipt = self.receipts.get(f"{look.number}.{finding.key}")
            if receipt and (receipt.supported or receipt.description):
                self.shown.append((look, finding, receipt))
                prefix = prefix_of(look.number, finding.key)
                self.figures |= {f"{prefix}.{n}": (look, f) for n, f in finding.figures.items()}
                self.names |= {f"{prefix}.{n}": name for n, name in finding.names.items()}

    def known(self) -> Known:
        """Every id that a sentence may refer to with its text, and what the findings say.

        Descriptions and supported findings only; what is not supported cannot be cited.
        """
        said = [
            refer(text, prefix_of(look.number, finding.key))
            for look, finding, _ in self.shown
            for text in (finding.title, *finding.details, *finding.caveats)
        ]
        return Known({id: self.claim(id).text for id in self.figures} | self.names, said)

    def subjects(self) -> dict[str, Subject]:
        """What every id that a sentence may refer to is about."""
        found = {id: name_of(name) for id, name in self.names.items()}
        stands = self.standings()
        for id, (look, figure) in self.figures.items():
            query = look.outcome.queries[figure.query]
            found[id] = subject_of(self.claim(id), query.grid, query.sql, stands[id])
        return found

    def standings(self) -> dict[str, tuple[Standing, ...]]:
        """Where the value of every claim stands among the others of its column."""
        told: dict[str, list[Figure]] = {}
        for look, finding in _findings(self.looks.values()):
            for figure in finding.figures.values():
                told.setdefault(query_id(look.number, figure.query), []).append(figure)
        found = {}
        for id, (look, figure) in self.figures.items():
            query, at = look.outcome.queries[figure.query], query_id(look.number, figure.query)
            found[id] = standings(figure, at, query.grid, query.sql, told[at])
        return found

    def slides(self, kind: Literal["finding", "description"]) -> list[Slide]:
        """The slides of one kind: of direct looks first, then the heaviest."""
        mine = [one for one in self.shown if one[2].description == (kind == "description")]
        mine.sort(key=lambda one: (not one[0].direct, -one[1].weight, one[0].number, one[1].key))
        return [slide_of(look, finding, receipt) for look, finding, receipt in mine]

    def direct(self, slide: Slide) -> bool:
        """Whether the slide comes from a look that the question itself asked for."""
        return slide.look in self.looks and self.looks[slide.look].direct

    def telling(self, slide: Slide) -> bool:
        """Whether a description belongs to a direct question and carries its story."""
        return any(
            look.direct and finding.weight >= TELLING
            for look, finding, _ in self.shown
            if prefix_of(look.number, finding.key) == slide.key
        )

    def claim(self, id: str) -> Claim:
        """The claim with this id, its value read from the look's own rows."""
        look, figure = self.figures[id]
        return claim_of(id, look, figure, self.sources)

    def statements(self, claims: Iterable[Claim], slides: Sequence[Slide]) -> dict[str, Statement]:
        """The queries behind claims and charts, trimmed to what they show."""
        wheres: dict[str, list[Evidence]] = {}
        for claim in claims:
            wheres.setdefault(claim.evidence.query, []).append(claim.evidence)
        charts = {slide.query: slide.chart for slide in slides if slide.query and slide.chart}
        found: dict[str, Statement] = {}
        for look in self.looks.values():
            for index, query in enumerate(look.outcome.queries):
                id = query_id(look.number, index)
                if id in wheres or id in charts:
                    grid = trim(query.grid, wheres.get(id, []), charts.get(id))
                    found[id] = Statement(
                        sql=query.sql,
                        sql_hash=sql_hash(query.sql),
                        title=query.title,
                        grid=grid,
                        sources=sources_of(query, look, self.sources),
                        look=look.number,
                    )
        return found

    def unsupported(self) -> list[Unsupported]:
        """What was tested and does not stand out."""
        return [
            Unsupported(
                finding=f"{look.number}.{finding.key}",
                label=", ".join(finding.tests),
                q=receipt.q,
                reason=receipt.reason,
            )
            for look, finding in _findings(self.looks.values())
            if (receipt := self.receipts.get(f"{look.number}.{finding.key}"))
            and not (receipt.supported or receipt.description)
        ]


def slide_of(look: Look, finding: Finding, receipt: Receipt) -> Slide:
    """The slide of one finding; a description carries no receipt."""
    prefix = prefix_of(look.number, finding.key)
    chart = finding.chart
    return Slide(
        key=prefix,
        kind="description" if receipt.description else "finding",
        title=refer(finding.title, prefix),
        body=[refer(text, prefix) for text in finding.details],
        caveats=[refer(text, prefix) for text in finding.caveats],
        chart=chart,
        query=query_id(look.number, chart.query) if chart else None,
        receipt=None if receipt.description else receipt,
        look=look.number,
    )


def claim_of(id: str, look: Look, figure: Figure, sources: Sequence[Landed]) -> Claim:
    """The claim that a figure of a look makes. Raises NotFound when its cell does not exist."""
    query = look.outcome.queries[figure.query]
    value = cell(query.grid, figure.where, figure.column)
    return Claim(
        id=id,
        label=figure.label,
        text=written(value, figure, figure.unit),
        value=value,
        unit=figure.unit,
        evidence=Evidence(
            sources=sources_of(query, look, sources),
            query=query_id(look.number, figure.query),
            sql_hash=sql_hash(query.sql),
            **figure.model_dump(
                include={"where", "column", "style", "scale", "decimals", "sign", "absolute"}
            ),
        ),
    )


def prefix_of(number: int, key: str) -> str:
    """The id of a finding in the deck; brackets in a key would end a reference early."""
    return f"{number}.{BRACKETS.sub('_', key)}"


def query_id(number: int, index: int) -> str:
    """The id of a query in the deck: look, then its place in the look, from one."""
    return f"q{number}.{index + 1}"


def refer(text: str, prefix: str) -> str:
    """A finding's text with its placeholders as references of the deck."""
    return PLACE.sub(lambda found: f"[[{prefix}.{found[1]}]]", text)


def sources_of(query: Query, look: Look, sources: Sequence[Landed]) -> list[str]:
    """Hashes of the files that the query names; all of them when it names none it can tell."""
    table = look.outcome.params.get("table")
    named = [one.hash for one in sources if one.table == table or one.table in query.sql]
    return named or [one.hash for one in sources]


def trim(grid: Grid, shown: Sequence[Evidence], chart: Chart | None) -> Grid:
    """The rows and columns that claims and the chart show, at most `ROWS_MAX` rows, in order."""
    keep = list(range(len(grid.columns)))
    if len(keep) > COLUMNS_MAX:
        named = {name for one in shown for name in (*one.where, one.column)}
        named |= {chart.x, *chart.y} if chart else set()
        keep = [i for i in keep if grid.columns[i] in named]
    rows = range(len(grid.rows))
    if len(rows) > ROWS_MAX:
        needed = {i for i in rows if any(_has(grid, i, one.where) for one in shown)}
        spare = max(0, ROWS_MAX - len(needed))
        others = [i for i in rows if i not in needed]
        step = max(1.0, len(others) / spare) if spare else len(others) + 1.0
        needed |= {others[int(k * step)] for k in range(min(spare, len(others)))}
        rows = sorted(needed)[:ROWS_MAX]
    return Grid(
        columns=[grid.columns[i] for i in keep],
        rows=[[grid.rows[r][i] for i in keep] for r in rows],
        truncated=grid.truncated or len(rows) < len(grid.rows),
    )


def _has(grid: Grid, row: int, where: Mapping[str, Any]) -> bool:
    return all(grid.rows[row][grid.columns.index(name)] == v for name, v in where.items())


def _findings(looks: Iterable[Look]) -> Iterator[tuple[Look, Finding]]:
    for look in looks:
        for finding in look.outcome.findings:
            yield look, finding
