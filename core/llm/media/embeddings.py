"""Embeddings: texts as vectors, kept as one file of numbers. Priced by token."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Invalid
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.gateway import Gateway
from core.llm.media.doors import Bill, Receipt, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.media.reach import Place, ask, garbled, places, reading
from core.storage.blobs import Blobs

TIMEOUT_S = 60.0
TEXTS_MAX = 2_048


class Embedded(Receipt):
    """`count` vectors of `dimension` numbers: 32-bit floats, little end first, row after row."""

    hash: str
    count: int
    dimension: int

    def vectors(self, blobs: Blobs) -> list[array[float]]:
        """The vectors, in the order of the texts."""
        numbers: array[float] = array("f")
        with blobs.open(self.hash) as file:
            numbers.frombytes(file.read())
        if sys.byteorder == "big":
            numbers.byteswap()
        size = self.dimension
        return [numbers[at : at + size] for at in range(0, self.count * size, size)]


def embed(
    run: Run,
    llm: Gateway,
    texts: Sequence[str],
    *,
    dimension: int | None = None,
    models: Sequence[str] = (),
) -> Embedded:
    """A vector of each text, stored by their hash. One step of kind "embeddings" per attempt.

    Raises Invalid for what cannot be embedded, Unavailable when nobody is configured or answers,
    and what the gates raise.
    """
    given = list(texts)
    if not 1 <= len(given) <= TEXTS_MAX or not all(text.strip() for text in given):
        raise Invalid(
            "There is nothing to embed.", hint=f"Give 1 to {TEXTS_MAX} texts, none empty."
        )
    more = {"dimensions": dimension} if dimension else {}
    ways = [_way(run, place, given, more) for place in places(llm, "embeddings", models)]
    about = {"name": "embeddings", "content": tuple(given), "asked": {"texts": len(given), **more}}
    made = walk(run, llm.router, "embeddings", ways, **about)
    return Embedded.model_validate(made)


def _way(run: Run, place: Place, texts: list[str], more: Mapping[str, int]) -> Way:
    tariff = tariff_of(place.config, place.model, place.hosted.entry)
    priced(tariff, "input")
    most = tokens.bound(sum(tokens.weigh(text) + tokens.PER_MESSAGE for text in texts))

    def bill() -> Bill:
        return Bill(tariff, {"input": most}, units=len(texts), unit="text", tokens=most)

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        given = {"input": texts, "encoding_format": "float", **more}
        answer = ask(call, bill, place, "aembedding", timeout_s=TIMEOUT_S, **given)
        with reading(place):
            read = int(getattr(answer.usage, "prompt_tokens", 0) or 0)
            if read > 0:
                bill.settle(input=read)
                bill.tokens = read
            rows = sorted(answer.data, key=lambda row: row["index"])
            numbers = array("f", [float(x) for row in rows for x in row["embedding"]])
            size = len(rows[0]["embedding"])
        if len(rows) != len(texts) or len(numbers) != size * len(rows) or not size:
            raise garbled(place)
        if not all(map(math.isfinite, numbers)):
            raise garbled(place)
        if sys.byteorder == "big":
            numbers.byteswap()
        hash, _ = run.studio.blobs.put([numbers.tobytes()])
        return {"hash": hash, "count": len(rows), "dimension": size}

    return Way(place.model, bill, act)
