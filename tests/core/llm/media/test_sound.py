"""The length of a sound is read from its frames, and never taken from a stranger's word."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.media import sound
from tests.loopback.media_server import mp3, wav


@settings(deadline=None)
@given(st.integers(0, 40))
def test_a_wav_lasts_as_long_as_its_samples(tenths):
    assert sound.seconds(wav(tenths / 10)) == Decimal(tenths * 800) / 8_000


@settings(deadline=None)
@given(st.integers(1, 300))
def test_an_mp3_lasts_as_long_as_its_frames(frames):
    assert sound.seconds(mp3(frames)) == pytest.approx(frames * Decimal(1_152) / 44_100)


def test_a_wav_that_promises_more_than_it_has_is_as_long_as_what_it_has():
    data = bytearray(wav(1))
    data[40:44] = b"\xff\xff\xff\x7f"
    found = sound.seconds(bytes(data))
    assert found is None or found < 2


def test_what_has_no_length_that_can_be_read_lasts_at_most_what_its_size_allows():
    assert sound.seconds(b"OggS" + bytes(10_000)) is None
    assert sound.most_seconds(b"OggS" + bytes(749_996)) == Decimal(1_001)
    assert sound.most_seconds(wav(2)) == 2


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"RIFF", "audio/wav"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"),
     (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
     (b"\xff\xf1", "audio/aac"), (b"<html>", ""), (b"", ""), (b"\xff", "")],
)  # fmt: skip
def test_a_sound_is_known_by_its_first_bytes(head, kind):
    assert sound.media_type(head) == kind


@settings(deadline=None)
@given(st.sampled_from([b"RIFF", b"ID3", b"\xff\xfb\x90", b""]), st.binary(max_size=200))
def test_garbage_has_a_length_or_none_and_never_breaks(head, body):
    found = sound.seconds(head + body)
    assert found is None or found >= 0
    assert sound.most_seconds(head + body) >= 0
