"""Images: made of words, or of words and other images. Priced by token, by image or by pixel."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.gateway import Gateway
from core.llm.media.doors import Bill, File, Media, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import SDK, Place, ask, ask_sdk, garbled, places, reading
from core.llm.pricing import Tariff

TIMEOUT_S = 240.0
PROMPT_MAX, COUNT_MAX, GIVEN_MAX = 32_000, 10, 8
SIZE = re.compile(r"^([1-9]\d{1,3})x([1-9]\d{1,3})$")
LARGEST = (1_536, 1_024)  # what "auto" may turn out to be
# Tokens of an image made, for each pixel: the published tables of 1024x1024 and 1536x1024 say
# 0.0003, 0.0010 and 0.0040; a twentieth is added.
TOKENS_PER_PIXEL = {"low": Decimal("0.00028"), "medium": Decimal("0.00106")}
TOKENS_PER_PIXEL_MOST = Decimal("0.0042")
TOKENS_GIVEN_MOST = 6_600  # of one image that is given, looked at closely
SIZE_MAX_BYTES = 50_000_000
SIGNS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}


@dataclass(frozen=True)
class Given:
    """A stored image, as it is sent."""

    data: bytes = field(repr=False)
    media_type: str

    @property
    def file(self) -> tuple[str, bytes, str]:
        """As a form takes it."""
        return f"image.{self.media_type.removeprefix('image/')}", self.data, self.media_type

    @property
    def url(self) -> str:
        """As the gates look at it."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    prompt: str
    size: str
    n: int
    quality: str
    of: tuple[Given, ...]  # images to start from


def image(
    run: Run,
    llm: Gateway,
    prompt: str,
    *,
    models: Sequence[str] = (),
    size: str = "1024x1024",
    n: int = 1,
    quality: str = "auto",
    of: Sequence[str] = (),
) -> Media:
    """`n` images of `prompt`, stored by their hash; with `of`, made from those stored images.

    One step of kind "image" per attempt. Raises Invalid for what no model can be asked,
    Unavailable when nobody is configured or answers, and what the gates raise.
    """
    given = tuple(_given(run, hash) for hash in of[: GIVEN_MAX + 1])
    wish = Wish(prompt.strip(), size, n, quality, given)
    _check(wish)
    ways = [_way(run, place, wish) for place in places(llm, "image", models)]
    content = (wish.prompt, *(image.url for image in given))
    asked = {"size": size, "n": n, "quality": quality}
    made = walk(run, llm.router, "image", ways, name="image", content=content, asked=asked)
    return Media.model_validate(made)


def _check(wish: Wish) -> None:
    fits = 0 < len(wish.prompt) <= PROMPT_MAX and 1 <= wish.n <= COUNT_MAX
    if not fits or len(wish.of) > GIVEN_MAX or not (wish.size == "auto" or SIZE.match(wish.size)):
        raise Invalid(
            "This is no image that can be asked for.",
            hint=f"Describe it, ask for 1 to {COUNT_MAX}, in a size like 1024x1024 or auto.",
        )


def _way(run: Run, place: Place, wish: Wish) -> Way:
    entry, size = place.hosted.entry, _size(wish)
    across = "" if wish.size == "auto" else wish.size
    quality = "" if wish.quality == "auto" else wish.quality
    tariff = tariff_of(place.config, place.model, entry, size=across, quality=quality)
    unit = priced(tariff, "image", "pixel", "image_output")
    if tariff.knows("image_output"):
        unit = "image_output"  # what it really costs, wherever the provider tells its tokens

    def bill() -> Bill:
        return Bill(tariff, _most(tariff, unit, wish, size), units=wish.n, unit="image")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        answer = _asked(place, wish, call, bill)
        with reading(place):
            _settle(bill, unit, answer, size)
            files = [_file(run, place, call, row) for row in answer.data]
            note = str(answer.data[0].revised_prompt or "")
        return {"files": [file.model_dump() for file in files], "note": note}

    return Way(place.model, bill, act)


def _size(wish: Wish) -> tuple[int, int]:
    found = SIZE.match(wish.size)
    return (int(found[1]), int(found[2])) if found else LARGEST


