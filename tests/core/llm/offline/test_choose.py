"""Tools are chosen by what they say they answer."""

from __future__ import annotations

import pytest

from core.llm import ToolSpec
from core.llm.offline.choose import answers, direct
from core.llm.offline.question import understand
from core.llm.offline.words import stem
from core.tools.tool import discover
from tests.core.llm.offline.examples import PROFILE, TOOLS, spec


def test_the_answers_line_is_read_as_phrases():
    tool = spec("x", "Does x.\nAnswers: over time, how many, why.\nMore text, ignored.")
    assert (stem("why"),) in answers(tool)
    assert (stem("over"), stem("time")) in answers(tool)
    assert not any(stem("ignored") in phrase for phrase in answers(tool))


def test_a_new_tool_is_met_by_its_words_alone():
    season = spec("season", "Finds seasons.\nAnswers: seasonal, season, weekday, yearly pattern.")
    chosen = direct(understand("Is revenue seasonal?", PROFILE), [*TOOLS, season])
    assert chosen[0] is season


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Why did revenue fall in the last quarter?", "change"),
        ("Which product line lost the most?", "change"),
        ("How much revenue did we lose in Q4 2025?", "change"),
        ("Which region has the highest revenue?", "total"),
        ("What share of revenue comes from each region?", "total"),
        ("How many rows are there?", "total"),
        ("Does online sell better than store?", "segments"),
        ("Is the difference between channels real?", "segments"),
        ("How did revenue develop over time?", "trend"),
        ("Which month had the highest revenue?", "trend"),
        ("Are there outliers in revenue?", "outliers"),
        ("What is related to unit price?", "relation"),
        ("Do discounts hurt revenue?", "relation"),
        ("How is revenue distributed?", "distribution"),
        ("Where are values missing?", "missingness"),
        ("Is the difference confounded by the mix?", "simpson"),
    ],
)
def test_the_real_recipes_are_chosen_by_their_own_words(question, name):
    known = discover()
    recipes = [ToolSpec(**known[tool].spec()) for tool in known if tool != "profile"]
    assert direct(understand(question, PROFILE), recipes)[0].name == name


def test_nothing_is_chosen_when_nothing_speaks_to_it():
    assert direct(understand("lorem ipsum", PROFILE), TOOLS) == []


def test_a_tool_without_words_is_never_direct():
    silent = spec("silent", "Says nothing about itself.")
    wish = understand("Why did revenue fall?", PROFILE)
    assert silent not in direct(wish, [*TOOLS, silent])
