"""Ranking: which of some texts answer a question best. Priced by query, or by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from core.errors import Invalid
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.gateway import Gateway
from core.llm.media.doors import Bill, Receipt, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import Place, ask, garbled, places, reading

TIMEOUT_S = 60.0
DOCUMENTS_MAX, QUERY_MAX = 1_000, 8_000
PIECE_TOKENS, PIECES = 500, 100  # longer texts count as several; so many are one query


class Ranked(BaseModel):
    """The place of one text: its index in what was given, and how well it answers."""

    index: int
    score: float


class Ranking(Receipt):
    """Texts by how well they answer, best first."""

    order: list[Ranked]


def rerank(
    run: Run,
    llm: Gateway,
    query: str,
    documents: Sequence[str],
    *,
    top: int | None = None,
    models: Sequence[str] = (),
) -> Ranking:
    """The `top` documents that answer `query` best. One step of kind "rerank" per attempt.

    Raises Invalid for what cannot be ranked, Unavailable when nobody is configured or answers,
    and what the gates raise.
    """
    texts = list(documents)
    if not query.strip() or len(query) > QUERY_MAX or not 1 <= len(texts) <= DOCUMENTS_MAX:
        raise Invalid(
            "There is nothing to rank.", hint=f"Give a question and 1 to {DOCUMENTS_MAX} texts."
        )
    most = min(top or len(texts), len(texts))
    given = {"query": query, "documents": texts, "top_n": most}
    ways = [_way(place, given) for place in places(llm, "rerank", models)]
    about = {"content": (query, *texts), "asked": {"documents": len(texts), "top": most}}
    made = walk(run, llm.router, "rerank", ways, name="rerank", **about)
    return Ranking.model_validate(made)


def _way(place: Place, given: Mapping[str, Any]) -> Way:
    tariff = tariff_of(place.config, place.model, place.hosted.entry)
    unit = priced(tariff, "query", "input")
    most = _queries(given) if unit == "query" else _tokens(given)

    def bill() -> Bill:
        return Bill(tariff, {unit: most}, units=1, unit="query")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        answer = ask(call, bill, place, "arerank", timeout_s=TIMEOUT_S, **given)
        with reading(place):
            found = [
                Ranked(index=row["index"], score=row["relevance_score"]) for row in answer.results
            ]
            _settle(bill, unit, answer.meta or {})
        known = {one.index for one in found}
        if len(known) != len(found) or not known <= set(range(len(given["documents"]))):
            raise garbled(place)
        best = sorted(found, key=lambda one: -one.score)[: given["top_n"]]
        return {"order": [one.model_dump() for one in best]}

    return Way(place.model, bill, act)


def _settle(bill: Bill, unit: str, meta: Mapping[str, Any]) -> None:
    billed = meta.get("billed_units") or {}
    told = billed.get("search_units") if unit == "query" else billed.get("total_tokens")
    if told:
        bill.settle(**{unit: int(told)})
    if told and unit == "query":
        bill.units = int(told)


def _queries(given: Mapping[str, Any]) -> int:
    asked = tokens.bound(tokens.weigh(given["query"]))
    pieces = sum(
        1 + (asked + tokens.bound(tokens.weigh(text))) // PIECE_TOKENS
        for text in given["documents"]
    )
    return -(-pieces // PIECES)


def _tokens(given: Mapping[str, Any]) -> int:
    asked = tokens.weigh(given["query"])
    return sum(tokens.bound(asked + tokens.weigh(text)) for text in given["documents"])
