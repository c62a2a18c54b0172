"""Images cost what their tokens, numbers or pixels cost, and are kept by their hash."""

from __future__ import annotations

import base64
import hashlib

import pytest

from core.errors import BudgetExceeded, Invalid, NotFound, Refused, Unavailable
from core.llm import ModelPrice, ModelSettings
from core.llm.media import image as door
from core.llm.media.image import image
from core.safety.egress import Egress
from tests.loopback import web_server
from tests.loopback.media_server import Take, png
from tests.loopback.server import KEY
from tests.loopback.web_server import page

GPT = "openai/gpt-image-2"
OWN = "compatible/painter"
USD = 1_000_000_000


def make(house, gateway, prompt="a cat", *, options=None, **wish):
    return house.open(lambda run: image(run, gateway, prompt, **wish), **(options or {}))


def fail(house, gateway, prompt="a cat", *, options=None, **wish):
    return house.fails(lambda run: image(run, gateway, prompt, **wish), **(options or {}))


def test_images_are_stored_by_their_hash_and_not_in_the_outcome(house, media, llm):
    made = make(house, llm(), n=2, models=[GPT], quality="low")
    hashes = [hashlib.sha256(png(shade=shade)).hexdigest() for shade in (0, 1)]
    assert [file["hash"] for file in made["files"]] == hashes
    assert {file["media_type"] for file in made["files"]} == {"image/png"}
    assert house.studio.blobs.open(hashes[0]).read() == png(shade=0)
    assert made["note"] == "A better one"
    sent = media.seen[0]["body"]
    assert sent == {"model": "gpt-image-2", "prompt": "a cat", "n": 2, "size": "1024x1024",
                    "quality": "low"}  # fmt: skip
    assert media.seen[0]["headers"]["idempotency-key"] == f"{house.task_id}:1"
    assert len(str(house.rows("kernel_step")[0].outcome)) < 1_500


def test_tokens_of_an_image_cost_exactly_what_is_published(house, llm, media):
    media.script["gpt-image-2"] = Take(tokens=(1_050, 1_056), image_tokens=1_000)
    made = make(house, llm(), n=2, models=[GPT])
    # 50 x 5 and 1,000 x 8 and 2 x 1,056 x 30 USD a million
    parts = {"input": 250_000, "image_input": 8_000_000, "image_output": 63_360_000}
    assert made["breakdown"] == parts
    assert made["cost_nusd"] == sum(parts.values())
    (row,) = house.rows("ledger_usage")
    assert (row.kind, row.units, row.unit, row.cost_nusd) == ("image", 2, "image", 71_610_000)
    assert (row.provider, row.model, bool(row.estimated)) == ("openai", GPT, False)
    assert house.held() == 0


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("gpt-image-1.5", {"input": 250_000, "output": 5_000_000, "image_output": 32_000_000}),
        ("gpt-image-2", {"input": 250_000, "image_output": 45_000_000}),  # text has no price there
    ],
)
def test_words_that_an_image_model_writes_cost_what_words_cost(model, parts, house, llm, media):
    media.script[model] = Take(tokens=(50, 1_500), text_tokens=500)
    made = make(house, llm(), models=[f"openai/{model}"])
    assert made["breakdown"] == parts
    assert not made["estimated"]


@pytest.mark.parametrize("quality", ["low", "medium", "high", "auto"])
@pytest.mark.parametrize("size", ["1024x1024", "1536x1024"])
def test_what_is_held_covers_the_published_tokens_of_every_quality(quality, size, house, llm):
    published = {"low": (272, 408), "medium": (1_056, 1_568), "high": (4_160, 6_240)}
    most = published.get(quality, published["high"])[size != "1024x1024"]
    make(house, llm(), models=[GPT], size=size, quality=quality)
    held = house.gate.asked[-1].estimate["nusd"]
    assert 30_000 * most <= held <= 2 * 30_000 * most
    assert house.rows("kernel_step")[0].cost_nusd == 31_930_000


def test_images_priced_by_the_piece_or_by_the_pixel_are(house, llm):
    gateway = llm(prices={OWN: ModelPrice(image="0.04")})
    assert make(house, gateway, models=[OWN], n=3)["cost_nusd"] == 12 * USD // 100
    gateway = llm(prices={OWN: ModelPrice(pixel="0.00000001")})
    assert make(house, gateway, models=[OWN], size="100x50")["cost_nusd"] == 5_000 * 10


