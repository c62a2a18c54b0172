"""The wire of one service, hosted and in the house."""

from __future__ import annotations

import json

import pytest

from core.llm.search.engine import discover

ENGINE = discover()["firecrawl"]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://a.example", "http://a.example/v2/search"),
        ("http://a.example/v1", "http://a.example/v1/search"),
        ("http://a.example/v2", "http://a.example/v2/search"),
    ],
)
def test_it_is_asked_at_its_newest_door_unless_the_settings_name_one(base, url):
    sent = ENGINE.ask(base, "k", "why", 500)
    assert (sent.method, sent.url) == ("POST", url)
    assert json.loads(sent.body) == {"query": "why", "limit": 100}


def test_pages_and_news_are_both_read():
    page = {"url": "https://a.example/", "title": "A", "description": "about a", "position": 1}
    news = {"url": "https://b.example/", "title": "B", "snippet": "about b", "date": "2 days ago"}
    answer = {"success": True, "data": {"web": [page], "images": [], "news": [news]}}
    hits = ENGINE.read(json.dumps(answer).encode())
    assert [(hit.url, hit.snippet, hit.published) for hit in hits] == [
        ("https://a.example/", "about a", None),
        ("https://b.example/", "about b", None),
    ]


def test_the_bare_list_of_an_older_server_is_read():
    rows = [{"url": "https://a.example/", "title": "A", "description": "a", "markdown": "# A"}]
    (hit,) = ENGINE.read(json.dumps({"success": True, "data": rows}).encode())
    assert hit.title == "A"
