"""Every capability that is said to be delivered is shown by tests that exist and run."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NUMBERS = {"L": 199, "P": 94, "A": 178, "V": 104, "G": 89}  # capabilities of each design
KNOWN = {f"{design}{n:03}" for design, most in NUMBERS.items() for n in range(1, most + 1)}


def mapped(text: str) -> dict[str, list[str]]:
    """Id -> names of tests. A key given twice is an error, not the last one."""
    node = yaml.compose(text)
    keys = [key.value for key, _ in node.value] if node else []
    twice = {key for key in keys if keys.count(key) > 1}
    assert not twice, f"mapped twice: {sorted(twice)}"
    return yaml.safe_load(text) or {}


def wrong(capabilities: dict[str, list[str]], root: Path) -> list[str]:
    """What is not true of the mapping."""
    found = [f"{id} is no capability" for id in capabilities if id not in KNOWN]
    for id, tests in capabilities.items():
        if not isinstance(tests, list) or not tests:
            found.append(f"{id} names no test")
            continue
        found += [f"{id}: {test} {why}" for test in tests if (why := missing(test, root))]
    return found


def missing(test: str, root: Path) -> str:
    """Why "tests/a/test_b.py::test_c" shows nothing; empty when it is a test that runs."""
    path, _, name = test.partition("::")
    if not (root / path).is_file():
        return "is in no file"
    functions, skipped = read(root / path)
    if not name.startswith(("test_", "Test")) or name not in functions:
        return "is no test there"
    return "is skipped or expected to fail" if name in skipped or "" in skipped else ""


@cache
def read(path: Path) -> tuple[set[str], set[str]]:
    """Names of a file's tests, and those never run; "" is the whole file.

    A state machine's test is the name that its TestCase was given.
    """
    names, skipped = set(), set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
            if any(_never(mark) for mark in node.decorator_list):
                skipped.add(node.name)
        elif isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            names |= targets
            marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            if "pytestmark" in targets and any(_never(mark) for mark in marks):
                skipped.add("")
        elif isinstance(node, ast.Expr) and "pytest.skip" in ast.unparse(node.value):
            skipped.add("")
    return names, skipped


def _never(mark: ast.expr) -> bool:
    """Whether a decorator skips always: skip, xfail, or skipif of a constant."""
    text = ast.unparse(mark)
    if text.startswith(("pytest.mark.skipif(True", "pytest.mark.skipif(1", "unittest.skip")):
        return True
    return text.partition("(")[0] in ("pytest.mark.skip", "pytest.mark.xfail")


def test_what_is_said_to_be_delivered_is_shown_by_tests():
    text = (ROOT / "tests" / "capabilities.yaml").read_text()
    assert wrong(mapped(text), ROOT) == []


def test_the_designs_name_664_capabilities():
    assert len(KNOWN) == 664


PLANTED = """
import pytest

def test_runs(): ...

@pytest.mark.skipif(no_server(), reason="r")
def test_sometimes(): ...

@pytest.mark.skip
def test_never(): ...

@pytest.mark.skip(reason="r")
def test_never_with_a_reason(): ...

@pytest.mark.xfail
def test_fails(): ...

def helper(): ...
"""


@pytest.mark.parametrize("name", ["test_runs", "test_sometimes"])
def test_a_test_that_runs_shows_something(tmp_path, name):
    (tmp_path / "test_a.py").write_text(PLANTED)
    assert wrong({"L001": [f"test_a.py::{name}"]}, tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["test_never", "test_never_with_a_reason", "test_fails", "helper", "test_absent", "", "pytest"],
)
def test_a_test_that_does_not_run_shows_nothing(tmp_path, name):
    (tmp_path / "test_a.py").write_text(PLANTED)
    assert len(wrong({"L001": [f"test_a.py::{name}"]}, tmp_path)) == 1


@pytest.mark.parametrize(
    "line", ["pytestmark = pytest.mark.skip", "pytest.skip('x', allow_module_level=True)"]
)
def test_a_file_that_does_not_run_shows_nothing(tmp_path, line):
    (tmp_path / "test_a.py").write_text(f"{PLANTED}\n{line}\n")
    assert len(wrong({"L001": ["test_a.py::test_runs"]}, tmp_path)) == 1


def test_an_unknown_id_an_empty_list_and_a_missing_file_are_seen(tmp_path):
    assert len(wrong({"L200": [], "X001": [], "G089": ["test_gone.py::test_a"]}, tmp_path)) == 5


def test_an_id_mapped_twice_is_seen():
    with pytest.raises(AssertionError, match="L001"):
        mapped("L001: [a]\nL001: [b]\n")
