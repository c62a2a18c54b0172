"""The policy that holds now: declared in code, changed by the file, the organisation, a split."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from core.errors import NotFound
from core.governance.policies import entry as entries
from core.governance.policies import shown
from core.governance.policies.document import Document, load, load_entry
from core.governance.policies.entry import Check, Checks, Entry, laid
from core.governance.policies.lines import Lines, Trouble, faulty
from core.governance.policies.overrides import Overrides
from core.governance.policies.watched import EVERY_S, Watched
from core.kernel.operation import OPERATIONS
from core.kernel.policies import Policy
from core.settings import ROOT
from core.storage.database import Database

FILE = ROOT / "data" / "policies.yaml"
ToldLimits = Callable[[Mapping[str, Decimal | int]], object]
CheckPrompt = Callable[[str, str], object]  # (name, organisation; none: anybody's)


class Declares(Protocol):
    """Operations by name, as the kernel's registry holds them."""

    def __getitem__(self, name: str, /) -> Any: ...

    def __iter__(self) -> Any: ...


class Policies:
    """The policies of one studio. A bad file never stops it: the last good one holds.

    `check` raises a StudioError for a model that is unknown or has no price, `check_prompt` for a
    template and `check_tool` for a tool that is not there; `told` hears the file's limits whenever
    they are read anew while running.
    """

    def __init__(
        self,
        database: Database,
        path: Path = FILE,
        *,
        check: Check | None = None,
        check_prompt: CheckPrompt | None = None,
        check_tool: Check | None = None,
        told: ToldLimits | None = None,
        operations: Declares = OPERATIONS,
        every_s: float = EVERY_S,
    ) -> None:
        self._check, self._check_prompt, self._check_tool = check, check_prompt, check_tool
        self._operations = operations
        self._overrides = Overrides(database)
        self._file: Watched[Document] = Watched(
            path,
            lambda text: load(text, self._checks()),
            Document(),
            every_s=every_s,
            told=(lambda document: told(document.limits)) if told else None,
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the file as it is now, with its line; None when all is well."""
        return self._file.trouble

    @property
    def was_read(self) -> bool:
        """Whether the file was good at least once since the start."""
        return self._file.was_read

    @property
    def limits(self) -> Mapping[str, Decimal | int]:
        """Default limits of the file, by the names of their settings."""
        return self._file.value.limits

    def look(self) -> None:
        """The file has been read as it is now; of one that has not changed, only the stamp."""
        self._file.look(now=True)

    def stamp(self, org_id: str) -> object:
        """Equal to an earlier one as long as nothing holds differently in the organisation."""
        own = {name: self._overrides.entry(org_id, name) for name in self._overrides.names(org_id)}
        return self._file.trouble, self._file.digest, own

    def names(self, org_id: str = "") -> list[str]:
        """Use cases that the file or the organisation names, by name."""
        own = self._overrides.names(org_id) if org_id else []
        return sorted({*self._file.value.use_cases, *own})

    def resolve(self, name: str, declared: Policy, org_id: str, person_id: str) -> Policy:
        """The policy of `name` for this person now. Raises NotFound for an unknown use case.

        An edit of the file counts from the first task after it.
        """
        self.look()
        policy, split = self._below(name, declared, org_id)
        if split is None:
            return policy
        variant = split.arm(policy.name, person_id)
        chosen = laid(policy, split.arms[variant].changes)
        return chosen.model_copy(update={"variant": variant})

    def arms(self, name: str, org_id: str) -> dict[str, tuple[float, Policy]]:
        """Each arm's weight and policy; one arm named "" where the use case is not split."""
        policy, split = self._below(name, Policy(name=name), org_id)
        if split is None:
            return {"": (1.0, policy)}
        return {
            arm: (told.weight, laid(policy, told.changes).model_copy(update={"variant": arm}))
            for arm, told in split.arms.items()
        }

    def preview(
        self, org_id: str, name: str, changes: Mapping[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every field of the use case as it is, and as `changes` of the organisation make it."""
        below = self._below(name, Policy(name=name), "")
        own, _ = entries.read(changes, self._checks(org_id))
        above = laid(below[0], own.changes), own.split if own.says_split else below[1]
        return shown.fields(*self._below(name, Policy(name=name), org_id)), shown.fields(*above)

    def described(self, name: str, org_id: str = "") -> str:
        """What the use case is for, as the organisation says it, or else the file."""
        own = self._overrides.entry(org_id, name) if org_id else Entry()
        return own.description or self._file.value.use_cases.get(name, Entry()).description

    # What an organisation changes.

    def override(
        self, org_id: str, name: str, changes: Mapping[str, Any], by: str, *, on: int | None = None
    ) -> int:
        """The new revision of an organisation's change; it holds at once. Raises Invalid.

        `changes` are fields as the file writes them. `on`: the revision it was made from.
        """
        self._known(name, org_id)
        _, problems = entries.read(changes, self._checks(org_id))
        if problems:
            raise faulty(_named(Lines(changes).trouble(problems)))
        kept = json.loads(json.dumps(changes, default=str))  # a Decimal keeps every digit
        return self._overrides.add(org_id, name, kept, by, on)

    def checked(self, text: str) -> dict[str, Any]:
        """The fields that a YAML text changes. Raises Faulty with the line."""
        return load_entry(text, self._checks())

    def take_back(self, org_id: str, name: str, by: str, *, on: int | None = None) -> int:
        """The organisation's change no longer holds; the history keeps it."""
        return self._overrides.add(org_id, name, None, by, on)

    def history(self, org_id: str, name: str) -> list[Any]:
        """Every revision, the newest first: revision, changes (None: taken back), by, at."""
        return list(self._overrides.history(org_id, name))

    def stale(self, org_id: str, name: str) -> list[str]:
        """What of the organisation's change no longer fits and is passed over."""
        return [
            f"{'.'.join(map(str, path))}: {text}"
            for path, text in self._overrides.problems(org_id, name)
        ]

    # Small parts.

    def _checks(self, org_id: str = "") -> Checks:
        check, prompt = self._check, self._check_prompt
        return {
            "approve": entries.check_kind,
            **({"models": check} if check else {}),
            **({"tools": self._check_tool} if self._check_tool else {}),
            **({"prompt": lambda name: prompt(name, org_id)} if prompt else {}),
        }

    def _below(self, name: str, declared: Policy, org_id: str) -> tuple[Policy, Any]:
        """The policy above any split, and the split that holds."""
        key = declared.name or name
        named = self._file.value.use_cases
        if declared == Policy(name=name) and name in set(self._operations):
            declared = self._operations[name].policy
            key = declared.name or name
        elif declared == Policy(name=name) and name not in named:
            self._missing(name, org_id, named)
        policy = declared if declared.name == key else declared.model_copy(update={"name": key})
        file, own = named.get(key, Entry()), self._overrides.entry(org_id, key)
        split = own.split if own.says_split else file.split
        return laid(laid(policy, file.changes), own.changes), split

    def _missing(self, name: str, org_id: str, named: Iterable[str]) -> None:
        """Without any good file every name has the careful defaults. Raises NotFound."""
        if self._file.was_read and name not in self._overrides.names(org_id):
            raise NotFound(
                f"No policy named {name!r}.", hint=f"Known: {', '.join(sorted(named)) or 'none'}."
            )

    def _known(self, name: str, org_id: str) -> None:
        if name not in set(self._operations):
            self._below(name, Policy(name=name), org_id)


def _named(trouble: Trouble) -> Trouble:
    """The field takes the place of a line where there was no text."""
    return Trouble(f"{trouble.field}: {trouble.message}", field=trouble.field, more=trouble.more)
