"""Hits keep their bounds whatever a service sends."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.search.engine import Sent, discover, hit

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
ROW = st.fixed_dictionaries({"url": st.text(max_size=20) | st.just("http://a.example/")},
                            optional={"title": JSON, "content": JSON, "score": JSON,
                                      "published_date": JSON, "publishedDate": JSON})  # fmt: skip


def test_every_service_has_its_file():
    assert set(discover()) == {"tavily", "firecrawl", "searxng", "keyless"}


@pytest.mark.parametrize("name", ["tavily", "firecrawl", "searxng", "keyless"])
@settings(deadline=None)
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_raises_what_the_door_knows(name, body):
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        discover()[name].read(body)


@pytest.mark.parametrize("name", ["tavily", "searxng"])
@settings(deadline=None)
@given(rows=st.lists(ROW, max_size=4))
def test_rows_of_any_kind_become_bounded_hits_or_an_error_the_door_knows(name, rows):
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        for found in discover()[name].read(json.dumps({"results": rows}).encode()):
            assert found.url.startswith("http")
            assert len(found.title) <= 300
            assert len(found.snippet) <= 1_000
            assert found.published is None or found.published.tzinfo


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Mon, 03 Nov 2025 10:00:00 GMT", datetime(2025, 11, 3, 10, tzinfo=UTC)),
        ("2024-05-01T00:00:00", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T02:00:00+02:00", datetime(2024, 5, 1, tzinfo=UTC)),
        ("3 days ago", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_dates_are_read_as_services_write_them(text, day):
    found = hit("http://a.example/", "t", published=text)
    assert found
    assert found.published == day


def test_words_are_one_line_and_short():
    found = hit("http://a.example/", " a\n b ", "x" * 5_000, score="high")
    assert found
    assert (found.title, len(found.snippet), found.score) == ("a b", 1_000, None)
    assert hit("http://a.example/", None).title == "http://a.example/"


def test_a_request_does_not_show_its_key():
    assert "secret" not in repr(Sent("GET", "http://a.example/", {"authorization": "secret"}))
