"""OpenAI's doors for images, speech, transcription, film and embeddings, and a ranking service."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import struct
import wave
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.server import Loopback, Turn, serve

Body = dict[str, Any]
DIMENSION = 8


@dataclass
class Take(Turn):
    """What a door answers."""

    images: int | None = None  # how many; else as many as were asked for
    tokens: tuple[int, int] | None = (50, 1_056)  # of an image, in and out; None: it does not tell
    image_tokens: int = 0  # of those in
    text_tokens: int = 0  # of those out
    link: str = ""  # a link to each image instead of the image
    seconds: float = 2.0  # of sound
    told: str = "seconds"  # or "tokens", or "": how much it was, of a transcription
    polls: int = 1  # until a film is done
    fails: str = ""  # why it never is
    raw: bytes | None = None  # instead of what the door makes


def png(width: int = 4, height: int = 4, shade: int = 128) -> bytes:
    """A small grey picture."""
    rows = b"".join(b"\0" + bytes([shade] * width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum)

    whole = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def wav(seconds: float = 2.0, rate: int = 8_000) -> bytes:
    """Silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * int(seconds * rate)))
    return file.getvalue()


def mp3(frames: int = 100) -> bytes:
    """Frames of silence, 128 kbit/s at 44.1 kHz: 1,152 samples each."""
    return b"ID3\x04\x00\x00\x00\x00\x00\x02XX" + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def mp4(size: int = 64) -> bytes:
    """The head of a film, and nothing in it."""
    return struct.pack(">I", 24) + b"ftypisom" + bytes(12) + bytes(size)


Answer = Callable[[Take, Body], Response]


def open_server() -> AbstractContextManager[Loopback]:
    """The server; OpenAI's base URL is `url + "/v1"`, that of the ranking service `url`."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    films = _Films(loopback)
    doors: dict[str, Answer] = {
        "/v1/images/generations": _images,
        "/v1/images/edits": _images,
        "/v1/audio/speech": _speech,
        "/v1/audio/transcriptions": _transcription,
        "/v1/embeddings": _embeddings,
        "/v1/rerank": _ranking,
        "/v2/rerank": _ranking,
        "/v1/videos": films.create,
    }
    return Starlette(
        routes=[
            *(_door(loopback, path, answer) for path, answer in doors.items()),
            Route("/v1/videos/{id}", films.poll),
            Route("/v1/videos/{id}/content", films.poll),
        ]
    )


def _door(loopback: Loopback, path: str, answer: Answer) -> Route:
    async def begin(request: Request) -> Response:
        body = await _read(request)
        seen = {"path": request.url.path, "body": body, "headers": dict(request.headers)}
        loopback.seen.append(seen)
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in loopback.keys:
            return _error(401, f"Incorrect API key provided: {key}.", "invalid_api_key")
        take = _turn(loopback, body)
        await asyncio.sleep(take.delay_s)
        if take.status != 200:
            return _error(take.status, take.error, take.code)
        if take.raw is not None:
            return Response(take.raw, media_type="application/json")
        return answer(take, body)

    return Route(path, begin, methods=["POST"])


class _Films:
    """Films in the making: each poll brings one on."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._made: dict[str, tuple[Body, int]] = {}

    def create(self, take: Take, body: Body) -> Response:
        id = f"video_{len(self._made) + 1}"
        self._made[id] = (body, 0)
        return JSONResponse(_film(id, body, take, 0))

    async def poll(self, request: Request) -> Response:
        id, path = request.path_params["id"], request.url.path
        self._loopback.seen.append({"path": path, "headers": dict(request.headers)})
        if id not in self._made:
            return _error(404, "No such video.", "not_found")
        body, polls = self._made[id]
        take = _turn(self._loopback, body)
        if path.endswith("/content"):
            return Response(mp4() if take.raw is None else take.raw, media_type="video/mp4")
        self._made[id] = (body, polls + 1)
        return JSONResponse(_film(id, body, take, polls + 1))


def _turn(loopback: Loopback, body: Body) -> Take:
    found = loopback.turn(body) if body.get("model") in loopback.script else Take()
    assert isinstance(found, Take)
    return found


async def _read(request: Request) -> Body:
    if request.headers.get("content-type", "").startswith("application/json"):
        return await request.json()
    form = await request.form()
    found: Body = {}
    for name, value in form.multi_items():
        given = value if isinstance(value, str) else {"name": value.filename, "size": value.size}
        found[name] = [*found.get(name, ()), given] if name.endswith("[]") else given
    return found


