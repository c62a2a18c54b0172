"""The loopback server speaks the real wire: OpenAI's own SDK and LiteLLM understand it."""

from __future__ import annotations

import asyncio

import pytest

from core.llm.hosted.bridge import load
from tests.loopback import media_server
from tests.loopback.media_server import mp3, mp4, png, wav
from tests.loopback.server import KEY


@pytest.fixture(scope="module")
def client():
    """The SDK, at the server; its calls run one by one."""
    from openai import OpenAI

    with media_server.open_server() as server:
        yield OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0)


def test_images_are_made_and_changed(client):
    made = client.images.generate(model="gpt-image-2", prompt="a cat", n=2)
    assert [row.b64_json is not None for row in made.data] == [True, True]
    assert made.usage.output_tokens == 2 * 1_056
    edited = client.images.edit(model="gpt-image-2", prompt="x", image=("a.png", png()))
    assert edited.data[0].b64_json


def test_speech_and_transcription(client):
    spoken = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello")
    assert spoken.content == mp3()
    heard = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", wav()))
    assert heard.text == "Loopback says hello to you."
    assert heard.usage.seconds == 2
    whole = client.audio.transcriptions.create(
        model="whisper-1", file=("a.wav", wav()), response_format="verbose_json"
    )
    assert whole.segments[0].end == 2.0


def test_a_film_is_created_polled_and_read(client):
    made = client.videos.create(model="sora-2", prompt="a cat", seconds="4")
    assert made.status == "queued"
    done = client.videos.retrieve(made.id)
    assert (done.status, done.progress) == ("completed", 100)
    assert client.videos.download_content(made.id).content == mp4()


def test_embeddings_in_both_encodings(client):
    plain = client.embeddings.create(model="m", input=["a", "b"], encoding_format="float")
    packed = client.embeddings.create(model="m", input=["a", "b"])
    for one, other in zip(plain.data, packed.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, rel=1e-6)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_errors_are_the_sdks_own(status, client):
    import openai

    with media_server.open_server() as server:
        server.script["m"] = media_server.Take(status=200 if status == 401 else status)
        other = client.with_options(
            base_url=f"{server.url}/v1", api_key="wrong" if status == 401 else KEY
        )
        with pytest.raises(openai.APIStatusError) as caught:
            other.embeddings.create(model="m", input=["a"])
    assert caught.value.status_code == status


def test_litellms_image_door_asks_thrice_which_is_why_it_is_not_used():
    litellm = load()
    with media_server.open_server() as server:
        server.script["gpt-image-2"] = media_server.Take(status=500)
        asked = litellm.aimage_generation(
            model="openai/gpt-image-2",
            prompt="x",
            api_base=f"{server.url}/v1",
            api_key=KEY,
            max_retries=0,
            num_retries=0,
        )
        with pytest.raises(Exception, match="boom"):
            asyncio.run(asked)
        assert len(server.seen) == 3
