"""YAML as plain data that remembers where everything stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from core.errors import Invalid

Path = tuple[str | int, ...]  # ("use_cases", "insight", "models", 0)
Problem = tuple[Path, str]  # where, and a sentence
SIZE_MAX = 256_000  # characters
NODES_MAX = 20_000  # an alias counts each time it is used
DEPTH_MAX = 12
TAG = "tag:yaml.org,2002:"
AS_WRITTEN = (f"{TAG}str", f"{TAG}timestamp")
READ = {f"{TAG}null", f"{TAG}bool", f"{TAG}int", f"{TAG}float"}


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong in a text, and where. Lines and columns start at 1; 0: the whole."""

    message: str
    line: int = 0
    column: int = 0
    field: str = ""  # "use_cases.insight.temperature"
    more: int = 0  # further problems behind this one

    def __str__(self) -> str:
        """`line 12: ...`."""
        place = f"line {self.line}: " if self.line else ""
        others = f" ({self.more} more after it.)" if self.more else ""
        return f"{place}{self.message}{others}"


class Faulty(Invalid):
    """A text of policies cannot be used. `trouble` says what and where."""

    code = "policy_invalid"

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message, hint=hint, **details)
        shown = {name: details[name] for name in ("line", "column", "field") if name in details}
        self.trouble = Trouble(details.get("problem", message), **shown)


def faulty(trouble: Trouble) -> Faulty:
    """The error of this trouble."""
    place = {"line": trouble.line, "column": trouble.column, "field": trouble.field}
    return Faulty(str(trouble), hint="Nothing was changed.", problem=trouble.message, **place)


@dataclass(frozen=True)
class Lines:
    """The data of a text, and the line and column of each key and item."""

    data: Any
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def trouble(self, problems: list[Problem]) -> Trouble:
        """The first of the problems from the top of the text, at its place."""
        placed = sorted((self._at(path), text, path) for path, text in problems)
        (line, column), text, path = placed[0]
        named = ".".join(map(str, path))
        return Trouble(text, line, column, named, more=len(placed) - 1)

    def _at(self, path: Path) -> tuple[int, int]:
        """Where `path` stands, or the nearest thing above it that does."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))


def parse(text: str) -> Lines:
    """The text as data. Raises Faulty for what is no plain YAML, or names a thing twice."""
    if len(text) > SIZE_MAX:
        raise faulty(Trouble(f"The text is longer than {SIZE_MAX:,} characters."))
    loader = None
    try:
        loader = yaml.SafeLoader(text)  # checks every character at once
        node = loader.get_single_node()
        marks: dict[Path, tuple[int, int]] = {}
        return Lines(_data(loader, node, (), marks) if node else None, marks)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise faulty(Trouble(_sentence(error.problem), *place)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise faulty(Trouble("A character here cannot stand in YAML.", line)) from None
    except RecursionError:
        raise faulty(Trouble("The text is nested too deeply.")) from None
    finally:
        if loader:
            loader.dispose()


def _data(loader: Any, node: yaml.Node, path: Path, marks: dict[Path, tuple[int, int]]) -> Any:
    if len(path) > DEPTH_MAX or len(marks) > NODES_MAX:
        raise _wrong(node, "The text is nested too deeply or repeats itself too often.")
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, marks)
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            marks[*path, place] = _place(item)
        return [_data(loader, item, (*path, i), marks) for i, item in enumerate(node.value)]
    return _scalar(loader, node)


def _mapping(
    loader: Any, node: yaml.MappingNode, path: Path, marks: dict[Path, tuple[int, int]]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == f"{TAG}merge":
            raise _wrong(key, "Only a plain word can be a name here.")
        name = str(key.value)
        if name in made:
            raise _wrong(key, f"{name!r} stands here a second time.")
        marks[*path, name] = _place(key)
        made[name] = _data(loader, value, (*path, name), marks)
    return made


def _scalar(loader: Any, node: yaml.Node) -> Any:
    if node.tag in AS_WRITTEN:
        return str(node.value)
    if node.tag not in READ:
        raise _wrong(node, f"{node.tag.removeprefix(TAG)} is no value for a policy.")
    try:
        return loader.construct_object(node)
    except (ValueError, LookupError):  # `!!int x`; PyYAML does not check what is declared
        raise _wrong(node, f"{str(node.value)[:40]!r} cannot be read.") from None


def _place(node: yaml.Node) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1)


def _wrong(node: yaml.Node, message: str) -> Faulty:
    return faulty(Trouble(message, *_place(node)))


def _sentence(problem: str | None) -> str:
    said = (problem or "this is no YAML").strip().rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