def _error(status: int, message: str, code: str) -> Response:
    kind = {429: "requests", 500: "server_error"}.get(status, "invalid_request_error")
    error = {"message": message, "type": kind, "param": None, "code": code or None}
    headers = {"retry-after": "1"} if status == 429 else None
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def _images(take: Take, body: Body) -> Response:
    if not body.get("prompt"):
        return _error(400, "Missing required parameter: 'prompt'.", "missing_required_parameter")
    count = int(body.get("n") or 1) if take.images is None else take.images
    data = [
        {"url": take.link}
        if take.link
        else {"b64_json": base64.b64encode(png(shade=i)).decode(), "revised_prompt": "A better one"}
        for i in range(count)
    ]
    made: Body = {"created": 1, "data": data, "size": body.get("size", "1024x1024")}
    if take.tokens:
        read, wrote = take.tokens
        details = {"text_tokens": read - take.image_tokens, "image_tokens": take.image_tokens}
        made["usage"] = {"input_tokens": read, "output_tokens": wrote * count,
                         "total_tokens": read + wrote * count,
                         "input_tokens_details": details}  # fmt: skip
        if take.text_tokens:
            details = {"text_tokens": take.text_tokens, "image_tokens": wrote - take.text_tokens}
            made["usage"]["output_tokens_details"] = details
    return JSONResponse(made)


def _speech(take: Take, body: Body) -> Response:
    if not body.get("input") or not body.get("voice"):
        return _error(400, "Missing required parameter: 'voice'.", "missing_required_parameter")
    if body.get("response_format") == "wav":
        return Response(wav(take.seconds), media_type="audio/wav")
    return Response(mp3(), media_type="audio/mpeg")


def _transcription(take: Take, body: Body) -> Response:
    if not isinstance(body.get("file"), dict):
        return _error(400, "Missing required parameter: 'file'.", "missing_required_parameter")
    made: Body = {"text": take.text}
    if body.get("response_format") == "verbose_json":
        segment = {"id": 0, "start": 0.0, "end": take.seconds, "text": take.text}
        made |= {"task": "transcribe", "language": "english", "duration": take.seconds,
                 "segments": [segment]}  # fmt: skip
    if take.told == "seconds":
        made["usage"] = {"type": "duration", "seconds": -int(-take.seconds // 1)}
    elif take.told == "tokens":
        details = {"text_tokens": 0, "audio_tokens": take.prompt}
        made["usage"] = {"type": "tokens", "input_tokens": take.prompt,
                         "output_tokens": take.completion,
                         "total_tokens": take.prompt + take.completion,
                         "input_token_details": details}  # fmt: skip
    return JSONResponse(made)


def _film(id: str, body: Body, take: Take, polls: int) -> Body:
    state = "failed" if take.fails and polls >= take.polls else "queued"
    state = "completed" if polls >= take.polls and not take.fails else state
    state = "in_progress" if state == "queued" and polls else state
    done = min(100, 100 * polls // max(1, take.polls))
    made: Body = {"id": id, "object": "video", "created_at": 1, "status": state, "progress": done,
                  "model": body["model"], "seconds": str(body.get("seconds", "4")),
                  "size": body.get("size", "720x1280"), "error": None}  # fmt: skip
    if state == "failed":
        made["error"] = {"code": "moderation_blocked", "message": take.fails}
    return made


def _embeddings(take: Take, body: Body) -> Response:
    given = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = int(body.get("dimensions") or DIMENSION)
    rows = [[(len(text) + i) / 100 for i in range(size)] for text in given]
    data: list[Body] = [{"object": "embedding", "index": i, "embedding": _packed(body, row)}
                        for i, row in enumerate(rows)]  # fmt: skip
    usage = {"prompt_tokens": take.prompt, "total_tokens": take.prompt}
    head = {"object": "list", "model": body["model"], "data": data}
    return JSONResponse(head | ({"usage": usage} if take.counts else {}))


def _packed(body: Body, row: list[float]) -> Any:
    if body.get("encoding_format") != "base64":
        return row
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()


def _ranking(take: Take, body: Body) -> Response:
    if not body.get("documents"):
        return _error(400, "documents must not be empty", "")
    said = [json.dumps(document) for document in body["documents"]]
    scores = [(1 / (1 + i), i) for i in range(len(said))]
    scores.sort(key=lambda pair: (body["query"] not in said[pair[1]], pair[1]))
    top = int(body.get("top_n") or len(said))
    results = [{"index": i, "relevance_score": 0.9 / (1 + rank)}
               for rank, (_, i) in enumerate(scores[:top])]  # fmt: skip
    made: Body = {"id": "r1", "results": results}
    if take.counts:
        made["meta"] = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
        made["usage"] = {"total_tokens": take.prompt, "prompt_tokens": take.prompt}
    return JSONResponse(made)
