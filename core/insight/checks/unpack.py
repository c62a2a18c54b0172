"""A research pack from anywhere, read without trusting it: sizes, names, hashes, then the deck."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from core.errors import Invalid
from core.insight.slides import Deck

ENTRIES_MAX = 5_000
DECK_BYTES_MAX = 64_000_000
TOTAL_BYTES_MAX = 512_000_000  # unpacked; what is counted is what comes out, not what is announced
CHUNK_BYTES = 1 << 20
HINT = "Ask for the pack again, or make it again from the deck."


@dataclass(frozen=True)
class Unpacked:
    """What a pack holds: a valid deck, and its source files as (name, path)."""

    deck: Deck
    files: list[tuple[str, Path]]


def unpack(path: Path, into: Path) -> Unpacked:
    """The pack's deck, and its data files below `into` under names of our own. Raises Invalid."""
    with _opened(path) as zipped:
        entries = _entries(zipped)
        manifest = _manifest(zipped, entries)
        files: list[tuple[str, Path]] = []
        deck_json, left = b"", TOTAL_BYTES_MAX
        for name, info in entries.items():
            if name == "manifest.json":
                continue
            keep = into / f"file-{len(files)}" if name.startswith("data/") else None
            data, size = _check(zipped, info, manifest[name], keep, left)
            left -= size
            if keep:
                files.append((name.split("-", 1)[-1], keep))
            if name == "deck.json":
                deck_json = data
        return Unpacked(_deck(deck_json), files)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip; whatever is wrong inside it is one kind of error."""
    try:
        with zipfile.ZipFile(path) as zipped:
            yield zipped
    except FileNotFoundError as error:
        raise Invalid(f"There is no file {str(path)!r}.", hint="Check the name.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Invalid(
            f"{path.name!r} is not a research pack, or it is damaged.", hint=HINT
        ) from error
    except RuntimeError as error:  # what zipfile raises for encrypted entries
        raise Invalid(f"{path.name!r} is encrypted.", hint=HINT) from error


def _entries(zipped: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Entries by name; none outside the pack, none twice, not too many, not too large."""
    infos = zipped.infolist()
    if len(infos) > ENTRIES_MAX or sum(info.file_size for info in infos) > TOTAL_BYTES_MAX:
        raise Invalid("The pack is too large to be one of ours.", hint=HINT)
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        parts = PurePosixPath(name).parts
        plain = parts and not name.startswith("/") and ".." not in parts and "\\" not in name
        link = (info.external_attr >> 16) & 0o170000 == 0o120000
        if not plain or link or ":" in name or "\x00" in name or info.is_dir():
            raise Invalid(f"The pack has an entry that points outside it: {name!r}.", hint=HINT)
        if name in found:
            raise Invalid(f"The pack has two entries named {name!r}.", hint=HINT)
        found[name] = info
    for name in ("manifest.json", "deck.json"):
        if name not in found:
            raise Invalid(f"The pack has no {name}.", hint=HINT)
    return found


def _manifest(zipped: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """SHA-256 by entry. The manifest and the pack name the same entries."""
    raw = _read(zipped, entries["manifest.json"], DECK_BYTES_MAX)
    try:
        listed: dict[str, Any] = json.loads(raw)["entries"]
        hashes = {str(name): str(one["sha256"]) for name, one in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid("The pack's manifest cannot be read.", hint=HINT) from error
    for name in sorted(hashes.keys() - entries.keys()):
        raise Invalid(f"The pack lacks {name!r}, which its manifest lists.", hint=HINT)
    for name in sorted(entries.keys() - hashes.keys() - {"manifest.json"}):
        raise Invalid(f"The pack has {name!r}, which its manifest does not list.", hint=HINT)
    return hashes


def _check(
    zipped: zipfile.ZipFile, info: zipfile.ZipInfo, hash: str, keep: Path | None, left: int
) -> tuple[bytes, int]:
    """The entry's bytes (of deck.json) or its file (of data), and its size. Raises Invalid."""
    digest, size = hashlib.sha256(), 0
    held: list[bytes] = []
    most = DECK_BYTES_MAX if info.filename == "deck.json" else left
    with zipped.open(info) as file:
        out = keep.open("wb") if keep else None
        try:
            while chunk := file.read(CHUNK_BYTES):
                size += len(chunk)
                if size > min(most, left):
                    raise Invalid("The pack unpacks to more than it says.", hint=HINT)
                digest.update(chunk)
                if out:
                    out.write(chunk)
                elif info.filename == "deck.json":
                    held.append(chunk)
        finally:
            if out:
                out.close()
    if digest.hexdigest() != hash:
        raise Invalid(f"{info.filename!r} was changed after the pack was made.", hint=HINT)
    return b"".join(held), size


def _read(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    with zipped.open(info) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Invalid("The pack unpacks to more than it says.", hint=HINT)
    return data


def _deck(raw: bytes) -> Deck:
    try:
        deck = Deck.model_validate_json(raw)
    except (ValidationError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"msg": "too deep"}
        raise Invalid(f"The pack's deck is not valid: {first['msg']}.", hint=HINT) from error
    tables = [one.table.casefold() for one in deck.sources]
    if len(set(tables)) != len(tables):
        raise Invalid("The pack's deck names two sources the same.", hint=HINT)
    return deck
