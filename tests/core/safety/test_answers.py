"""No answer is larger in memory than was allowed, however it is packed."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid, StudioError, Unavailable
from core.safety.answers import unpacked


def unpack(chunks: list[bytes], coding: str = "", most: int = 1_000) -> bytes:
    async def pieces():
        for chunk in chunks:
            yield chunk

    return asyncio.run(unpacked(pieces(), coding, most))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def deflate(data: bytes, window: int) -> bytes:
    pack = zlib.compressobj(wbits=window)
    return pack.compress(data) + pack.flush()


PACK = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": lambda data: deflate(data, 15),
}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=900), st.integers(1, 50), st.sampled_from([*PACK]))
def test_a_body_arrives_whole_however_it_is_cut_and_packed(data, size, coding):
    packed = PACK[coding](data)
    if len(packed) <= 1_000:
        assert unpack(cut(packed, size), coding) == data


def test_deflate_without_its_header_is_understood():
    assert unpack(cut(deflate(b"hello" * 20, -15), 200), "deflate") == b"hello" * 20


@pytest.mark.parametrize("coding", [*PACK])
def test_one_byte_too_many_is_too_many(coding):
    assert len(unpack([PACK[coding](b"a" * 1_000)], coding)) == 1_000
    with pytest.raises(Invalid) as caught:
        unpack([PACK[coding](b"a" * 1_001)], coding)
    assert caught.value.details["reason"] == "size"


def test_a_bomb_is_stopped_when_it_has_unpacked_as_much_as_is_allowed():
    bomb = gzip.compress(bytes(200_000_000))
    taken = []

    async def pieces():
        for chunk in cut(bomb, 4_096):
            taken.append(len(chunk))
            yield chunk

    with pytest.raises(Invalid):
        asyncio.run(unpacked(pieces(), "gzip", 1_000_000))
    assert sum(taken) <= 8_192  # of 195 KB


def test_bytes_that_unpack_to_nothing_are_counted_too():
    after_the_end = [gzip.compress(b"x")] + [bytes(100)] * 100
    empty_blocks = [zlib.compressobj(wbits=31).flush(zlib.Z_SYNC_FLUSH)] + [b"\0\0\0\xff\xff"] * 500
    for chunks in (after_the_end, empty_blocks):
        with pytest.raises(Invalid):
            unpack(chunks, "gzip")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "x" * 99])
def test_a_packing_that_was_not_asked_for_is_refused(coding):
    with pytest.raises(Unavailable) as caught:
        unpack([b"x"], coding)
    assert caught.value.details["reason"] == "coding"


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from(["gzip", "deflate"]))
def test_garbage_raises_what_a_person_can_read(chunks, coding):
    with suppress(StudioError):
        assert len(unpack(chunks, coding)) <= 1_000
