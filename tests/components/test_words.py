"""Amounts, times and names as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from components import words
from core.storage.database import now


@pytest.mark.parametrize(
    ("nusd", "said"),
    [
        (0, "$0.00"),
        (None, "$0.00"),
        (310_000_000, "$0.31"),
        (1_000, "< $0.01"),
        (1_240_500_000_000, "$1,240.50"),
        (-2_000_000_000, "−$2.00"),  # noqa: RUF001 - a true minus
    ],
)
def test_money_is_never_rounded_to_nothing(nusd, said):
    assert words.usd(nusd) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.01, "< 0.1 s"), (0.44, "0.4 s"), (12.2, "12 s"), (72, "1 m 12 s"), (7500, "2 h 5 m")],
)
def test_durations_have_one_form_each(seconds, said):
    assert words.took(seconds) == said


def test_counts_know_one_from_many():
    assert words.count(1, "row") == "1 row"
    assert words.count(37_489, "row") == "37,489 rows"
    assert words.count(2, "query", "queries") == "2 queries"


def test_sizes_are_in_powers_of_a_thousand():
    assert [words.size(n) for n in (812, 4_100_000, 1_200_000_000)] == ["812 B", "4.1 MB", "1.2 GB"]


def test_the_past_is_told_from_now():
    assert words.ago(now()) == "just now"
    assert words.ago(now() - timedelta(minutes=12)) == "12 min ago"
    assert words.clock(now()).endswith("UTC")


@given(some.text(max_size=400))
def test_names_from_data_never_format_or_link_anything(name):
    line = words.plain(name)
    assert "\n" not in line
    bare = line.replace("\\\\", "")
    for mark in "`*_[]<>#$~|:":
        assert bare.count(mark) == bare.count("\\" + mark)


def test_operations_are_named_in_words():
    assert words.named("creative_sprint.render") == "Creative sprint: render"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "off"), (None, "off"), (45, "45 s"), (600, "10 min"), (3_600, "1 h"), (90, "90 s"),
     (86_400, "24 h"), (2_592_000, "30 days")],
)  # fmt: skip
def test_how_long_something_stays_has_the_largest_unit_that_fits(seconds, said):
    assert words.lasts(seconds) == said


def test_milliseconds_that_were_not_measured_are_not_said():
    assert words.ms(1240) == "1,240 ms"
    assert words.ms(None) == ""


def test_why_a_model_did_not_answer_is_said_in_words():
    assert words.because("cut") == "broke off"
    assert words.because("something_new") == "something new"


def test_a_run_is_called_by_what_was_asked():
    assert words.titled("insight.ask", {"question": "Why?"}) == "Why?"
    assert words.titled("complete", {"prompt": "Write."}) == "Write."
    assert words.titled("models.test", {"model": "a/b"}) == "Models: test, a/b"
    assert words.titled("brief.render", {}) == "Brief: render"
