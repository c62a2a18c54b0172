"""Without tools it does what rules can do and is honest about the rest."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import Message
from core.llm.offline.model import answer
from core.llm.offline.prompts import HONEST


def say(content, system=""):
    head = [Message(role="system", content=system)] if system else []
    return answer([*head, Message(role="user", content=content)]).text


@pytest.mark.parametrize("prompt", ["Write me a poem.", "Hello", "", "{", "Translate: good day"])
def test_what_it_cannot_do_it_says(prompt):
    assert say(prompt) == HONEST


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_prompt_gets_an_answer(prompt):
    assert say(prompt)


@pytest.mark.parametrize(
    "piece", ["{", '{"a":', "[1] ", "<passage id=1>", "<passage ", "a: b\n", "{x} "]
)
def test_a_hostile_prompt_is_answered_in_time(piece):
    begun = time.monotonic()
    assert say("Template: " + piece * 20_000)
    assert time.monotonic() - begun < 120


def test_a_form_comes_before_a_quote():
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    made = say(f"Name: Ada\n[1] Ada is a name.\n{json.dumps(schema)}")
    assert json.loads(made) == {"name": "Ada"}
