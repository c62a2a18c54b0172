"""An equal question about the same rows is answered once; any difference asks again."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from core.errors import Invalid
from core.storage.cache import Memory, open_cache
from core.tools.evidence import Outcome
from core.tools.recall import recalled
from core.tools.tool import DAY_S, Tool
from tests import services


class Asked(BaseModel):
    table: str
    most: int = 3


def _fn(_tables, params: Asked) -> Outcome:
    return Outcome(recipe="x", params=params.model_dump())


_fn.__annotations__ = {"params": Asked, "return": Outcome}


class Teller:
    """Tools over one cache; counts what really ran."""

    def __init__(self, cache):
        self.cache = cache
        self.ran = 0

    def ask(self, said=None, **changes):
        def make():
            self.ran += 1
            return {"n": 1.5, "ran": self.ran} if said is None else said

        tool = Tool("echo", "Echo.", _fn, cache_ttl_s=changes.pop("ttl_s", 60))
        if version := changes.pop("version", ""):
            tool.__dict__["version"] = version
        asked = {"org_id": "acme", "arguments": {"table": "t"}, "tables": {"t": "rows", "u": "r2"}}
        return recalled(self.cache, tool=tool, make=make, **{**asked, **changes})


@pytest.fixture(params=["memory", "redis"])
def teller(request, patient):  # noqa: ARG001 - it is undone
    if request.param == "memory":
        yield Teller(Memory())
        return
    with services.redis() as redis:
        cache = open_cache(redis.url)
        yield Teller(cache)
        cache.close()


def test_the_second_time_nothing_runs_and_the_same_comes_back(teller):
    assert teller.ask() == ({"n": 1.5, "ran": 1}, False)
    assert teller.ask() == ({"n": 1.5, "ran": 1}, True)
    assert teller.ask(arguments={"table": "t", "most": 3}) == ({"n": 1.5, "ran": 1}, True)
    assert teller.ask(tables={"t": "rows", "u": "other rows"})[1]  # not the table it reads


@pytest.mark.parametrize(
    "other",
    [
        {"org_id": "other"},
        {"arguments": {"table": "u"}},
        {"arguments": {"table": "t", "most": 4}},
        {"tables": {"t": "other rows"}},
        {"version": "another file"},
    ],
    ids=str,
)
def test_anything_that_matters_makes_it_another_question(other):
    teller = Teller(Memory())
    teller.ask()
    assert teller.ask(**other)[1] is False
    assert teller.ran == 2


def test_a_tool_that_declares_no_time_is_never_remembered():
    teller = Teller(Memory())
    assert [teller.ask(ttl_s=0)[1] for _ in range(3)] == [False] * 3


def test_what_does_not_fit_is_left_to_the_tool_to_refuse_and_is_not_kept():
    cache = Memory()

    def refuse():
        raise Invalid("No.")

    tool = Tool("echo", "Echo.", _fn, cache_ttl_s=60)
    for arguments in ({}, {"table": "t"}, {"table": "nowhere"}):
        with pytest.raises(Invalid):
            recalled(
                cache, org_id="a", tool=tool, arguments=arguments, tables={"t": "r"}, make=refuse
            )
    assert cache.size_bytes == 0


def test_what_json_would_change_is_not_kept():
    teller = Teller(Memory())
    assert teller.ask({"n": float("nan")})[1] is False
    assert teller.ask({"n": 2}) == ({"n": 2}, False)
    assert teller.ask({"n": 3}) == ({"n": 2}, True)


def test_what_somebody_else_wrote_there_is_not_believed():
    teller = Teller(Memory())
    teller.ask()
    (key,) = teller.cache._entries
    for wrong in (b"", b"\xff\xff", b"[1]", b"null", b"{"):
        teller.cache.put(key, wrong, 60)
        assert teller.ask()[1] is False


def test_without_a_cache_everything_runs():
    assert [Teller(None).ask()[1] for _ in range(2)] == [False, False]


def test_every_recipe_is_about_one_table_and_may_be_remembered(tools):
    known = [tools[name] for name in tools]
    recipes = [tool for tool in known if tool.fn.__module__.startswith("core.tools.recipes")]
    assert len(recipes) == 10
    for tool in recipes:
        assert tool.cache_ttl_s == DAY_S
        assert "table" in tool.params.model_fields
        assert not {"tables", "other"} & set(tool.params.model_fields)
