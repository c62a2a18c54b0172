"""The wire of a metasearch server in the house."""

from __future__ import annotations

import json

from core.llm.search.engine import discover

ENGINE = discover()["searxng"]


def test_it_is_asked_for_json_and_without_a_key_where_it_has_none():
    sent = ENGINE.ask("http://a.example", "", "a b&c=ü", 5)
    assert (sent.method, sent.headers) == ("GET", {})
    assert sent.url == "http://a.example/search?q=a+b%26c%3D%C3%BC&format=json"
    assert ENGINE.ask("http://a.example", "k", "x", 5).headers == {"authorization": "Bearer k"}


def test_its_answer_is_read_with_score_and_day():
    row = {"url": "https://a.example/", "title": "A", "content": "about a", "score": 4.0,
           "publishedDate": "2024-05-01T00:00:00", "engines": ["x"]}  # fmt: skip
    (hit,) = ENGINE.read(json.dumps({"query": "x", "results": [row]}).encode())
    assert (hit.score, hit.snippet) == (4.0, "about a")
    assert hit.published
    assert hit.published.day == 1


def test_a_server_that_does_not_offer_json_is_told_how():
    error = ENGINE.refused(403)
    assert error
    assert "search.formats" in error.hint
