"""Texts become vectors in one stored file, at the price of their tokens."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest

from core.errors import Invalid, Refused, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.media.embeddings import Embedded, embed
from tests.loopback.media_server import DIMENSION, Take

SMALL = "openai/text-embedding-3-small"


def make(house, gateway, texts=("a", "bbb"), **how):
    return house.open(lambda run: embed(run, gateway, list(texts), **how))


def fail(house, gateway, texts=("a", "bbb"), **how):
    return house.fails(lambda run: embed(run, gateway, list(texts), **how))


def vectors(*rows: list[float]) -> bytes:
    data = [{"index": i, "embedding": row} for i, row in enumerate(rows)]
    return json.dumps({"object": "list", "model": "m", "data": data}).encode()


def test_vectors_are_one_file_of_numbers_in_the_order_of_the_texts(house, media, llm):
    media.script["text-embedding-3-small"] = Take(prompt=4)
    made = Embedded.model_validate(make(house, llm(), models=[SMALL]))
    assert (made.count, made.dimension) == (2, DIMENSION)
    rows = made.vectors(house.studio.blobs)
    expected = [[(len(text) + i) / 100 for i in range(DIMENSION)] for text in ("a", "bbb")]
    assert [list(row) for row in rows] == [pytest.approx(row) for row in expected]
    data = house.studio.blobs.open(made.hash).read()
    assert data == struct.pack(f"<{2 * DIMENSION}f", *expected[0], *expected[1])
    assert made.hash == hashlib.sha256(data).hexdigest()


def test_tokens_cost_what_is_published_and_count_as_tokens(house, media, llm):
    media.script["text-embedding-3-small"] = Take(prompt=7)
    made = make(house, llm(), models=[SMALL])
    assert (made["cost_nusd"], made["estimated"]) == (7 * 20, False)
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.prompt_tokens, row.units, row.unit) == ("embeddings", 7, 2, "text")
    (step,) = house.rows("kernel_step")
    assert step.tokens == 7
    held = house.gate.asked[-1].estimate
    assert held["nusd"] >= 140
    assert held["tokens"] >= 7
    assert house.held() == 0


def test_tokens_that_are_not_told_are_booked_as_the_most(house, media, llm):
    media.script["text-embedding-3-small"] = Take(counts=False)
    made = make(house, llm(), models=[SMALL])
    assert made["estimated"]
    assert made["cost_nusd"] == house.gate.asked[-1].estimate["nusd"]


def test_a_smaller_dimension_is_asked_for(house, media, llm):
    assert make(house, llm(), models=[SMALL], dimension=3)["dimension"] == 3
    assert media.seen[0]["body"]["dimensions"] == 3


@pytest.mark.parametrize(
    "raw",
    [b"nope", b"[]", vectors(), vectors([1.0]), vectors([1.0, 2.0], [1.0])],
)
def test_an_answer_with_other_vectors_is_refused(raw, house, media, llm):
    media.script["text-embedding-3-small"] = Take(raw=raw)
    error = fail(house, llm(), models=[SMALL])
    assert error.details["reason"] == "garbled"
    assert house.held() == 0


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_costs_nothing_and_is_asked_once(status, house, media, llm):
    media.script["text-embedding-3-small"] = Take(status=status)
    assert isinstance(fail(house, llm(), models=[SMALL]), Unavailable)
    assert len(media.seen) == 1
    assert house.rows("ledger_usage") == []


def test_the_gates_read_every_text_before_it_leaves(house, media, llm):
    house.gate.refused = "bbb"
    assert isinstance(fail(house, llm(), models=[SMALL]), Refused)
    assert house.gate.asked[-1].content == ("a", "bbb")
    assert media.seen == []


def test_the_default_is_the_first_with_a_key_and_a_price_of_the_settings_wins(house, llm):
    gateway = llm(prices={SMALL: ModelPrice(input="1", output="0")})
    made = make(house, gateway)
    assert (made["model"], made["cost_nusd"]) == (SMALL, 100 * 1_000)
    hint = fail(house, house.use(ModelSettings())).hint
    assert all(name in hint for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY"))


@pytest.mark.parametrize("texts", [[], ["a", " "], ["a"] * 2_049])
def test_nothing_to_embed_is_not_sent(texts, house, media, llm):
    assert isinstance(fail(house, llm(), texts, models=[SMALL]), Invalid)
    assert media.seen == []
