"""A door reaches its own provider with its own key, once, and says what went wrong."""

from __future__ import annotations

import pytest

from core.errors import Invalid, NotFound, Unavailable
from core.llm import Gateway, ModelPrice, ModelSettings
from core.llm.hosted import Hosted
from core.llm.media.image import image
from core.llm.media.reach import chains, places, reading
from core.llm.provider import PROVIDERS, discover
from core.settings.catalogue import Entry, catalogue
from tests.loopback.media_server import png
from tests.loopback.server import KEY

KEYS = {"OPENAI_API_KEY": KEY, "MISTRAL_API_KEY": "mk-1234567890", "TAVILY_API_KEY": "tv-12345678"}


def test_a_place_knows_its_own_key_and_no_other():
    gateway = Gateway(ModelSettings(credentials=KEYS))
    (place,) = places(gateway, "image", ["openai/gpt-image-2"])
    assert list(place.config.credentials) == ["OPENAI_API_KEY"]
    assert (place.name, repr(place)) == ("gpt-image-2", "Place('openai/gpt-image-2')")


def test_models_without_a_key_are_left_out_and_named_once_nobody_is_left():
    gateway = Gateway(ModelSettings(credentials=KEYS))
    chain = ["compatible/x", "mistral/y", "openai/z", "mistral/y"]
    assert [place.model for place in places(gateway, "speech", chain)] == ["mistral/y", "openai/z"]
    with pytest.raises(Unavailable) as caught:
        places(Gateway(), "speech", ["openai/a", "openai/b", "mistral/c"])
    assert "OPENAI_API_KEY or MISTRAL_API_KEY" in caught.value.hint


def test_an_unknown_provider_and_one_without_a_model_are_told_apart():
    with pytest.raises(NotFound):
        places(Gateway(), "image", ["nobody/x"])
    with pytest.raises(Invalid):
        places(Gateway(), "image", ["openai"])


def test_every_kind_has_a_chain_whose_providers_are_known():
    assert set(chains()) == {"image", "speech", "transcription", "video", "rerank", "embeddings"}
    entries = [
        entry for room in ("models", "media") for entry in catalogue().get(room, {}).values()
    ]
    keys = {entry.key: KEY for entry in entries if entry.key}
    gateway = Gateway(ModelSettings(credentials=keys))
    assert places(gateway, "embeddings", ())[0].model == "openai/text-embedding-3-small"
    for kind, models in chains().items():
        if models:
            assert places(gateway, kind, ())


@pytest.mark.parametrize(
    ("text", "named"),
    [("image: openai/x", "image"), ("imagge: [openai/x]", "imagge"), ("image: [", "YAML")],
)
def test_a_file_of_chains_that_says_something_else_is_refused_and_not_guessed_at(
    tmp_path, text, named
):
    file = tmp_path / "media.yaml"
    file.write_text(text)
    with pytest.raises(Invalid, match=named):
        chains(file)


def test_what_is_missing_in_an_answer_is_one_error():
    (place,) = places(Gateway(ModelSettings(credentials=KEYS)), "image", ["openai/x"])
    for breaks in (KeyError("a"), AttributeError("a"), ValueError("a"), IndexError("a")):
        with pytest.raises(Unavailable) as caught, reading(place):
            raise breaks
        assert caught.value.details == {"model": "openai/x", "reason": "garbled"}


def test_another_dialect_goes_through_litellm(house, media, monkeypatch):
    discover()
    entry = Entry(title="P", dialect="recraft", base_url=media.url, keyless=KEY)
    monkeypatch.setitem(PROVIDERS._items, "paints", Hosted("paints", entry))
    gateway = house.use(ModelSettings(prices={"paints/recraftv3": ModelPrice(image="0.04")}))
    made = house.open(lambda run: image(run, gateway, "a cat", models=["paints/recraftv3"]))
    data = house.studio.blobs.open(made["files"][0]["hash"]).read()
    assert (made["cost_nusd"], data) == (40_000_000, png(shade=0))
    assert len(media.seen) == 1
