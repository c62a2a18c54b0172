"""Film: asked for, waited for, fetched. Priced by the second that it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Invalid, StudioError, Unavailable
from core.kernel import Call, Run
from core.llm.batching.rows import Rows
from core.llm.gateway import Gateway
from core.llm.hosted.bridge import load
from core.llm.hosted.failures import scrub
from core.llm.media.doors import Bill, File, Media, Way, walk
from core.llm.media.image import SIZE
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import Place, garbled, places, reached, reading, tried

TIMEOUT_S = 1_200.0
ASK_S = 60.0  # one question of whether it is done
POLL_S = 3.0
LAPSES_MAX = 5  # questions in a row that may fail: a film that is paid for is not given up
ENDS = ("completed", "failed", "cancelled", "expired")
PROMPT_MAX, SECONDS_MAX = 8_000, 60


def video(
    run: Run,
    llm: Gateway,
    prompt: str,
    *,
    seconds: int = 4,
    size: str = "1280x720",
    models: Sequence[str] = (),
) -> Media:
    """A film of `prompt`, stored by its hash. One step of kind "video" per attempt.

    Viewers see how far it is. Raises Invalid for what no model can be asked, Unavailable when
    nobody is configured, answers or finishes, and what the gates raise.
    """
    said = prompt.strip()
    if not 0 < len(said) <= PROMPT_MAX or not 1 <= seconds <= SECONDS_MAX or not SIZE.match(size):
        raise Invalid(
            "This is no film that can be asked for.",
            hint=f"Describe it, in 1 to {SECONDS_MAX} seconds and a size like 1280x720.",
        )
    given = {"prompt": said, "seconds": str(seconds), "size": size}
    rows = Rows(run.studio.database)

    def begun(call: Call) -> str:
        row = rows.find(call.key)
        return row.model if row else ""

    ways = [_way(run, place, given, rows) for place in places(llm, "video", models)]
    shape = {"seconds": seconds, "size": size}
    about = {"name": "video", "content": (said,), "asked": shape}
    made = walk(run, llm.router, "video", ways, **about, begun=begun)
    return Media.model_validate(made)


def _way(run: Run, place: Place, given: Mapping[str, Any], rows: Rows) -> Way:
    seconds = int(given["seconds"])
    entry, size = place.hosted.entry, given["size"]
    tariff = tariff_of(place.config, place.model, entry, size=size)
    priced(tariff, "second")

    def bill() -> Bill:
        return Bill(tariff, {"second": seconds}, units=seconds, unit="second")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        load()
        _, row = rows.begin(call.key, place.model, 1, run.who.org)
        film = _Film(call, place, given, rows, row.batch_id)
        try:
            data = tried(call, bill, place, film.made, TIMEOUT_S)
        except StudioError:
            bill.sent = bill.sent or bool(film.id)
            rows.ended(call.key)
            raise
        rows.ended(call.key)
        if isinstance(data, StudioError):
            bill.sent = False  # a film that was not finished is not billed
            raise data
        if not isinstance(data, bytes) or data[4:8] != b"ftyp":
            raise garbled(place)
        bill.settle(second=seconds)
        hash, size = run.studio.blobs.put([data])
        file = File(hash=hash, size_bytes=size, media_type="video/mp4")
        return {"files": [file.model_dump()]}

    return Way(place.model, bill, act)


@dataclass
class _Film:
    """One film at its provider. Its id there is written down before it is waited for."""

    call: Call
    place: Place
    given: Mapping[str, Any]
    rows: Rows
    id: str = ""  # of one that was begun before a crash: that is waited for, and no other made

    async def made(self) -> bytes | StudioError:
        """The bytes, or why there are none."""
        import litellm

        where = reached(self.place, ASK_S)
        seen: Any = None
        if not self.id:
            once: dict[str, object] = {"Idempotency-Key": self.call.key}
            seen = await litellm.avideo_generation(**where, **self.given, extra_headers=once)
            with reading(self.place):
                self.id = str(seen.id)
            await asyncio.to_thread(self.rows.named, self.call.key, self.id)
        known = {**where, "video_id": self.id}
        known["custom_llm_provider"] = self.place.hosted.entry.dialect
        known.pop("model")
        seen = await self._ended(known, seen)
        if seen.status != "completed":
            return _unfinished(self.place, seen)
        content: Any = await litellm.avideo_content(**known)
        return content

    async def _ended(self, known: Mapping[str, Any], seen: Any) -> Any:
        """Its last state; `seen` is the first, where it is known."""
        lapses = 0
        while seen is None or seen.status not in ENDS:
            await asyncio.sleep(POLL_S)
            found = await _asked(known)
            lapses = lapses + 1 if isinstance(found, Exception) else 0
            if isinstance(found, Exception):
                if lapses == LAPSES_MAX:
                    raise found
                continue
            seen = found
            self.call.say("progress", done=int(seen.progress or 0), of=100)
        return seen


async def _asked(known: Mapping[str, Any]) -> Any:
    """How far it is; an error as a value."""
    import httpx
    import litellm
    import openai

    try:
        return await litellm.avideo_status(**known)
    except (openai.OpenAIError, httpx.HTTPError) as error:
        return error


def _unfinished(place: Place, made: Any) -> StudioError:
    error = made.error if isinstance(made.error, dict) else {}
    said = scrub(str(error.get("message") or made.status), place.config.secrets())
    code = str(error.get("code") or "")
    if "moderation" in code or "policy" in code:
        sentence = f"The model {place.model!r} refuses this film: {said}"
        return Invalid(sentence, hint="Describe it otherwise.", reason="policy")
    sentence = f"The model {place.model!r} did not finish the film: {said}"
    return Unavailable(sentence, hint="Try again; it cost nothing.", reason="down")
