"""One use case as people write it: checked, and laid over what was declared before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import NotFound, StudioError, Unavailable
from core.governance.policies.lines import Path, Problem
from core.governance.policies.split import Arm, Split
from core.kernel.operation import OPERATIONS
from core.kernel.policies import STUDIO, Policy
from core.settings import nusd
from core.settings.kinds import Usd

# Written in dollars; kept in nano-dollars.
MONEY = {name.replace("_nusd", "_usd"): name for name in Policy.model_fields if "_nusd" in name}
CODE_ONLY = ("name", "variant", "queue", "permission", "flag")
LISTS = ("models", "tools", "approve")  # one of them may be written without brackets
NAMES = sorted({*Policy.model_fields, *MONEY} - {*MONEY.values(), *CODE_ONLY})
# Kinds of steps that a person can be asked about; "check" and "count" only look.
KINDS = {
    "model", "batch", "embeddings", "rerank", "image", "speech", "transcription", "video",
    "search", "web", "tool", "data", "deck",
}  # fmt: skip
WEIGHT_MAX = 1_000_000
NAME_MAX = 80  # characters of a use case or an arm
USD: TypeAdapter[Any] = TypeAdapter(Usd | None)

SHAPES = {  # what pydantic finds -> as people write it
    "model_type": "has fields of its own: `{name}: {{field: value}}`.",
    "tuple_type": "is a list: `{name}: [one, two]`.",
}

Check = Callable[[str], object]  # raises a StudioError for a name that cannot be used
Checks = Mapping[str, Check]  # field -> its check: "models", "tools", "approve", "prompt"


@dataclass(frozen=True)
class Entry:
    """What the file, an organisation or an arm changes."""

    changes: Mapping[str, Any] = field(default_factory=dict)  # fields of Policy
    split: Split | None = None
    says_split: bool = False  # so that an organisation can end the file's split
    description: str = ""


def read(given: Any, checks: Checks | None = None) -> tuple[Entry, list[Problem]]:
    """What `given` changes where it is right, and everything that is wrong with it."""
    if given is None:
        return Entry(), []
    if not isinstance(given, Mapping):
        return Entry(), [((), "Fields are expected here, as `name: value`.")]
    rest = {name: value for name, value in given.items() if name not in ("split", "description")}
    changes, problems = _fields(rest, checks or {})
    split, wrong = _split(given.get("split"), checks or {})
    description = given.get("description", "")
    if not isinstance(description, str):
        wrong = [*wrong, (("description",), "A description is a text.")]
        description = ""
    return Entry(changes, split, "split" in given, description), problems + wrong


def laid(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """`policy` with `changes` over it; what a person must approve only ever grows."""
    if not changes:
        return policy
    merged = _over(policy.model_dump(), changes)
    merged["approve"] = tuple(dict.fromkeys((*policy.approve, *changes.get("approve", ()))))
    return Policy.model_validate(merged)


def check_kind(kind: str) -> None:
    """Steps of this kind can wait for a person. Raises NotFound with the nearest there is."""
    known = KINDS.union(*(OPERATIONS[name].policy.approve for name in OPERATIONS))
    if kind not in known:
        near = get_close_matches(kind, sorted(known), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(known))}."
        raise NotFound(f"No step is of the kind {kind!r}.", hint=hint)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for name, value in above.items():
        if isinstance(value, Mapping) and isinstance(both.get(name), Mapping):
            both[name] = _over(both[name], value)
        else:
            both[name] = value
    return both


def _fields(given: Mapping[str, Any], checks: Checks) -> tuple[dict[str, Any], list[Problem]]:
    values, problems = {}, []
    for name, value in given.items():
        wrong = _refused(name, value)
        if wrong:
            problems.append(((name,), wrong))
        elif name in MONEY:
            try:
                amount = USD.validate_python(value)
                values[MONEY[name]] = None if amount is None else nusd(amount)
            except ValidationError as error:
                problems.append(((name,), said(error.errors()[0], name)))
        else:
            values[name] = _kind(name, value)
    valid, wrong = _valid(values)
    return valid, problems + wrong + _unusable(valid, checks)


def _refused(name: str, value: Any) -> str:
    """Why the field cannot stand here at all, or nothing."""
    if name in CODE_ONLY:
        return f"{name!r} is fixed in the code of the operation."
    if name in MONEY.values():
        return f"Amounts are in dollars: write {name.replace('_nusd', '_usd')!r}."
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        return f"There is no field {name!r}." + (f" Did you mean {near[0]!r}?" if near else "")
    known = Policy.model_fields.get(name)
    if isinstance(value, bool) and name != "moderation" and known and known.annotation is not bool:
        return f"{name!r} is not a matter of yes or no."
    return "An amount is expected here." if name in MONEY and isinstance(value, bool) else ""


def _kind(name: str, value: Any) -> Any:
    if name == "moderation" and value is False:
        return "off"  # YAML reads the word as a no
    listed = [value] if name in LISTS and isinstance(value, str) else value
    if name == "approve" and isinstance(listed, list) and "model" in listed:
        return [*listed, "batch"]  # the same questions, in one step
    return listed


def _valid(values: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The fields that fit, as JSON, and what is wrong with the others."""
    try:
        policy = Policy.model_validate(values)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)
        bad = {str(item["loc"][0]) for item in wrong}
        fit, _ = _valid({name: value for name, value in values.items() if name not in bad})
        return fit, [(item["loc"], said(item, _name(item["loc"]))) for item in wrong]
    return policy.model_dump(mode="json", exclude_unset=True), []


