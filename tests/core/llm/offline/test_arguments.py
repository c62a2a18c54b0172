"""Arguments are filled by the names of parameters, and never break a schema."""

from __future__ import annotations

from core.llm.offline.arguments import empty, fill, suits
from core.llm.offline.question import understand
from tests.core.llm.offline.examples import PROFILE, TEXT, TOOLS, column, spec

BY_NAME = {tool.name: tool for tool in TOOLS}


def wish(text):
    return understand(text, PROFILE)


def test_a_choice_the_schema_does_not_have_is_left_out():
    narrow = spec("total", "Sum.", aggregate={"enum": ["sum"]}, measure=TEXT)
    made = fill(narrow, "sales", PROFILE, wish("median revenue"))
    assert made == {"table": "sales", "measure": "revenue"}


def test_a_sweep_names_only_what_must_be_named():
    assert empty(BY_NAME["trend"], "sales", PROFILE, wish("why?")) == {"table": "sales"}
    made = empty(BY_NAME["change"], "sales", PROFILE, wish("why did returns rise?"))
    assert made == {"table": "sales", "measure": "returns"}


def test_a_tool_suits_a_table_that_has_its_columns():
    bare = {"columns": [column("a", "measure")]}
    assert suits(BY_NAME["outliers"], bare)
    assert not suits(BY_NAME["relation"], bare)
    assert not suits(BY_NAME["segments"], bare)
    assert not suits(BY_NAME["trend"], bare)
    assert suits(BY_NAME["total"], bare)
    assert not suits(BY_NAME["change"], {"columns": [column("day", "time")]})
