"""A text is read aloud, at the price of its characters or of its seconds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import Invalid, Refused, Unavailable
from core.llm import ModelSettings, tokens
from core.llm.media.speech import speech
from tests.loopback.media_server import Take, mp3

BY_CHARACTER, BY_SECOND = "openai/tts-1", "openai/gpt-4o-mini-tts"
TEXT = "Hello there, this is read aloud."  # 32 characters


def read(house, gateway, text=TEXT, **how):
    return house.open(lambda run: speech(run, gateway, text, **how))


def fail(house, gateway, text=TEXT, **how):
    return house.fails(lambda run: speech(run, gateway, text, **how))


def test_characters_cost_what_is_published_and_the_sound_is_kept(house, media, llm):
    made = read(house, llm(), models=[BY_CHARACTER])
    assert made["cost_nusd"] == 32 * 15_000  # 15 USD a million
    assert house.studio.blobs.open(made["files"][0]["hash"]).read() == mp3()
    assert made["files"][0]["media_type"] == "audio/mpeg"
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.units, row.unit) == ("speech", 32, "character")
    assert not row.estimated
    sent = media.seen[0]["body"]
    assert sent == {"model": "tts-1", "input": TEXT, "voice": "alloy", "response_format": "mp3"}


@pytest.mark.parametrize(("format", "lasts"), [("wav", Decimal(2)), ("mp3", Decimal("2.6122449"))])
def test_seconds_are_counted_in_the_sound_itself(format, lasts, house, llm):
    made = read(house, llm(), models=[BY_SECOND], format=format, instructions="Slowly.")
    # 0.00025 USD a second and 0.6 USD a million tokens read
    assert made["breakdown"]["second"] == pytest.approx(float(lasts * 250_000), abs=2)
    assert made["cost_nusd"] == sum(made["breakdown"].values())
    assert made["breakdown"]["input"] == tokens.count(f"{TEXT}\nSlowly.") * 600, "without headroom"
    assert made["estimated"], "the provider does not say how many tokens it read"
    assert house.gate.asked[-1].estimate["nusd"] >= made["cost_nusd"]
    assert house.gate.asked[-1].content == (TEXT, "Slowly.")


def test_instructions_are_held_for_as_well(house, llm):
    read(house, llm(), models=[BY_SECOND])
    bare = house.gate.asked[-1].estimate["nusd"]
    read(house, llm(), models=[BY_SECOND], instructions="Slowly. " * 200)
    assert house.gate.asked[-1].estimate["nusd"] >= bare + 400 * 600


def test_a_sound_whose_length_cannot_be_read_is_booked_by_its_text_and_marked(house, media, llm):
    media.script["gpt-4o-mini-tts"] = Take(raw=b"OggS" + bytes(900))
    made = read(house, llm(), models=[BY_SECOND], format="opus")
    assert made["estimated"]
    assert 0 < made["cost_nusd"] <= house.gate.asked[-1].estimate["nusd"]


@pytest.mark.parametrize("raw", [b"", b"<html>busy</html>", b'{"error": 1}'])
def test_what_is_no_sound_is_not_kept(raw, house, media, llm):
    media.script["tts-1"] = Take(raw=raw)
    assert fail(house, llm(), models=[BY_CHARACTER]).details["reason"] == "garbled"
    assert house.rows("ledger_usage")[0].cost_nusd == 32 * 15_000


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_costs_nothing_and_is_asked_once(status, house, media, llm):
    media.script["tts-1"] = Take(status=status)
    assert isinstance(fail(house, llm(), models=[BY_CHARACTER]), Unavailable)
    assert len(media.seen) == 1
    assert house.rows("ledger_usage") == []
    assert house.held() == 0


def test_the_gates_read_the_text_before_it_leaves(house, media, llm):
    house.gate.refused = "aloud"
    assert isinstance(fail(house, llm(), models=[BY_CHARACTER]), Refused)
    assert media.seen == []


def test_the_default_voice_is_the_first_provider_with_a_key(house, llm):
    assert read(house, llm())["model"] == BY_SECOND
    assert "OPENAI_API_KEY" in fail(house, house.use(ModelSettings())).hint


@pytest.mark.parametrize("how", [{"text": ""}, {"text": "x" * 4_097}, {"format": "midi"},
                                 {"voice": ""}])  # fmt: skip
def test_what_cannot_be_read_aloud_is_not_sent(how, house, media, llm):
    assert isinstance(fail(house, llm(), **{"models": [BY_CHARACTER], **how}), Invalid)
    assert media.seen == []
