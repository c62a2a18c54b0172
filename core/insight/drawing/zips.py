"""Zip files with the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def entry(name: str) -> zipfile.ZipInfo:
    """An entry without a clock or an owner."""
    info = zipfile.ZipInfo(name, date_time=EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3  # the same on every system
    return info


def pack(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of the entries, in their order. The same entries give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in entries:
            made.writestr(entry(name), data, compresslevel=6)
    return out.getvalue()


def still(office: bytes, at: datetime) -> bytes:
    """An office file with its clocks set to `at`, embedded workbooks included."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    entries: list[tuple[str, bytes]] = []
    with zipfile.ZipFile(io.BytesIO(office)) as given:
        for name in given.namelist():
            data = given.read(name)
            if name.endswith(".xlsx"):
                data = still(data, at)
            elif name == "docProps/core.xml":
                data = STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", data)
            entries.append((name, data))
    return pack(entries)
