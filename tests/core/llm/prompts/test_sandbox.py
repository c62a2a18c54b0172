"""A template fills in values, and whatever else it tries ends in a sentence, soon."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.llm.prompts import sandbox

LONG = "a" * 100_000
ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ x.__init__.__globals__ }}",
    "{{ x.format }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ x.items() }}",
    "{{ x|attr('__class__') }}",
    "{{ x|map(attribute='__class__')|list }}",
    "{{ range.__globals__ }}",
    "{{ range }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ _allowance }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ config }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
    "{% set x = 1 %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for y in [1] recursive %}{{ loop([1]) }}{% endfor %}",
]
BOMBS = [
    "{% for i in range(9999999999) %}{% endfor %}",
    "{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}",
    (
        "{% for a in range(100) %}{% for b in range(100) %}{% for c in range(100) %}"
        "{% endfor %}{% endfor %}{% endfor %}"
    ),
    "{{ 'a' * 999999999 }}",
    "{{ 9**9**9**9 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ x|center(999999999) }}",
    "{{ x|join(x)|join(x)|join(x) }}",
    "{{ " + "x ~ " * 3_000 + "x }}",
    "{{ " + "x + " * 50 + "x }}",
    "{{ [" + "x, " * 3_000 + "] }}",
    "{{ [" + "x, " * 3_000 + "]|tojson }}",
    "{{ x" + "|tojson" * 3_000 + " }}",
    "{% for i in range(9000) %}{{ x }}{% endfor %}",
    "{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}",
    "{{ " + "9" * 9_000 + " }}",
    "{% if x %}" * 2_000 + "{% endif %}" * 2_000,
    "x" * 40_000,
]


def filled(source, **values):
    return sandbox.fill(sandbox.parse(source), values)


def test_values_conditions_loops_and_filters_make_a_text():
    source = (
        "Dear {{ person.name|title }},\n"
        "{% for part in parts %}\n{{ loop.index }}. {{ part }}\n{% endfor %}\n"
        "{% if note is defined %}{{ note }}{% else %}Bye{% endif %}"
    )
    made = filled(source, person={"name": "ana"}, parts=["one", "two"])
    assert made == "Dear Ana,\n1. one\n2. two\nBye"
    assert filled(
        "{{ xs|join(', ') }} {{ m|tojson }} {{ n|default('none') }}", xs=[1], m={"a": 2}
    ) == ('1 {"a": 2} none')


def test_a_value_is_never_read_as_a_template():
    assert filled("{{ x }}", x="{{ 7 }}{% for %}") == "{{ 7 }}{% for %}"


def test_what_is_missing_is_said_by_name():
    with pytest.raises(Invalid, match="'region' is undefined"):
        filled("{{ region }}")


def test_a_mistake_is_said_with_its_line():
    with pytest.raises(Invalid, match="line 2"):
        sandbox.parse("good\n{% for %}")


@pytest.mark.parametrize("source", ESCAPES)
def test_nothing_leads_out_of_a_template(source):
    with pytest.raises(Invalid):
        filled(source, x={"a": "b"})


@pytest.mark.parametrize("source", BOMBS, ids=[source[:24] for source in BOMBS])
def test_nothing_grows_or_runs_without_end(source):
    began = time.monotonic()
    with pytest.raises(Invalid):
        filled(source, x=LONG)
    assert time.monotonic() - began < 120  # hours, without its bounds


def test_work_that_is_allowed_but_slow_is_stopped_by_the_clock(monkeypatch):
    monkeypatch.setattr(sandbox, "TIME_MAX_S", 0.05)
    with pytest.raises(Invalid, match="too long"):
        filled("{% for i in range(9000) %}{{ x|lower|upper|lower|length }}{% endfor %}", x=LONG)


def test_values_that_are_too_large_are_refused():
    with pytest.raises(Invalid, match="too large"):
        filled("{{ x|length }}", x="a" * (sandbox.CHARS_MAX + 1))


def test_values_that_repeat_themselves_are_weighed_before_they_are_copied(monkeypatch):
    monkeypatch.setattr(sandbox, "plain", None)
    grown = ["a"]
    for _ in range(9):
        grown = [grown] * 10
    with pytest.raises(Invalid, match="too large"):
        filled("{{ x|length }}", x=grown)


def test_only_names_from_outside_are_variables():
    source = "{{ a }}{% for x in b %}{{ x }}{{ range(3)|length }}{% endfor %}"
    assert sandbox.variables(source) == {"a", "b"}


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="{}%#ab |.()[]'\"_~+-*/\n0", max_size=40))
def test_any_text_is_filled_or_refused(source):
    made = ""
    with contextlib.suppress(Invalid):
        made = filled(source, a="x", b=["y"])
    assert len(made) <= sandbox.CHARS_MAX
