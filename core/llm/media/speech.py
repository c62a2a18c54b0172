"""Speech: a text that is read aloud. Priced by character, or by the second that it lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.gateway import Gateway
from core.llm.media import sound
from core.llm.media.doors import Bill, File, Media, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import Place, ask, garbled, places, reading

TIMEOUT_S = 180.0
TEXT_MAX = 4_096  # characters
SLOWEST, USUAL = 6, 13  # characters a second
FORMATS = {"mp3": "audio/mpeg", "wav": "audio/wav", "opus": "audio/ogg", "flac": "audio/flac",
           "aac": "audio/aac"}  # fmt: skip


def speech(
    run: Run,
    llm: Gateway,
    text: str,
    *,
    voice: str = "alloy",
    format: str = "mp3",
    instructions: str = "",
    models: Sequence[str] = (),
) -> Media:
    """`text` as sound, stored by its hash. One step of kind "speech" per attempt.

    Raises Invalid for what no model can be asked, Unavailable when nobody is configured or
    answers, and what the gates raise.
    """
    said = text.strip()
    if not 0 < len(said) <= TEXT_MAX or format not in FORMATS or not voice:
        raise Invalid(
            "This cannot be read aloud.",
            hint=f"Give 1 to {TEXT_MAX} characters, a voice, and one of {', '.join(FORMATS)}.",
        )
    given = {"input": said, "voice": voice, "response_format": format}
    given |= {"instructions": instructions} if instructions else {}
    ways = [_way(run, place, given) for place in places(llm, "speech", models)]
    content = (said, instructions) if instructions else (said,)
    asked = {"voice": voice, "format": format}
    made = walk(run, llm.router, "speech", ways, name="speech", content=content, asked=asked)
    return Media.model_validate(made)


def _way(run: Run, place: Place, given: Mapping[str, str]) -> Way:
    tariff = tariff_of(place.config, place.model, place.hosted.entry)
    unit = priced(tariff, "character", "second")
    text = given["input"]
    words = f"{text}\n{given.get('instructions', '')}".strip()  # all that is read
    is_read = unit == "second" and tariff.knows("input")

    def bill() -> Bill:
        most: dict[str, int | Decimal] = {unit: len(text)}
        if unit == "second":
            most = {unit: Decimal(len(text)) / SLOWEST + 2}
        if is_read:
            most["input"] = tokens.bound(tokens.weigh(words))
        return Bill(tariff, most, units=len(text), unit="character")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        answer = ask(call, bill, place, "aspeech", timeout_s=TIMEOUT_S, **given)
        with reading(place):
            data: bytes = answer.content
        kind = sound.media_type(data)
        if not kind:
            raise garbled(place)
        lasts = sound.seconds(data)
        if unit == "character":
            bill.settle(character=len(text))
        elif lasts is not None and not is_read:
            bill.settle(second=lasts)
        else:  # nobody tells how many tokens were read
            read = {"input": tokens.count(words)} if is_read else {}
            usual = Decimal(len(text)) / USUAL
            bill.amounts = {"second": usual if lasts is None else lasts, **read}
        hash, size = run.studio.blobs.put([data])
        file = File(hash=hash, size_bytes=size, media_type=kind)
        return {"files": [file.model_dump()]}

    return Way(place.model, bill, act)
