"""The words of a sound cost what its seconds or its tokens cost."""

from __future__ import annotations

import pytest

from core.errors import BudgetExceeded, Invalid, NotFound, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.media.transcription import transcribe
from tests.loopback.media_server import Take, mp3, wav

BY_SECOND, BY_TOKEN = "openai/whisper-1", "openai/gpt-4o-transcribe"


def hear(house, gateway, data=None, *, options=None, **how):
    hash, _ = house.studio.blobs.put([data or wav(2.5)])
    return house.open(lambda run: transcribe(run, gateway, hash, **how), **(options or {}))


def fail(house, gateway, data=None, *, options=None, **how):
    hash, _ = house.studio.blobs.put([data or wav(2.5)])
    return house.fails(lambda run: transcribe(run, gateway, hash, **how), **(options or {}))


def test_the_seconds_the_provider_counted_cost_what_is_published_once(house, media, llm):
    media.script["whisper-1"] = Take(seconds=2.5)
    made = hear(house, llm(), models=[BY_SECOND], language="en")
    assert made["text"] == "Loopback says hello to you."
    assert made["cost_nusd"] == 3 * 100_000  # 0.006 USD a minute, of three seconds begun
    assert house.gate.asked[-1].estimate["nusd"] >= made["cost_nusd"]
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.units, row.unit, bool(row.estimated)) == (
        "transcription",
        3,
        "second",
        False,
    )
    sent = media.seen[0]["body"]
    assert sent["file"] == {"name": "sound.wav", "size": len(wav(2.5))}
    assert (sent["language"], sent["response_format"]) == ("en", "json")


def test_tokens_cost_what_is_published_where_they_are_told(house, media, llm):
    media.script["gpt-4o-transcribe"] = Take(told="tokens", prompt=25, completion=8)
    made = hear(house, llm(), models=[BY_TOKEN])
    assert made["breakdown"] == {"audio_input": 25 * 2_500, "output": 8 * 10_000}
    assert not made["estimated"]
    assert house.gate.asked[-1].estimate["nusd"] >= made["cost_nusd"]


@pytest.mark.parametrize(("data", "seconds"), [(wav(2.5), 2.5), (mp3(100), 100 * 1_152 / 44_100)])
def test_where_nothing_is_told_the_sound_itself_is_measured(data, seconds, house, media, llm):
    media.script["whisper-1"] = Take(told="")
    made = hear(house, llm(), data, models=[BY_SECOND])
    assert made["cost_nusd"] == pytest.approx(seconds * 100_000, abs=1)
    assert made["seconds"] == pytest.approx(seconds)


def test_a_sound_of_unknown_length_is_held_and_booked_by_its_size(house, media, llm):
    media.script["whisper-1"] = Take(told="")
    made = hear(house, llm(), b"OggS" + bytes(7_496), models=[BY_SECOND])
    assert made["estimated"]
    assert made["cost_nusd"] == 12 * 100_000
    error = fail(house, llm(), b"OggS" + bytes(75_000), models=[BY_SECOND],
                 options={"budget": {"nusd": 1_000_000}})  # fmt: skip
    assert isinstance(error, BudgetExceeded)


def test_a_price_of_the_settings_wins(house, llm):
    price = {"compatible/ears": ModelPrice(second="0.01")}
    assert hear(house, llm(prices=price), models=["compatible/ears"])["cost_nusd"] == 20_000_000


@pytest.mark.parametrize("raw", [b"nope", b"[]", b'{"x": 1}'])
def test_an_answer_without_words_is_no_transcript(raw, house, media, llm):
    media.script["whisper-1"] = Take(raw=raw)
    error = fail(house, llm(), models=[BY_SECOND])
    assert error.details["reason"] == "garbled"
    assert house.held() == 0


@pytest.mark.parametrize("status", [401, 429, 503])
def test_an_error_costs_nothing_and_is_asked_once(status, house, media, llm):
    media.script["whisper-1"] = Take(status=status)
    assert isinstance(fail(house, llm(), models=[BY_SECOND]), Unavailable)
    assert len(media.seen) == 1
    assert house.rows("ledger_usage") == []


def test_what_is_no_sound_is_not_sent(house, media, llm):
    assert isinstance(fail(house, llm(), b"%PDF-1.7", models=[BY_SECOND]), Invalid)
    gateway = llm()
    assert isinstance(house.fails(lambda run: transcribe(run, gateway, "0" * 64)), NotFound)
    assert media.seen == []


def test_nobody_configured_names_the_setting(house):
    assert "OPENAI_API_KEY" in fail(house, house.use(ModelSettings())).hint
