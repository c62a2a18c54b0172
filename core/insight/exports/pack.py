"""The research pack: deck, evidence, sources and a manifest, so that anyone can check it again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import Any

from core.data.cells import neutralise
from core.data.grid import Grid
from core.insight.drawing.zips import pack
from core.insight.export import discover, export
from core.insight.slides import Deck, Landed
from core.storage.blobs import Blobs

DATA_BYTES_MAX = 20_000_000  # source files beyond this, all together, are listed and not included
FORMAT = "lewis-studio research pack"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
README = """\
{title}

This is a research pack of Lewis Studio's Insight Lab.

  deck.html      the deck; opens in any browser, without a network. Underlined numbers open
                 their query, their rows and their receipt.
  deck.pptx      the same deck as slides with editable charts; evidence in the speaker notes.
  deck.json      the same deck for machines: slides, claims, queries, receipts, sources.
  evidence/      one SQL and one CSV file per query, with the rows the deck shows. Cells that a
                 spreadsheet would run as a formula begin with an apostrophe.
  sources.json   every source file by its SHA-256, and how it was read.
  data/          {data}
  manifest.json  the SHA-256 of each file above.

To check every number again, without a model and without a database:

  python -m core verify THIS_FILE.zip
  python -m core verify THIS_FILE.zip --data {names}

MATCH: the data gives the same number as it is written. DRIFT: it gives another.
UNVERIFIABLE: it cannot be computed again, and the reason is said.
"""


@export("zip", "Research pack", "application/zip")
def write_pack(deck: Deck, blobs: Blobs | None = None) -> bytes:
    """The deck with its evidence, and the source files when they are small and given."""
    files = data_files(deck, blobs)
    formats = discover()
    entries: list[tuple[str, bytes]] = [("README.txt", _readme(deck, files).encode())]
    entries.append(("deck.json", deck.model_dump_json(indent=1).encode()))
    entries += [(f"deck.{one}", formats[one].whole(deck, blobs)) for one in ("html", "pptx")]
    for id, asked in deck.queries.items():
        name = UNSAFE.sub("_", id)
        entries.append((f"evidence/{name}.sql", f"{asked.sql}\n".encode()))
        entries.append((f"evidence/{name}.csv", grid_csv(asked.grid).encode()))
    listed = [_listed(one, files) for one in deck.sources]
    entries.append(("sources.json", _json(listed)))
    if blobs is not None:
        for hash, name in files.items():
            with blobs.open(hash) as file:
                entries.append((name, file.read()))
    entries.append(("manifest.json", _json(_manifest(entries))))
    return pack(entries)


def data_files(deck: Deck, blobs: Blobs | None) -> dict[str, str]:
    """Hash -> entry name of the source files that go into the pack; none when they are large."""
    sizes = {one.hash: one.size_bytes for one in deck.sources}
    if blobs is None or sum(sizes.values()) > DATA_BYTES_MAX:
        return {}
    names: dict[str, str] = {}
    for one in deck.sources:
        if one.hash not in names and blobs.has(one.hash):
            plain = UNSAFE.sub("_", one.name).strip("._")[-80:] or "file"
            names[one.hash] = f"data/{len(names) + 1}-{plain}"
    return names


def grid_csv(grid: Grid) -> str:
    """The rows as CSV that no spreadsheet runs."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([neutralise(name) for name in grid.columns])
    lines.writerows([[neutralise(_cell(value)) for value in row] for row in grid.rows])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _listed(one: Landed, files: dict[str, str]) -> dict[str, Any]:
    return {**one.model_dump(mode="json"), "file": files.get(one.hash)}


def _manifest(entries: list[tuple[str, bytes]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": 1,
        "entries": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
            for name, data in entries
        },
    }


def _readme(deck: Deck, files: dict[str, str]) -> str:
    data = "the source files." if files else "not included: give the files with --data."
    names = " ".join(re.sub(r"[^\w.-]+", "_", one.name) for one in deck.sources) or "FILES"
    return README.format(title=" ".join(deck.title.split()), data=data, names=names)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()
