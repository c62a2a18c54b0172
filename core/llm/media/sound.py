"""How long a sound is, read from its own frames: what is spoken is priced by the second."""

from __future__ import annotations

import io
import wave
from decimal import Decimal

# Of MPEG audio layer III; version -> bit rates in kbit/s, sample rates, samples of a frame.
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
BITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
BITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
LEAST_BYTES_PER_SECOND = 750  # no codec of speech takes less than 6 kbit/s
SIGNS = {b"RIFF": "audio/wav", b"ID3": "audio/mpeg", b"OggS": "audio/ogg", b"fLaC": "audio/flac"}


def media_type(data: bytes) -> str:
    """What kind of sound it is by its first bytes; "" for none that is known."""
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), "")


def seconds(data: bytes) -> Decimal | None:
    """Its length, of WAV and MP3; None for other kinds and for garbage."""
    if data.startswith(b"RIFF"):
        return _of_wav(data)
    return _of_mp3(data) if media_type(data) == "audio/mpeg" else None


def most_seconds(data: bytes) -> Decimal:
    """At most so long is it: its length where that can be read, else by its size."""
    known = seconds(data)
    return Decimal(len(data)) / LEAST_BYTES_PER_SECOND + 1 if known is None else known


def _of_wav(data: bytes) -> Decimal | None:
    try:
        with wave.open(io.BytesIO(data)) as sound:
            frame = sound.getnchannels() * sound.getsampwidth()
            # A stream's head may promise more than there is, or hold a number for "unknown".
            frames = min(sound.getnframes(), len(data) // max(1, frame))
            return Decimal(frames) / sound.getframerate()
    except (wave.Error, EOFError, ArithmeticError):
        return None


def _of_mp3(data: bytes) -> Decimal | None:
    """Frame after frame, so that varying bit rates count right."""
    at, found = _after_tag(data), Decimal(0)
    while at + 4 <= len(data):
        frame = _frame(data[at : at + 4])
        if frame is None:
            at += 1
            at = data.find(b"\xff", at)
            if at < 0:
                break
            continue
        size, lasts = frame
        found += lasts
        at += size
    return found or None


def _after_tag(data: bytes) -> int:
    if not data.startswith(b"ID3") or len(data) < 10:
        return 0
    a, b, c, d = data[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _frame(head: bytes) -> tuple[int, Decimal] | None:
    """Size in bytes and length in seconds of a frame; None where none begins."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    synced = head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if not synced or version == 1 or layer != 1 or not 0 < bits < 15 or rate == 3:
        return None
    kilobits = (BITS_1 if version == 3 else BITS_2)[bits]
    samples = 1_152 if version == 3 else 576
    hertz = RATES[version][rate]
    size = samples // 8 * kilobits * 1_000 // hertz + (head[2] >> 1 & 1)
    return max(size, 4), Decimal(samples) / hertz
