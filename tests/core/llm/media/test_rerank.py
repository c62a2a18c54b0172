"""Texts are ranked at the price of a query, or of the tokens read."""

from __future__ import annotations

import json

import pytest

from core.errors import Invalid, Refused, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.hosted import Hosted
from core.llm.media.rerank import rerank
from core.llm.provider import PROVIDERS, discover
from core.settings.catalogue import Entry
from tests.loopback.media_server import Take
from tests.loopback.server import KEY

BY_QUERY, BY_TOKEN = "ranks/rerank-v3.5", "orders/jina-reranker-v2-base-multilingual"
TEXTS = ["Bread is baked.", "Kilns crack when cooled fast.", "Cats sleep."]


def ranking(*indexes: int) -> bytes:
    rows = [{"index": index, "relevance_score": 1} for index in indexes]
    return json.dumps({"id": "1", "results": rows}).encode()


@pytest.fixture
def ranked(house, media, monkeypatch):
    """Two ranking services, each with its dialect, at the loopback server."""
    discover()
    for name, dialect in (("ranks", "cohere"), ("orders", "jina_ai")):
        entry = Entry(title=name, dialect=dialect, base_url=media.url, keyless=KEY, published="")
        monkeypatch.setitem(PROVIDERS._items, name, Hosted(name, entry))

    def make(**more):
        return house.use(ModelSettings(**more))

    return make


def rank(house, gateway, query="Kilns", texts=TEXTS, **how):
    return house.open(lambda run: rerank(run, gateway, query, texts, **how))


def fail(house, gateway, query="Kilns", texts=TEXTS, **how):
    return house.fails(lambda run: rerank(run, gateway, query, texts, **how))


@pytest.mark.parametrize("model", [BY_QUERY, BY_TOKEN])
def test_texts_come_back_by_how_well_they_answer(model, house, media, ranked):
    made = rank(house, ranked(), models=[model], top=2)
    assert [one["index"] for one in made["order"]] == [1, 0]
    assert made["order"][0]["score"] > made["order"][1]["score"]
    sent = media.seen[0]["body"]
    assert (sent["query"], sent["documents"], sent["top_n"]) == ("Kilns", TEXTS, 2)
    assert media.seen[0]["path"] == ("/v2/rerank" if model == BY_QUERY else "/v1/rerank")


def test_a_query_costs_what_is_published(house, ranked):
    made = rank(house, ranked(), models=[BY_QUERY])
    assert (made["cost_nusd"], made["units"], made["estimated"]) == (2_000_000, 1, False)
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.unit, row.cost_nusd) == ("rerank", "query", 2_000_000)


def test_tokens_cost_what_is_published(house, media, ranked):
    media.script["jina-reranker-v2-base-multilingual"] = Take(prompt=60)
    made = rank(house, ranked(), models=[BY_TOKEN])
    assert (made["cost_nusd"], made["estimated"]) == (60 * 50, False)
    assert house.gate.asked[-1].estimate["nusd"] >= made["cost_nusd"]


def test_many_long_texts_are_held_as_the_queries_they_may_be(house, ranked):
    rank(house, ranked(), texts=["word " * 2_000] * 60, models=[BY_QUERY])
    assert house.gate.asked[-1].estimate["nusd"] >= 3 * 2_000_000


def test_what_is_not_told_is_booked_as_the_most_it_can_be(house, media, ranked):
    media.script["rerank-v3.5"] = Take(counts=False)
    made = rank(house, ranked(), models=[BY_QUERY])
    assert (made["estimated"], made["cost_nusd"]) == (True, 2_000_000)


@pytest.mark.parametrize(
    "raw",
    [b"nope", b"[]", b"{}", ranking(9), ranking(0, 0)],
)
def test_an_answer_that_is_no_ranking_is_refused(raw, house, media, ranked):
    media.script["rerank-v3.5"] = Take(raw=raw)
    error = fail(house, ranked(), models=[BY_QUERY])
    assert error.details["reason"] == "garbled"
    assert house.held() == 0


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_costs_nothing_and_is_asked_once(status, house, media, ranked):
    media.script["rerank-v3.5"] = Take(status=status)
    error = fail(house, ranked(), models=[BY_QUERY])
    assert isinstance(error, Unavailable)
    assert KEY not in str(error.as_value())
    assert len(media.seen) == 1
    assert house.rows("ledger_usage") == []


def test_a_service_that_is_not_there_hands_over_and_costs_nothing(
    house, media, ranked, monkeypatch
):
    entry = Entry(title="x", dialect="cohere", base_url="http://127.0.0.1:9", keyless="k",
                  published="")  # fmt: skip
    gateway = ranked()
    monkeypatch.setitem(PROVIDERS._items, "ranks", Hosted("ranks", entry))
    made = rank(house, gateway, models=[BY_QUERY, BY_TOKEN])
    assert [one["reason"] for one in made["attempts"]] == ["unreachable", ""]
    assert len(house.rows("ledger_usage")) == 1
    assert len(media.seen) == 1


def test_the_gates_read_everything_that_leaves(house, media, ranked):
    house.gate.refused = "sleep"
    assert isinstance(fail(house, ranked(), models=[BY_QUERY]), Refused)
    assert house.gate.asked[-1].content == ("Kilns", *TEXTS)
    assert media.seen == []


def test_a_price_of_the_settings_wins(house, ranked):
    gateway = ranked(prices={BY_QUERY: ModelPrice(query="0.01")})
    assert rank(house, gateway, models=[BY_QUERY])["cost_nusd"] == 10_000_000


@pytest.mark.parametrize(("query", "texts"), [("", TEXTS), ("x", []), ("x", ["a"] * 1_001)])
def test_nothing_to_rank_is_not_sent(query, texts, house, media, ranked):
    assert isinstance(fail(house, ranked(), query, texts, models=[BY_QUERY]), Invalid)
    assert media.seen == []


def test_nobody_configured_says_so(house):
    assert isinstance(fail(house, house.use(ModelSettings())), Unavailable)
