"""What a web server sends, taken in piece by piece: never more of it in memory than was allowed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Invalid, Unavailable
from core.safety.targets import joined

MOVED = (301, 302, 303, 307, 308)
ASKED = "gzip, deflate"
# Coding -> the window sizes to try; some servers send "deflate" without the header it should have.
PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


@dataclass(frozen=True)
class Fetched:
    """What an address gave. `url` is where it was found, after redirects."""

    url: str
    status: int
    media_type: str
    body: bytes = field(repr=False)
    charset: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


async def take(url: str, answer: Any, size_max_bytes: int) -> Fetched | str:
    """The whole answer, unpacked, of httpcore's response; or where it redirects to.

    Raises Invalid as soon as it is larger than `size_max_bytes`, Unavailable when it is garbled.
    """
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in answer.headers}
    if answer.status in MOVED and headers.get("location"):
        return joined(url, headers["location"])
    told = headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > size_max_bytes:
        raise too_large(size_max_bytes)
    coding = headers.get("content-encoding", "").strip().lower()
    body = await unpacked(answer.aiter_stream(), coding, size_max_bytes)
    media_type, _, more = headers.get("content-type", "").partition(";")
    charset = more.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    return Fetched(url, answer.status, media_type.strip().lower(), body, charset, headers)


async def unpacked(chunks: AsyncIterator[bytes], coding: str, size_max_bytes: int) -> bytes:
    """All of it, of at most `size_max_bytes` both as it is sent and as it is unpacked."""
    unpack = _plain if coding in ("", "identity") else _unpacking(coding)
    body, sent = bytearray(), 0
    async for chunk in chunks:
        sent += len(chunk)
        body += unpack(chunk, size_max_bytes - len(body) + 1)
        if max(sent, len(body)) > size_max_bytes:
            raise too_large(size_max_bytes)
    return bytes(body)


def too_large(size_max_bytes: int) -> Invalid:
    """The refusal of more than may be taken in."""
    return Invalid(
        f"The page is larger than {size_max_bytes / 1_000_000:g} MB.",
        hint="Use a smaller page, or raise WEB_SIZE_MAX_MB.",
        reason="size",
    )


def _plain(chunk: bytes, most: int) -> bytes:
    return chunk[:most]


def _unpacking(coding: str) -> Callable[[bytes, int], bytes]:
    """A function (chunk, most bytes) that gives no more than it is asked for."""
    if coding not in PACKED:
        raise Unavailable(
            f"The page is packed in a way that was not asked for: {coding[:40]!r}.",
            hint="Use another address.",
            reason="coding",
        )
    windows = list(PACKED[coding])
    unzip = zlib.decompressobj(windows.pop(0))
    begun = False

    def unpack(chunk: bytes, most: int) -> bytes:
        nonlocal unzip, begun
        try:
            made = unzip.decompress(chunk, most)
        except zlib.error:
            if begun or not windows:
                raise Unavailable(
                    "The page could not be unpacked.", hint="Try again later.", reason="garbled"
                ) from None
            unzip = zlib.decompressobj(windows.pop(0))
            return unpack(chunk, most)
        begun = begun or bool(chunk)
        return made

    return unpack
