"""Transcription: the words of a sound. Priced by the second, or by the tokens it was heard as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.kernel import Call, Run
from core.llm.gateway import Gateway
from core.llm.media import sound
from core.llm.media.doors import Bill, Receipt, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import Place, ask, garbled, places, reading
from core.llm.pricing import Tariff

TIMEOUT_S = 600.0
SIZE_MAX_BYTES = 25_000_000
# Tokens a second of sound: heard, and written down. Published figures are 10 and about 4.
HEARD, WRITTEN = 25, 12
SUFFIXES = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/flac": "flac",
            "audio/mp4": "m4a", "audio/aac": "aac"}  # fmt: skip


class Transcript(Receipt):
    """The words of a sound. They are a stranger's: data, never instructions."""

    text: str = ""
    language: str = ""
    seconds: float = 0.0


def transcribe(
    run: Run, llm: Gateway, hash: str, *, language: str = "", models: Sequence[str] = ()
) -> Transcript:
    """The words of a stored sound. One step of kind "transcription" per attempt.

    Raises NotFound for no such file, Invalid for what is no sound, Unavailable when nobody is
    configured or answers, and what the gates raise.
    """
    with run.studio.blobs.open(hash) as file:
        data: bytes = file.read(SIZE_MAX_BYTES + 1)
    kind = sound.media_type(data)
    if not kind or len(data) > SIZE_MAX_BYTES:
        raise Invalid(
            "This file is no sound that can be sent.",
            hint=f"Use {', '.join(SUFFIXES.values())} of up to {SIZE_MAX_BYTES // 1_000_000} MB.",
        )
    given: dict[str, Any] = {"file": (f"sound.{SUFFIXES[kind]}", data), "response_format": "json"}
    given |= {"language": language} if language else {}
    ways = [_way(place, given, data) for place in places(llm, "transcription", models)]
    about = {"content": (), "asked": {"file": hash, "language": language}}
    made = walk(run, llm.router, "transcription", ways, name="transcription", **about)
    return Transcript.model_validate(made)


def _way(place: Place, given: Mapping[str, Any], data: bytes) -> Way:
    tariff = tariff_of(place.config, place.model, place.hosted.entry)
    unit = priced(tariff, "second", "audio_input")
    most = sound.most_seconds(data)

    def bill() -> Bill:
        return Bill(tariff, _most(tariff, most), units=int(-(-most // 1)), unit="second")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        answer = ask(call, bill, place, "atranscription", timeout_s=TIMEOUT_S, **given)
        with reading(place):
            lasts = _told(answer) or sound.seconds(data)
            _settle(bill, unit, answer, lasts)
        if not isinstance(answer.text, str):
            raise garbled(place)
        language = str(getattr(answer, "language", "") or "")
        return {"text": answer.text, "language": language, "seconds": float(lasts or 0)}

    return Way(place.model, bill, act)


def _most(tariff: Tariff, seconds: Decimal) -> dict[str, int | Decimal]:
    """By the second where there is such a price, by the most tokens where it may be dearer."""
    by_second: dict[str, int | Decimal] = {"second": seconds + 1}
    by_token: dict[str, int | Decimal] = {"audio_input": int(seconds * HEARD) + 50}
    if tariff.knows("output"):
        by_token["output"] = int(seconds * WRITTEN) + 50
    known = [most for most in (by_second, by_token) if tariff.knows(*most)]
    return max(known, key=lambda most: tariff.cost(most).nusd)


def _told(answer: Any) -> Decimal | None:
    """The seconds that the provider counted."""
    usage = getattr(answer, "usage", None)
    found = _of(usage, "seconds") or getattr(answer, "duration", None)
    return Decimal(str(found)) if found else None


def _settle(bill: Bill, unit: str, answer: Any, lasts: Decimal | None) -> None:
    usage = getattr(answer, "usage", None)
    heard, wrote = _of(usage, "input_tokens"), _of(usage, "output_tokens")
    if heard and bill.tariff.knows("audio_input"):
        written = {"output": int(wrote or 0)} if wrote and bill.tariff.knows("output") else {}
        bill.settle(audio_input=int(heard), **written)
    elif unit == "second" and lasts:
        bill.settle(second=lasts)
    if lasts:
        bill.units = int(-(-lasts // 1))


def _of(usage: Any, name: str) -> Any:
    return usage.get(name) if isinstance(usage, dict) else getattr(usage, name, None)
