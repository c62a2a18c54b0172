"""Sources and the answers about them, kept in the address so that a reload loses nothing.

An entry is hash, file name and answers. Only files given to the person's organisation open:
knowing the hash of somebody else's is not enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import streamlit as st

from components import session
from core.errors import NotFound
from core.storage.blobs import HASH, Source

PARAM = "data"


@dataclass
class Chosen:
    """A source on the page and what was answered about how to read it."""

    source: Source
    options: dict[str, str] = field(default_factory=dict)


def chosen() -> list[Chosen]:
    """The sources that the address names and this person may use, in order."""
    entries = st.query_params.get(PARAM, "").split(",")
    return [found for entry in entries if entry and (found := _read(entry))]


def choose(sources: list[Chosen]) -> None:
    """The address names exactly these sources."""
    text = ",".join(_written(one) for one in sources)
    if text:
        st.query_params.from_dict({PARAM: text})
    else:
        st.query_params.clear()


def add(source: Source) -> None:
    """The address names `source` too; adding what is there changes nothing."""
    here = chosen()
    if all(one.source.hash != source.hash for one in here):
        choose([*here, Chosen(source)])


def _written(one: Chosen) -> str:
    name = quote(one.source.name, safe="").replace(".", "%2E")
    answers = ";".join(f"{k}={quote(v, safe='')}" for k, v in sorted(one.options.items()))
    return ".".join([one.source.hash, name, answers.replace(".", "%2E")])


def _read(entry: str) -> Chosen | None:
    parts = entry.split(".")
    if len(parts) != 3 or not re.match(HASH, parts[0]):
        return None
    studio, name = session.studio(), unquote(parts[1])
    source = Source(hash=parts[0], name=name, size_bytes=0)
    try:
        studio.sources.check(session.person().org_id, source)
        with studio.blobs.path(source.hash) as path:
            source.size_bytes = path.stat().st_size
    except NotFound:
        return None
    pairs = (answer.partition("=") for answer in unquote(parts[2]).split(";") if answer)
    return Chosen(source, {key: unquote(value) for key, _, value in pairs})
