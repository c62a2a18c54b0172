"""The wire of one service."""

from __future__ import annotations

import json

from core.llm.search.engine import discover

ENGINE = discover()["tavily"]
ANSWER = {
    "query": "who is Leo Messi?",
    "answer": None,
    "images": [],
    "results": [
        {
            "title": "Lionel Messi Facts",
            "url": "https://example.com/messi",
            "content": "Born in 1987.",
            "score": 0.81025416,
            "raw_content": None,
            "favicon": "https://example.com/favicon.png",
            "published_date": "Mon, 03 Nov 2025 10:00:00 GMT",
        }
    ],
    "response_time": "1.67",
}


def test_it_is_asked_with_a_bearer_key_and_at_most_twenty_results():
    sent = ENGINE.ask("http://a.example", "k", "why", 50)
    assert (sent.method, sent.url) == ("POST", "http://a.example/search")
    assert sent.headers["authorization"] == "Bearer k"
    assert json.loads(sent.body) == {"query": "why", "max_results": 20}


def test_its_documented_answer_is_read():
    (hit,) = ENGINE.read(json.dumps(ANSWER).encode())
    assert (hit.title, hit.url, hit.snippet) == (
        "Lionel Messi Facts",
        "https://example.com/messi",
        "Born in 1987.",
    )
    assert hit.score == 0.81025416
    assert hit.published
    assert hit.published.isoformat() == "2025-11-03T10:00:00+00:00"


def test_a_plan_that_is_used_up_is_told_from_other_refusals():
    assert ENGINE.refused(432).details["reason"] == "payment"
    assert ENGINE.refused(200) is None
    assert ENGINE.refused(500) is None
