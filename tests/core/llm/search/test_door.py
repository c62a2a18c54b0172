"""A question to the web is a priced, gated step, whoever answers it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from core.errors import BudgetExceeded, Invalid, Refused, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.search import door, search
from core.llm.search.door import offers
from tests.loopback.search_server import ROWS, Found
from tests.loopback.server import KEY

CENT = 10_000_000  # nano-dollars


def ask(house, config, query="why do sales fall", most=5, **options):
    llm = house.use(config)
    return house.open(lambda run: search(run, llm, query, most), **options)


def fail(house, config, query="why do sales fall", most=5, **options):
    llm = house.use(config)
    return house.fails(lambda run: search(run, llm, query, most), **options)


@pytest.mark.parametrize("name", ["TAVILY", "FIRECRAWL", "SEARXNG"])
def test_each_service_is_asked_in_its_own_words_and_understood(name, house, web, config):
    hits = ask(house, config(name), most=3)
    assert [hit["url"] for hit in hits] == [row["url"] for row in ROWS[:3]]
    assert hits[0]["title"] == "Page 1"
    assert hits[0]["snippet"] == "Words of 1."
    assert len(web.seen) == 1
    assert (hits[0]["score"] is not None) == (name != "FIRECRAWL")


def test_a_search_costs_what_its_service_publishes_and_that_is_booked(house, config):
    ask(house, config("TAVILY"))
    (row,) = house.rows("ledger_usage")
    assert (row.provider, row.model, row.kind) == ("tavily", "tavily/search", "search")
    assert (row.units, row.unit, row.cost_nusd) == (1, "query", 8 * CENT // 10)  # 0.008 USD
    (step,) = house.rows("kernel_step")
    assert (step.kind, step.name, step.cost_nusd) == ("search", "search", row.cost_nusd)
    assert not row.estimated
    assert house.held() == 0


@pytest.mark.parametrize(("most", "usd"), [(1, "0.00166"), (10, "0.00166"), (11, "0.00332")])
def test_a_service_that_charges_by_tens_of_results_does(most, usd, house, config):
    ask(house, config("FIRECRAWL"), most=most)
    assert house.rows("ledger_usage")[0].cost_nusd == Decimal(usd) * 1_000_000_000


def test_a_server_of_the_house_costs_nothing_and_a_price_of_the_settings_wins(house, config):
    ask(house, config("SEARXNG"))
    assert house.rows("ledger_usage")[0].cost_nusd == 0
    ask(house, config("TAVILY", prices={"tavily/search": ModelPrice(query="0.01")}))
    assert house.rows("ledger_usage")[0].cost_nusd == CENT


def test_a_budget_that_does_not_cover_a_search_stops_it_before_it_is_sent(house, web, config):
    error = fail(house, config("TAVILY"), budget={"nusd": 7_999_999})
    assert isinstance(error, BudgetExceeded)
    assert web.seen == []


def test_the_gates_read_the_question_before_it_leaves(house, web, config):
    house.gate.refused = "forbidden"
    error = fail(house, config("TAVILY"), query="a forbidden   thing")
    assert isinstance(error, Refused)
    assert (house.gate.asked[0].kind, house.gate.asked[0].content) == (
        "search",
        ("a forbidden thing",),
    )
    assert web.seen == []


def test_who_fails_hands_over_to_the_next_and_both_are_steps(house, web, config):
    web.script["tavily"] = Found(status=500)
    hits = ask(house, config("TAVILY", "SEARXNG"))
    assert len(hits) == 5
    assert [seen["name"] for seen in web.seen] == ["tavily", "searxng"]
    steps = house.rows("kernel_step")
    assert [(step.state, step.cost_nusd) for step in steps] == [("failed", 0), ("done", 0)]
    assert [row.model for row in house.rows("ledger_usage")] == ["searxng/search"]


FAULTS = [
    ("tavily", Found(status=401), "key", 0),
    ("tavily", Found(status=432), "payment", 0),
    ("tavily", Found(status=429), "rate_limit", 0),
    ("tavily", Found(status=400, error="Query is too long."), "request", 0),
    ("tavily", Found(status=503), "down", 0),
    ("tavily", Found(status=404), "unknown", 0),
    ("tavily", Found(raw="<html>"), "garbled", 8 * CENT // 10),
    ("tavily", Found(raw='{"results": [1]}'), "garbled", 8 * CENT // 10),
    ("tavily", Found(raw='{"results": null}'), "garbled", 8 * CENT // 10),
    ("tavily", Found(raw="[]"), "garbled", 8 * CENT // 10),
    ("firecrawl", Found(status=402, error="Payment required"), "payment", 0),
    ("firecrawl", Found(status=400, error="Bad Request"), "request", 0),
    ("firecrawl", Found(raw='{"success": true}'), "garbled", 1_660_000),
    ("searxng", Found(status=403), "key", 0),
    ("searxng", Found(raw="<html>"), "garbled", 0),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}-{fault[2]}")
def test_a_fault_is_a_sentence_with_a_way_out_and_is_billed_only_when_answered(
    fault, house, web, config
):
    name, found, reason, cost = fault
    web.script[name] = found
    error = fail(house, config(name.upper()))
    assert error.details["reason"] == reason
    assert error.hint
    assert KEY not in str(error.as_value())
    assert sum(row.cost_nusd for row in house.rows("ledger_usage")) == cost
    assert house.held() == 0


def test_who_limits_requests_says_for_how_long(house, web, config):
    web.script["tavily"] = Found(status=429)
    assert fail(house, config("TAVILY")).details["retry_after_s"] == 7


def test_a_wrong_key_is_an_error_that_does_not_show_it(house, config):
    keyed = config("TAVILY").credentials | {"TAVILY_API_KEY": "tvly-wrong-key-000000"}
    error = fail(house, ModelSettings(credentials=keyed))
    assert error.details["reason"] == "key"
    assert "TAVILY_API_KEY" in error.hint
    assert "tvly-wrong" not in str(error.as_value())


def test_an_answer_that_never_comes_is_booked_as_if_it_had(house, web, config, monkeypatch):
    monkeypatch.setattr(door, "TIMEOUT_S", 1)
    web.script["tavily"] = Found(delay_s=600)
    assert fail(house, config("TAVILY")).details["reason"] == "timeout"
    (row,) = house.rows("ledger_usage")
    assert (row.cost_nusd, bool(row.estimated)) == (8 * CENT // 10, True)


def test_a_cancel_leaves_at_once_and_nothing_is_held(house, web, config):
    web.script["tavily"] = Found(delay_s=600)
    llm = house.use(config("TAVILY"))
    task_id = house.submit(lambda run: search(run, llm, "slow question"))
    house.wait(lambda: web.seen)
    house.kernel.cancel(task_id)
    house.wait(lambda: house.kernel.task(task_id).state == "cancelled")
    assert house.held() == 0
    assert house.rows("ledger_usage")[0].estimated


def test_nobody_configured_names_the_settings(house):
    error = fail(house, ModelSettings())
    assert isinstance(error, Unavailable)
    assert all(n in error.hint for n in ("TAVILY_API_KEY", "FIRECRAWL_API_KEY", "SEARXNG_URL"))
    assert "SEARCH_KEYLESS" in error.hint


def test_the_keyless_page_is_asked_only_where_that_is_allowed(house, web, monkeypatch):
    assert [offer.name for offer in offers(ModelSettings(), keyless=True)] == ["keyless"]
    assert offers(ModelSettings()) == []
    monkeypatch.setattr(door, "BASE_URL", web.url)
    house.studio.settings.search_keyless = True
    hits = ask(house, ModelSettings(), most=4)
    assert [hit["url"] for hit in hits] == [row["url"] for row in ROWS[:4]]
    assert hits[0]["snippet"] == "Words of 1. bold"
    assert house.rows("ledger_usage")[0].cost_nusd == 0
    web.script["html"] = Found(status=202)
    error = fail(house, ModelSettings())
    assert error.details["reason"] == "rate_limit"


def test_the_keyless_page_is_asked_last_even_where_the_cheapest_comes_first(
    house, web, config, monkeypatch
):
    monkeypatch.setattr(door, "BASE_URL", web.url)
    house.studio.settings.search_keyless = True
    llm = house.use(config("TAVILY"))

    def cheapest(run):
        run.policy = run.policy.model_copy(update={"choose": "cheapest"})
        return search(run, llm, "coffee", 4)

    house.open(cheapest)
    assert [row.provider for row in house.rows("ledger_usage")] == ["tavily"]


def test_a_key_goes_to_its_own_service_and_to_no_other(house, web, config):
    keys = config().credentials | {"FIRECRAWL_API_KEY": "fc-other-key-11111111"}
    web.script |= {"tavily": Found(status=500), "firecrawl": Found(status=500)}
    ask(house, ModelSettings(credentials=keys))
    sent = {seen["name"]: seen["headers"].get("authorization", "") for seen in web.seen}
    assert sent["tavily"] == f"Bearer {KEY}"
    assert sent["firecrawl"] == "Bearer fc-other-key-11111111"
    assert sent["searxng"] == ""
    assert "fc-other" not in repr(offers(ModelSettings(credentials=keys)))


def test_a_page_is_told_once_and_only_pages_of_the_web(house, web, config):
    odd = [{"url": u, "title": "x", "words": "y"} for u in ("javascript:alert(1)", "file:///etc")]
    web.script["tavily"] = Found(rows=[*odd, ROWS[0], ROWS[1], ROWS[0], ROWS[2]])
    hits = ask(house, config("TAVILY"), most=20)
    assert [hit["url"] for hit in hits] == [row["url"] for row in ROWS[:3]]


@pytest.mark.parametrize(("query", "most"), [("", 5), ("  ", 5), ("x" * 1_001, 5), ("x", 0)])
def test_what_is_no_question_is_not_asked(query, most, house, web, config):
    assert isinstance(fail(house, config("TAVILY"), query, most), Invalid)
    assert web.seen == []
    assert house.rows("kernel_step") == []


def test_a_service_without_a_price_is_refused_with_the_way_to_price_it(house, web, config):
    price = {"tavily/search": ModelPrice(image="1")}
    error = fail(house, config("TAVILY", prices=price))
    assert error.details["reason"] == "unpriced"
    assert '{"query": ' in error.hint
    assert web.seen == []


@pytest.mark.parametrize("name", ["tavily", "firecrawl/v2", "searxng"])
def test_the_loopback_services_speak_the_wire_that_litellms_own_client_reads(name, web):
    from core.llm.hosted.bridge import load

    asked = load().asearch(
        query="why",
        search_provider=name.partition("/")[0],
        api_key=KEY,
        api_base=f"{web.url}/{name}",
        max_results=3,
    )
    found = asyncio.run(asked).results
    assert [hit.url for hit in found[:3]] == [row["url"] for row in ROWS[:3]]
    assert found[0].snippet == "Words of 1."
