"""What core.tools.tool promises."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from core.errors import Invalid, NotFound
from core.tools import recipes
from core.tools.evidence import Outcome
from core.tools.tool import Tool, discover, tool

TEN = {
    "profile", "total", "segments", "trend", "change",
    "outliers", "relation", "distribution", "missingness", "simpson",
}  # fmt: skip


class Only(BaseModel):
    table: str


def _echo(_tables, params: Only) -> Outcome:
    return Outcome(recipe="echo", params=params.model_dump())


_echo.__annotations__ = {"params": Only, "return": Outcome}


def test_every_file_of_recipes_is_a_tool_by_being_there(tools):
    files = {path.stem for path in __import__("pathlib").Path(recipes.__path__[0]).glob("[!_]*.py")}
    assert set(tools) >= files == TEN


def test_discovering_twice_changes_nothing(tools):
    assert list(discover()) == list(tools)


def test_a_name_is_given_once(tools):
    with pytest.raises(ValueError, match="twice"):
        tool("profile", "Again.")(_echo)
    assert tools["profile"].fn is not _echo


def test_the_spec_is_json_and_says_what_it_answers(tools):
    for name in TEN:
        spec = json.loads(json.dumps(tools[name].spec()))
        first, second = spec["description"].split("\n")
        assert first.endswith(".")
        assert second.startswith("Answers: ")
        assert "table" in spec["parameters"]["properties"]


def test_the_version_is_the_hash_of_the_recipe_file(tools):
    assert len({tools[name].version for name in TEN}) == len(TEN)
    assert all(len(tools[name].version) == 64 for name in TEN)


def test_parameters_that_do_not_fit_are_explained():
    echo = Tool("echo", "Echo.", _echo)
    assert echo(None, {"table": "t"}).params == {"table": "t"}
    with pytest.raises(Invalid, match="'echo' cannot use 'table'"):
        echo(None, {})


def test_an_unknown_tool_names_the_known_ones(tools):
    with pytest.raises(NotFound, match="segments"):
        tools["nothing"]