def _most(tariff: Tariff, unit: str, wish: Wish, size: tuple[int, int]) -> dict[str, int | Decimal]:
    """The most it can be: by tokens, every one that the prompt and the images may count."""
    width, height = size
    if unit == "image":
        return {"image": wish.n}
    if unit == "pixel":
        return {"pixel": wish.n * width * height}
    each = TOKENS_PER_PIXEL.get(wish.quality, TOKENS_PER_PIXEL_MOST)
    most: dict[str, int | Decimal] = {"image_output": wish.n * (int(width * height * each) + 1)}
    if tariff.knows("input"):
        most["input"] = tokens.bound(tokens.weigh(wish.prompt))
        most["image_input"] = TOKENS_GIVEN_MOST * len(wish.of)
    return most


def _asked(place: Place, wish: Wish, call: Call, bill: Bill) -> Any:
    """OpenAI's answer, whoever gives it."""
    given: dict[str, Any] = {"prompt": wish.prompt, "n": wish.n}
    given |= {} if wish.size == "auto" else {"size": wish.size}
    given |= {} if wish.quality == "auto" else {"quality": wish.quality}
    images = [image.file for image in wish.of]
    if place.hosted.entry.dialect == SDK:
        return ask_sdk(
            call,
            bill,
            place,
            lambda client: (
                client.images.edit(model=place.name, image=images, **given)
                if images
                else client.images.generate(model=place.name, **given)
            ),
            timeout_s=TIMEOUT_S,
        )
    door = "aimage_edit" if images else "aimage_generation"
    more = {"image": [data for _, data, _ in images]} if images else {}
    return ask(call, bill, place, door, timeout_s=TIMEOUT_S, **given, **more)


def _settle(bill: Bill, unit: str, answer: Any, size: tuple[int, int]) -> None:
    """Exactly what it was, unless it is priced by tokens and they are not told."""
    made = len(answer.data)
    width, height = size
    usage = getattr(answer, "usage", None)
    bill.units = made
    if unit == "image":
        bill.settle(image=made)
    elif unit == "pixel":
        bill.settle(pixel=made * width * height)
    elif usage is not None and usage.output_tokens:
        parts = _parts(usage, bill.tariff)
        known = {kind: n for kind, n in parts.items() if n and bill.tariff.knows(kind)}
        bill.settle(**known)  # what is given has no price where only what is made has one


def _parts(usage: Any, tariff: Tariff) -> dict[str, int]:
    """Tokens by kind. Words that were written count as pixels where words have no price."""
    looked = int(getattr(usage.input_tokens_details, "image_tokens", 0) or 0)
    wrote = int(getattr(getattr(usage, "output_tokens_details", None), "text_tokens", 0) or 0)
    wrote = min(wrote, usage.output_tokens) if tariff.knows("output") else 0
    read = max(0, usage.input_tokens - looked)
    drawn = usage.output_tokens - wrote
    return {"input": read, "image_input": looked, "output": wrote, "image_output": drawn}


def _file(run: Run, place: Place, call: Call, row: Any) -> File:
    """One image, stored. One that comes as a link is fetched as carefully as any link."""
    if row.b64_json:
        data = base64.b64decode(row.b64_json, validate=True)
    elif row.url:
        egress = run.studio.egress
        data = call.wait(egress.fetch(row.url, size_max_bytes=SIZE_MAX_BYTES)).body
    else:
        raise garbled(place)
    kind = next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), "")
    if not kind:
        raise garbled(place)
    hash, size = run.studio.blobs.put([data])
    return File(hash=hash, size_bytes=size, media_type=kind)


def _given(run: Run, hash: str) -> Given:
    """A stored image. Raises NotFound, and Invalid for what is none."""
    with run.studio.blobs.open(hash) as file:
        data: bytes = file.read(SIZE_MAX_BYTES + 1)
    kind = next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), "")
    if not kind or len(data) > SIZE_MAX_BYTES:
        raise Invalid("This file is no image that can be sent.", hint="Use a PNG, JPEG or WebP.")
    return Given(data, kind)
