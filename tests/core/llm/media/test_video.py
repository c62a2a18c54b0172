"""A film is asked for once, waited for, and costs its seconds when it is finished."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from core.errors import Invalid, Refused, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.media import video as door
from core.llm.media.video import video
from tests.loopback.media_server import Take, mp4

FILM = "openai/sora-2"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(door, "POLL_S", 0.02)


def make(house, gateway, prompt="a cat walks", **how):
    return house.open(lambda run: video(run, gateway, prompt, **{"models": [FILM], **how}))


def fail(house, gateway, prompt="a cat walks", **how):
    return house.fails(lambda run: video(run, gateway, prompt, **{"models": [FILM], **how}))


def paths(media):
    return [seen["path"] for seen in media.seen]


def test_a_film_is_made_waited_for_and_kept(house, media, llm):
    media.script["sora-2"] = Take(polls=3)
    made = make(house, llm(), seconds=8, size="1280x720")
    assert made["cost_nusd"] == 8 * 100_000_000
    assert house.studio.blobs.open(made["files"][0]["hash"]).read() == mp4()
    assert paths(media) == ["/v1/videos", *["/v1/videos/video_1"] * 3, "/v1/videos/video_1/content"]
    assert media.seen[0]["body"] == {"model": "sora-2", "prompt": "a cat walks", "seconds": "8",
                                     "size": "1280x720"}  # fmt: skip
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.units, row.unit, bool(row.estimated)) == ("video", 8, "second", False)


def test_viewers_see_how_far_it_is(house, media, llm):
    media.script["sora-2"] = Take(polls=4)
    make(house, llm())
    query = sa.text("select data from kernel_event where task_id = :id and type = 'progress'")
    found = house.kernel.database.rows(query.bindparams(id=house.task_id))
    assert [json.loads(row.data)["done"] for row in found] == [25, 50, 75, 100]


def test_a_film_that_is_refused_costs_nothing(house, media, llm):
    media.script["sora-2"] = Take(polls=2, fails="It shows a person.")
    found = fail(house, llm())
    assert isinstance(found, Invalid)
    assert "It shows a person." in found.message
    assert house.rows("ledger_usage") == []
    assert house.held() == 0


def test_a_question_that_fails_does_not_give_up_a_film_that_is_paid_for(house, media, llm):
    asked = []

    def flaky(body):
        asked.append(body)
        if 2 <= len(asked) <= 4:
            raise RuntimeError("a lapse of the service")
        return Take(polls=2)

    media.script["sora-2"] = flaky
    assert make(house, llm())["files"]
    assert len([path for path in paths(media) if path.endswith("video_1")]) == 5


def test_a_service_that_is_gone_for_good_is_told_and_booked_as_the_most(house, media, llm):
    asked = []

    def gone(body):
        asked.append(body)
        if len(asked) > 1:
            raise RuntimeError("gone")
        return Take(polls=2)

    media.script["sora-2"] = gone
    assert isinstance(fail(house, llm()), Unavailable)
    (row,) = house.rows("ledger_usage")  # the film may be finished, and billed
    assert (row.cost_nusd, bool(row.estimated)) == (400_000_000, True)
    assert house.held() == 0


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_an_error_instead_of_a_film_costs_nothing(status, house, media, llm):
    media.script["sora-2"] = Take(status=status, error="no")
    assert fail(house, llm()).hint
    assert paths(media) == ["/v1/videos"]
    assert house.rows("ledger_usage") == []


def test_a_film_that_takes_too_long_is_left_and_booked_as_if_it_came(
    house, media, llm, monkeypatch
):
    monkeypatch.setattr(door, "TIMEOUT_S", 1.5)
    media.script["sora-2"] = Take(polls=10_000)
    assert fail(house, llm()).details["reason"] == "timeout"
    (row,) = house.rows("ledger_usage")
    assert (row.cost_nusd, bool(row.estimated)) == (400_000_000, True)


def test_a_cancel_leaves_at_once(house, media, llm):
    media.script["sora-2"] = Take(polls=10_000)
    gateway = llm()
    task_id = house.submit(lambda run: video(run, gateway, "a cat", models=[FILM]))
    house.wait(lambda: len(media.seen) > 2)
    house.kernel.cancel(task_id)
    house.wait(lambda: house.kernel.task(task_id).state == "cancelled")
    assert house.held() == 0


def test_what_comes_must_be_a_film(house, media, llm):
    asked = []

    def odd(body):
        asked.append(body)
        return Take(raw=b"<html>" if len(asked) == 3 else None)

    media.script["sora-2"] = odd
    assert fail(house, llm()).details["reason"] == "garbled"
    assert house.rows("ledger_usage")[0].cost_nusd == 400_000_000


def test_a_price_of_the_settings_wins(house, llm):
    assert make(house, llm(prices={FILM: ModelPrice(second="0.01")}))["cost_nusd"] == 40_000_000


def test_a_larger_film_is_held_and_booked_at_its_own_price(house, llm):
    pro = {"models": ["openai/sora-2-pro"], "seconds": 8}
    for size, each in (("1280x720", 300_000_000), ("1792x1024", 500_000_000)):
        made = make(house, llm(), **pro, size=size)
        assert (made["cost_nusd"], made["estimated"]) == (8 * each, False)
        assert house.gate.asked[-1].estimate["nusd"] == 8 * each


def test_the_gates_read_the_prompt_before_it_leaves(house, media, llm):
    house.gate.refused = "forbidden"
    assert isinstance(fail(house, llm(), "a forbidden cat"), Refused)
    assert media.seen == []


@pytest.mark.parametrize("how", [{"seconds": 0}, {"seconds": 61}, {"size": "wide"}])
def test_what_no_model_can_be_asked_is_not_asked(how, house, llm):
    assert isinstance(fail(house, llm(), **how), Invalid)


def test_nobody_configured_says_so(house):
    error = fail(house, house.use(ModelSettings()), models=())
    assert isinstance(error, Unavailable)
    assert "Name a model" in error.hint
    assert "OPENAI_API_KEY" in fail(house, house.use(ModelSettings())).hint
