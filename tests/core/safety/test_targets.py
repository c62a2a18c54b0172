"""Web addresses are read strictly, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.safety.targets import joined, parse

ODD = [
    "", " ", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x", "dict://127.0.0.1", "data:text/html,x", "javascript:alert(1)",
    "http:", "http://", "http:///path", "http://?x", "http://:80/", "http://exa mple.com",
    "http://example.com\r\nHost: x", "http://example.com/\tx", "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\.example.com", "http://user@example.com", "http://user:pw@example.com",
    "http://@example.com", "http://example.com:80@127.0.0.1/", "http://127.0.0.1%2f@example.com/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/",
    "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://1.1.1.256/",
    "http://example.com:0x50/", "http://example.com:99999/", "http://example.com:-1/",
    "http://[::1", "http://[::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::g]/",
    "http://a..b/", "http://" + "a" * 64 + ".com/", "http://\uff11\uff12\uff17.0.0.1/", "http://ⓔxample.com/",
    "http://exa\u00admple.com/", "http://example.com/" + "x" * 4_100,
]  # fmt: skip


SIGNS = "%/?#[]@:.0123456789abxX\u00e9\u3002;&=+~ -_\\"  # what parsers disagree about


@pytest.mark.parametrize("url", ODD, ids=lambda url: repr(url)[:40])
def test_an_odd_address_is_refused_before_anything_is_looked_up(url):
    with pytest.raises(Invalid) as caught:
        parse(url)
    assert caught.value.hint


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(Invalid) as caught:
        parse("https://ana:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)
    assert caught.value.details == {"reason": "credentials"}


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://example.com", "example.com", 80, "/"),
        ("HTTPS://Example.COM/a?b=c#d", "example.com", 443, "/a?b=c"),
        ("https://example.com:8443/", "example.com", 8443, "/"),
        ("http://93.184.215.14/x", "93.184.215.14", 80, "/x"),
        ("http://[2606:4700::1]/x", "2606:4700::1", 80, "/x"),
        ("https://bücher.example/ä?q=ö", "xn--bcher-kva.example", 443, "/%C3%A4?q=%C3%B6"),
        ("http://example.com?a=b", "example.com", 80, "/?a=b"),
        ("http://example.com/%2e%2e/x", "example.com", 80, "/%2e%2e/x"),
    ],
)
def test_a_plain_address_is_taken_apart(url, host, port, path):
    target = parse(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_the_host_header_shows_the_port_only_where_it_is_unusual():
    assert parse("http://example.com:80/").authority == "example.com"
    assert parse("http://[2606:4700::1]:81/").authority == "[2606:4700::1]:81"
    assert parse("https://example.com:80/").url == "https://example.com:80/"


def test_a_redirect_is_read_from_where_it_was_found():
    assert joined("http://a.example/x/y", "../z#w") == "http://a.example/z"
    assert joined("https://a.example/", "//b.example/c") == "https://b.example/c"
    assert joined("http://a.example/", "/a b ") == "http://a.example/a%20b"
    for sent in ("/ü".encode(), "/ü".encode("latin-1")):
        assert joined("http://a.example/", sent.decode("latin-1")) == "http://a.example/ü"
    with pytest.raises(Invalid):
        joined("http://a.example/", "http://[::1")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet=SIGNS, max_size=30))
def test_whatever_is_read_is_read_the_same_again(text):
    for url in (text, f"http://{text}", f"https://example.com/{text}"):
        try:
            target = parse(url)
        except Invalid:
            continue
        again = parse(target.url)
        assert (again.host, again.port, again.path) == (target.host, target.port, target.path)
        assert target.url.isascii()
        assert target.url.isprintable()
