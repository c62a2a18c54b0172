"""Every version of every template, and which of them is live for whom.

Versions are rows that never change; a label is moved by writing a row more, so the history is all
there. What comes with the studio has no organisation and is live until one moves its own label.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import Invalid, NotFound
from core.kernel.values import text
from core.llm.prompts import check, shelf
from core.llm.prompts.files import Shipped, shipped
from core.llm.prompts.shelf import DRAFT, LIVE, Move, Version
from core.llm.prompts.template import Rendered, hash_of, template
from core.llm.records import PROMPT_MOVE
from core.settings import ROOT
from core.storage.database import Database, new_id, now

OURS = ""  # the organisation of what comes with the studio
NOTE = "Came with the studio"


class Prompts:
    """The templates of one studio. Raises Invalid at once when a shipped file is not right."""

    def __init__(self, database: Database, folder: Path = ROOT / "data" / "prompts") -> None:
        self._database = database
        self._shipped = shipped(folder)
        for one in self._shipped.values():
            shelf.put(database, OURS, one.name, one.body, owner=one.owner, note=NOTE)

    # Reading.

    def names(self, org_id: str) -> list[str]:
        """Every template that this organisation may use."""
        return sorted({*self._shipped, *shelf.names(self._database, org_id)})

    def check(self, name: str, org_id: str = "") -> None:
        """The organisation may use the template; without one, somebody may. Raises NotFound."""
        if name in self._shipped or shelf.is_kept(self._database, org_id, name):
            return
        raise self._absent(org_id, name)

    def about(self, name: str) -> Shipped:
        """What the head of the template's file says; of a template without one, its name."""
        return self._shipped.get(name) or Shipped.model_construct(name=name)

    def versions(self, org_id: str, name: str) -> list[Version]:
        """The organisation's own versions, then the studio's, the newest first. Raises NotFound."""
        found = shelf.versions(self._database, org_id, name)
        if not found:
            raise self._absent(org_id, name)
        return found

    def history(self, org_id: str, name: str) -> list[Move]:
        """Every move of a label, the newest first."""
        return shelf.moves(self._database, org_id, name)

    def labelled(self, org_id: str, name: str, label: str = LIVE) -> Version:
        """The version that has the label. Raises NotFound."""
        moved = shelf.moves(self._database, org_id, name, label)
        hash = moved[0].hash if moved else ""
        if not hash and label == LIVE and name in self._shipped:
            hash = hash_of(self._shipped[name].body)
        for version in self.versions(org_id, name):
            if version.hash == hash:
                return version
        raise NotFound(
            f"No version of {name!r} is labelled {label!r}.",
            hint="Put the label on one of its versions, in Governance under Prompts.",
        )

    def version(self, org_id: str, name: str, hash: str) -> Version:
        """The version with this hash, or one that begins with it. Raises NotFound."""
        for one in self.versions(org_id, name):
            if hash and one.hash.startswith(hash):
                return one
        raise NotFound(f"There is no version {hash[:12]!r} of {name!r}.", hint="See its history.")

    def diff(self, org_id: str, name: str, before: str, after: str) -> str:
        """What changed from one hash to the other, as a unified diff; empty for equals."""
        old, new = (self.version(org_id, name, hash) for hash in (before, after))
        lines = difflib.unified_diff(
            old.template.splitlines(), new.template.splitlines(), old.title, new.title, lineterm=""
        )
        return "\n".join(lines)

    def render(
        self, org_id: str, name: str, variables: Mapping[str, Any] | None = None, label: str = LIVE
    ) -> Rendered:
        """The labelled version, filled. Its hash goes to the step that uses it.

        Raises NotFound for an unknown template, Invalid when the variables do not fill it.
        """
        found = self.labelled(org_id, name, label)
        messages = template(found.template).fill(variables or {})
        return Rendered(name, found.hash, found.version, messages)

    def preview(self, name: str, body: str, variables: Mapping[str, Any]) -> Rendered:
        """`body` filled, without keeping it. Raises Invalid."""
        read = template(body)
        return Rendered(name, read.hash, 0, read.fill(variables))

    # Writing.

    def keep(self, org_id: str, name: str, body: str, *, by: str = "", note: str = "") -> Version:
        """The version that this text is; a new one when it was never seen. Raises Invalid."""
        _check_name(name)
        template(body)
        return shelf.put(self._database, org_id, name, body, owner=text(by), note=text(note))

    def save(self, org_id: str, name: str, body: str, *, by: str, note: str = "") -> Version:
        """The text is kept, and is the organisation's draft. Raises Invalid if unreadable."""
        made = self.keep(org_id, name, body, by=by, note=note)
        self._move(org_id, name, DRAFT, made.hash, by=by)
        return made

    def test(self, org_id: str, name: str, hash: str) -> dict[str, str]:
        """What each required test finds wrong with the version; nothing where it passed."""
        about, found = self.about(name), self.version(org_id, name, hash)
        return check.run(about.requires, template(found.template), about.sample)

    def label(self, org_id: str, name: str, hash: str, label: str, *, by: str) -> Move:
        """The label stands on this version. Raises Invalid when live, and a test did not pass."""
        if label not in (DRAFT, LIVE):
            raise Invalid(f"There is no label {label[:40]!r}.", hint=f"Use {DRAFT} or {LIVE}.")
        found = self.version(org_id, name, hash)
        wrong = self.test(org_id, name, found.hash) if label == LIVE else {}
        failed = {test: problem for test, problem in wrong.items() if problem}
        if failed:
            said = " ".join(f"{test}: {problem}" for test, problem in failed.items())
            raise Invalid(
                f"This version may not go live. {said}",
                hint="Change the text, save it as a new draft and promote that.",
                failed=sorted(failed),
            )
        return self._move(org_id, name, label, found.hash, by=by, tests=dict.fromkeys(wrong, True))

    def roll_back(self, org_id: str, name: str, *, by: str) -> Move:
        """What was live before is live again; before the first was the studio's own version.

        Raises Invalid when the organisation never made a version live.
        """
        been: list[str] = [""]
        for move in reversed(shelf.moves(self._database, org_id, name, LIVE)):
            if move.tests is None and len(been) > 1 and been[-2] == move.hash:
                been.pop()  # a way back is not tested; a promotion is, if only by no tests
            elif been[-1] != move.hash:
                been.append(move.hash)
        if len(been) == 1 or (not been[-2] and name not in self._shipped):
            raise Invalid(
                f"{name!r} has no earlier live version.", hint="Promote another one instead."
            )
        return self._move(org_id, name, LIVE, been[-2], by=by)

    def _absent(self, org_id: str, name: str) -> NotFound:
        known = ", ".join(self.names(org_id)) or "none"
        return NotFound(f"There is no prompt {name[:80]!r}.", hint=f"Known: {known}.")

    def _move(
        self,
        org_id: str,
        name: str,
        label: str,
        hash: str,
        *,
        by: str,
        tests: dict[str, bool] | None = None,
    ) -> Move:
        row = {"id": new_id(), "org_id": org_id, "name": name, "label": label, "hash": hash}
        row |= {"by": text(by), "tests": tests, "at": now()}
        here = (PROMPT_MOVE.c.org_id == org_id, PROMPT_MOVE.c.name == name)
        last = sa.select(sa.func.max(PROMPT_MOVE.c.number)).where(
            *here, PROMPT_MOVE.c.label == label
        )

        def write(db: sa.Connection) -> Move:
            shelf.lock(self._database, db, org_id, name)
            numbered = {**row, "number": (db.execute(last).scalar() or 0) + 1}
            db.execute(sa.insert(PROMPT_MOVE), numbered)
            return Move.of(numbered)

        return self._database.transaction(write)


def _check_name(name: str) -> None:
    if not name.replace("_", "").isalnum() or not name.isascii() or len(name) > 80:
        raise Invalid(
            f"A prompt cannot be called {name[:80]!r}.", hint="Use letters, digits and '_'."
        )