def test_what_is_given_costs_nothing_where_only_what_is_made_has_a_price(house, media, llm):
    media.script["painter"] = Take(tokens=(50, 1_000))
    only = {OWN: ModelPrice(image_output="30")}
    made = make(house, llm(prices=only), models=[OWN])
    assert made["breakdown"] == {"image_output": 30_000_000}
    (use,) = house.rows("ledger_usage")
    assert use.cost_nusd == 30_000_000, "it was made, so it is booked"


def test_fewer_images_than_asked_for_cost_less(house, media, llm):
    media.script["painter"] = Take(images=1)
    made = make(house, llm(prices={OWN: ModelPrice(image="0.04")}), models=[OWN], n=3)
    assert (made["units"], made["cost_nusd"]) == (1, 4 * USD // 100)


def test_tokens_that_are_not_told_are_booked_as_the_most_they_can_be(house, media, llm):
    media.script["gpt-image-2"] = Take(tokens=None)
    made = make(house, llm(), models=[GPT])
    assert made["estimated"]
    assert made["cost_nusd"] == house.gate.asked[-1].estimate["nusd"]


def test_an_image_is_made_from_images(house, media, llm):
    hash, _ = house.studio.blobs.put([png(8, 8)])
    make(house, llm(), models=[GPT], of=[hash, hash])
    assert media.seen[0]["path"] == "/v1/images/edits"
    sent = media.seen[0]["body"]["image[]"]
    assert [part["name"] for part in sent] == ["image.png", "image.png"]
    assert house.gate.asked[-1].estimate["nusd"] > 2 * 6_600 * 8_000
    prompt, shown, _ = house.gate.asked[-1].content  # what leaves is seen by the gates first
    assert prompt == "a cat"
    assert base64.b64decode(shown.removeprefix("data:image/png;base64,")) == png(8, 8)
    assert shown[30:] not in str([dict(row._mapping) for row in house.rows("kernel_step")])


def test_a_file_that_is_no_image_is_not_sent(house, media, llm):
    hash, _ = house.studio.blobs.put([b"secret notes"])
    assert isinstance(fail(house, llm(), models=[GPT], of=[hash]), Invalid)
    assert media.seen == []


def test_a_provider_is_asked_once_however_it_fails(house, media, llm):
    media.script["gpt-image-2"] = Take(status=500)
    assert fail(house, llm(), models=[GPT]).details["reason"] == "down"
    assert len(media.seen) == 1
    assert house.rows("ledger_usage") == []


FAULTS = {
    "key": Take(status=401, code="invalid_api_key"),
    "rate_limit": Take(status=429),
    "policy": Take(status=400, code="content_policy_violation",
                   error="Your request was rejected by the safety system."),
    "request": Take(status=400, error="Invalid size."),
    "unknown": Take(status=404, error="The model does not exist."),
    "down": Take(status=503),
}  # fmt: skip


@pytest.mark.parametrize("reason", FAULTS)
def test_an_error_instead_of_an_image_costs_nothing_and_has_a_way_out(reason, house, media, llm):
    media.script["gpt-image-2"] = FAULTS[reason]
    error = fail(house, llm(), models=[GPT])
    assert (error.details["reason"], error.details["model"]) == (reason, GPT)
    assert error.hint
    assert KEY not in str(error.as_value())
    assert house.rows("kernel_step")[0].cost_nusd == 0
    assert house.held() == 0


@pytest.mark.parametrize("take", [Take(raw=b"nope"), Take(raw=b'{"created": 1, "data": []}'),
                                  Take(raw=b'{"data": [{"b64_json": "%%%"}]}'),
                                  Take(raw=b'{"data": [{"b64_json": "aGVsbG8="}]}'),
                                  Take(raw=b'{"data": [{}]}')])  # fmt: skip
def test_an_answer_without_an_image_is_no_image(take, house, media, llm):
    media.script["gpt-image-2"] = take
    error = fail(house, llm(), models=[GPT])
    assert error.details["reason"] == "garbled"
    assert house.rows("kernel_step")[0].cost_nusd > 0
    assert house.held() == 0


def test_who_fails_hands_over_to_the_next_and_both_are_told(house, media, llm):
    media.script["gpt-image-2"] = Take(status=500)
    gateway = llm(prices={OWN: ModelPrice(image="0.04")})
    made = make(house, gateway, models=[GPT, OWN])
    assert [(one["model"], one["reason"]) for one in made["attempts"]] == [(GPT, "down"), (OWN, "")]
    assert [step.state for step in house.rows("kernel_step")] == ["failed", "done"]
    assert [row.model for row in house.rows("ledger_usage")] == [OWN]


def test_a_model_that_failed_twice_is_left_alone_for_a_while(house, media, llm, monkeypatch):
    media.script["gpt-image-2"] = Take(status=401)
    gateway = llm()
    monkeypatch.setattr(gateway.router, "_clock", lambda: 1_000.0)  # nothing cools down meanwhile
    fail(house, gateway, models=[GPT])
    error = fail(house, gateway, models=[GPT])
    assert error.details["reason"] == "cooling"
    assert error.details["retry_after_s"] > 0
    assert len(media.seen) == 1


def test_an_image_that_does_not_come_in_time_is_booked_as_if_it_had(house, media, llm, monkeypatch):
    monkeypatch.setattr(door, "TIMEOUT_S", 1)
    media.script["gpt-image-2"] = Take(delay_s=600)
    assert fail(house, llm(), models=[GPT]).details["reason"] == "timeout"
    assert len(media.seen) == 1
    (row,) = house.rows("ledger_usage")
    assert row.estimated
    assert row.cost_nusd == house.gate.asked[-1].estimate["nusd"]


def test_a_cancel_leaves_at_once(house, media, llm):
    media.script["gpt-image-2"] = Take(delay_s=600)
    gateway = llm()
    task_id = house.submit(lambda run: image(run, gateway, "a cat", models=[GPT]))
    house.wait(lambda: media.seen)
    house.kernel.cancel(task_id)
    house.wait(lambda: house.kernel.task(task_id).state == "cancelled")
    assert house.held() == 0


def test_the_gates_read_the_prompt_before_it_leaves(house, media, llm):
    house.gate.refused = "forbidden"
    assert isinstance(fail(house, llm(), "a forbidden cat", models=[GPT]), Refused)
    assert (house.gate.asked[0].kind, house.gate.asked[0].content) == (
        "image",
        ("a forbidden cat",),
    )
    assert media.seen == []


def test_a_budget_that_does_not_cover_the_image_stops_it_before_it_is_sent(house, media, llm):
    error = fail(house, llm(), models=[GPT], options={"budget": {"nusd": 1_000_000}})
    assert isinstance(error, BudgetExceeded)
    assert media.seen == []


def test_nobody_configured_names_the_setting_and_makes_nothing_up(house):
    error = fail(house, house.use(ModelSettings()))
    assert isinstance(error, Unavailable)
    assert "OPENAI_API_KEY" in error.hint
    assert house.rows("kernel_step") == []


def test_the_built_in_model_makes_no_images(house, llm):
    assert isinstance(fail(house, llm(), models=["offline"]), Invalid)


def test_an_unpriced_model_is_refused_with_the_way_to_price_it(house, media, llm):
    error = fail(house, llm(), models=[OWN])
    assert error.details["reason"] == "unpriced"
    assert f'MODEL_PRICES={{"{OWN}": {{"image": ' in error.hint
    assert media.seen == []


@pytest.mark.parametrize("wish", [{"n": 0}, {"n": 11}, {"size": "huge"}, {"size": "0x9"}])
def test_what_no_model_can_be_asked_is_not_asked(wish, house, llm):
    assert isinstance(fail(house, llm(), models=[GPT], **wish), Invalid)
    assert isinstance(fail(house, llm(), " ", models=[GPT]), Invalid)


def test_too_many_images_and_one_that_is_not_there_are_told(house, llm):
    hash, _ = house.studio.blobs.put([png()])
    assert isinstance(fail(house, llm(), models=[GPT], of=[hash] * 9), Invalid)
    assert isinstance(fail(house, llm(), models=[GPT], of=["a" * 64]), NotFound)


def test_a_link_to_an_image_is_fetched_as_carefully_as_any(house, media, llm):
    gateway = llm(prices={OWN: ModelPrice(image="0.04")})
    with web_server.serve() as web:
        web.pages["/a.png"] = page(png(), kind="image/png")
        media.script["painter"] = Take(link=web.url("/a.png"))
        house.studio.egress = Egress(allow=[web.place])
        assert make(house, gateway, models=[OWN])["files"][0]["size_bytes"] == len(png())
        house.studio.egress = Egress()
        assert isinstance(fail(house, gateway, models=[OWN]), Invalid | Refused)
        assert len(web.seen) == 1
