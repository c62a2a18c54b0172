"""The files that stand in for a deck's sources: found by hash, then name, then columns; landed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.data.land import land
from core.errors import StudioError
from core.insight.slides import Deck, Landed
from core.storage.blobs import chunks_of


class Supply:
    """Which file is which source, as tables that can be opened."""

    def __init__(
        self, deck: Deck, files: list[tuple[str, Path]], folder: Path, *, exact: bool = False
    ) -> None:
        self.tables: dict[str, Path] = {}
        self.missing: dict[str, str] = {}  # hash -> why the source cannot be read
        self.notes: list[str] = []
        self.unchanged = True  # every source is byte for byte the file that was asked
        self._folder = folder
        hashes = {path: _hash(path) for _, path in files}
        left = list(files)
        for one in self._by_need(deck, hashes):
            # the same bytes may be two sources; a file of other bytes stands for one only
            same = next((file for file in files if hashes[file[1]] == one.hash), None)
            chosen = same or (None if exact else self._choose(one, left))
            if chosen is None:
                self.unchanged = False
                self.missing[one.hash] = f"The file {one.name!r} was not given."
                continue
            left = [file for file in left if file is not chosen]
            self._land(one, chosen, same=same is not None)

    @staticmethod
    def _by_need(deck: Deck, hashes: dict[Path, str]) -> list[Landed]:
        """Sources in the order that lets exact files go to whom they belong."""
        given = set(hashes.values())
        return sorted(deck.sources, key=lambda one: one.hash not in given)

    def _choose(self, one: Landed, left: list[tuple[str, Path]]) -> tuple[str, Path] | None:
        for file in left:
            if file[0].casefold() == one.name.casefold():
                self.notes.append(f"{one.name}: the file of this name has other bytes.")
                return file
        for file in left:
            if self._has_columns(one, file):
                self.notes.append(f"{one.name}: {file[0]} was taken, it has the same columns.")
                return file
        return None

    def _has_columns(self, one: Landed, file: tuple[str, Path]) -> bool:
        try:
            landing = land(file[1], file[0], self._folder / "trial.parquet", one.options)
        except StudioError:
            return False
        return [column.name for column in landing.columns] == one.columns

    def _land(self, one: Landed, file: tuple[str, Path], *, same: bool) -> None:
        """Read the file as the deck says it was read."""
        self.unchanged = self.unchanged and same
        out = self._folder / f"table-{len(self.tables)}.parquet"
        try:
            land(file[1], file[0], out, one.options)
        except StudioError as error:
            self.unchanged = False
            self.missing[one.hash] = f"{file[0]} cannot be read as before: {error.message}"
            return
        self.tables[one.table] = out


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for chunk in chunks_of(file):
                digest.update(chunk)
    except OSError:
        return ""  # landing says what is wrong with it
    return digest.hexdigest()
