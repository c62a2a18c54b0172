"""A page of results, read as it is served."""

from __future__ import annotations

from core.llm.search.engine import discover

ENGINE = discover()["keyless"]
PAGE = """
<div id="links" class="results">
 <div class="result result--ad"><a class="result__a" href="//ad.example/y">Buy</a></div>
 <div class="result results_links results_links_deep web-result ">
  <h2 class="result__title"><a rel="nofollow" class="result__a"
   href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fa.example%2Fx%3Fb%3D1&amp;rut=0f"
   >A &amp; <b>B</b></a></h2>
  <a class="result__snippet" href="x">About <b>a</b>.</a>
 </div>
 <div class="result web-result"><a class="result__a" href="https://b.example/">B</a></div>
 <div class="result web-result"><a class="result__a" href="javascript:x">C</a></div>
 <div class="result web-result">nothing</div>
 <div class="results_extra"><a class="result__a" href="https://c.example/">C</a></div>
</div>
"""


def test_links_are_read_where_they_lead_and_advertisements_left_out():
    hits = ENGINE.read(PAGE.encode())
    assert [(hit.title, hit.url, hit.snippet) for hit in hits] == [
        ("A & B", "https://a.example/x?b=1", "About a."),
        ("B", "https://b.example/", ""),
    ]


def test_it_is_asked_without_a_key():
    sent = ENGINE.ask("http://a.example", "", "a b", 5)
    assert (sent.method, sent.url, sent.headers) == ("GET", "http://a.example/html/?q=a+b", {})


def test_a_challenge_is_told_as_what_it_is():
    assert "declines" in ENGINE.refused(202).message
    assert ENGINE.refused(200) is None