def _name(loc: Path) -> str:
    return next(part for part in reversed(loc) if isinstance(part, str))


def said(item: Any, name: str) -> str:
    """What pydantic found wrong with the field `name`, as a sentence."""
    if item["type"] == "extra_forbidden":
        return f"There is no field {name!r} here."
    if item["type"] in SHAPES:
        return f"{name} {SHAPES[item['type']].format(name=name)}"
    message = item["msg"].removeprefix("Value error, ")
    if message.startswith("Input "):
        return f"{name} {message.removeprefix('Input ')}."
    return f"{name}: {message[:1].lower()}{message[1:]}."


def _unusable(valid: Mapping[str, Any], checks: Checks) -> list[Problem]:
    """Models, tools, kinds of steps and templates that are named, and cannot be used."""
    named: list[tuple[Path, str]] = [
        ((field, place), name)
        for field in LISTS
        for place, name in enumerate(valid.get(field) or ())
        if (field, name) != ("models", STUDIO)
    ]
    named += [(("prompt",), valid["prompt"])] if valid.get("prompt") else []
    problems: list[Problem] = []
    for path, name in named:
        try:
            if check := checks.get(str(path[0])):
                check(name)
        except Unavailable:
            continue  # known, but without a key here: absent, and passed over
        except StudioError as error:
            problems.append((path, str(error)))
    return problems


def is_name(name: str) -> bool:
    """Whether a use case or an arm may be called so."""
    return 0 < len(name.strip()) <= NAME_MAX and name.isprintable() and ":" not in name


def _split(given: Any, checks: Checks) -> tuple[Split | None, list[Problem]]:
    if given is None:
        return None, []
    if not isinstance(given, Mapping):
        return None, [(("split",), "Arms are expected here, as `name: {weight: 50}`.")]
    salt = given.get("salt", "")
    arms, problems = {}, []
    for name, told in given.items():
        if name == "salt":
            continue
        arms[name], wrong = _arm(name, told, checks)
        problems += [(("split", name, *path), text) for path, text in wrong]
    if not problems and len(arms) < 2:
        problems.append((("split",), "A split needs two arms or more."))
    if not problems and not any(arm.weight for arm in arms.values()):
        problems.append((("split",), "At least one arm needs a weight above 0."))
    if not isinstance(salt, str | int):
        problems.append((("split", "salt"), "The salt is a word."))
    return (None, problems) if problems else (Split(arms, str(salt)), [])


def _arm(name: str, told: Any, checks: Checks) -> tuple[Arm, list[Problem]]:
    if not isinstance(told, Mapping):
        return Arm(0), [((), "An arm is `{weight: 50}` and the fields that differ.")]
    weight = told.get("weight")
    changes, problems = _fields({n: v for n, v in told.items() if n != "weight"}, checks)
    if not is_name(name):
        problems = [*problems, ((), f"This is no name of an arm: {name[:40]!r}.")]
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return Arm(0), [*problems, (("weight",), "An arm needs a weight, a number.")]
    if not 0 <= weight <= WEIGHT_MAX:
        wrong = f"A weight is between 0 and {WEIGHT_MAX:,}."
        return Arm(0), [*problems, (("weight",), wrong)]
    return Arm(weight, changes), problems
