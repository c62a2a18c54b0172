"""No address that a person gives leads into the house, by whatever road."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import os
import ssl
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid, Refused, StudioError, Unavailable
from core.safety.addresses import why_not
from core.safety.egress import Egress, resolve
from tests.loopback import web_server
from tests.loopback.web_server import endless, moved, page, slowly


@pytest.fixture
def web():
    with web_server.serve() as server:
        yield server


def names(**known: str | list[str]):
    """A resolver that knows these names, and every address as itself."""

    async def look_up(host: str, _port: int) -> list[str]:
        found = known.get(host.replace(".", "_"), host)
        return [found] if isinstance(found, str) else found

    return look_up


def fetch(egress: Egress, url: str, **limits):
    return asyncio.run(egress.fetch(url, **limits))


def open_to(web, **options) -> Egress:
    """The way to this server is allowed, and no other."""
    return Egress(allow=[web.place, *options.pop("allow", ())], **options)


# --- what works


def test_a_page_arrives_with_its_type_and_where_it_was_found(web):
    web.pages["/a"] = page("<p>Grüße</p>".encode("latin-1"), kind='text/HTML; charset="ISO-8859-1"')
    found = fetch(open_to(web), web.url("/a?x=1#y"))
    assert (found.status, found.media_type, found.charset) == (200, "text/html", "iso-8859-1")
    assert found.body.decode(found.charset) == "<p>Grüße</p>"
    assert found.url == web.url("/a?x=1")
    assert web.seen[0].startswith(b"GET /a?x=1 HTTP/1.1\r\n")


def test_a_status_is_told_and_not_raised(web):
    assert fetch(open_to(web), web.url("/none")).status == 404


def test_a_packed_page_is_unpacked(web):
    web.pages["/"] = page(gzip.compress(b"hello"), content_encoding="gzip")
    assert fetch(open_to(web), web.url()).body == b"hello"


def test_redirects_are_followed_up_to_the_limit(web):
    web.pages |= {"/1": moved("/2"), "/2": moved(web.url("/3"), "308 Permanent"), "/3": page(b"x")}
    egress = open_to(web)
    found = fetch(egress, web.url("/1"), redirects_max=2)
    assert (found.body, found.url) == (b"x", web.url("/3"))
    with pytest.raises(Invalid) as caught:
        fetch(egress, web.url("/1"), redirects_max=1)
    assert caught.value.details["reason"] == "redirects"


def test_a_redirect_to_itself_ends(web):
    web.pages["/"] = moved("/")
    with pytest.raises(Invalid):
        fetch(open_to(web), web.url())
    assert len(web.seen) == 6


def test_the_request_tells_nothing_of_the_house(web, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9")
    web.pages |= {"/": moved("/b"), "/b": page(b"x", set_cookie="a=b")}
    web.pages["/"] = page(b"", status="302 Found", location="/b", set_cookie="a=b")
    assert fetch(open_to(web), web.url()).body == b"x"
    heads = b"".join(web.seen).lower()
    assert not any(word in heads for word in (b"cookie", b"referer", b"authorization", b"trace"))


# --- the table of attacks: none of them may reach the server


def attacks(port: int) -> dict[str, str]:
    return {
        "loopback": f"http://127.0.0.1:{port}/",
        "another loopback": f"http://127.8.8.8:{port}/",
        "this host": f"http://0.0.0.0:{port}/",
        "by name": f"http://localhost:{port}/",
        "name with a dot": f"http://localhost.:{port}/",
        "decimal": f"http://2130706433:{port}/",
        "hex": f"http://0x7f000001:{port}/",
        "hex parts": f"http://0x7f.0x0.0x0.0x1:{port}/",
        "octal": f"http://0177.0.0.1:{port}/",
        "short": f"http://127.1:{port}/",
        "ipv6": f"http://[::1]:{port}/",
        "ipv6 any": f"http://[::]:{port}/",
        "mapped": f"http://[::ffff:127.0.0.1]:{port}/",
        "mapped hex": f"http://[::ffff:7f00:1]:{port}/",
        "compatible": f"http://[::127.0.0.1]:{port}/",
        "nat64": f"http://[64:ff9b::127.0.0.1]:{port}/",
        "6to4": f"http://[2002:7f00:1::]:{port}/",
        "zone": f"http://[fe80::1%25lo]:{port}/",
        "metadata": "http://169.254.169.254/latest/meta-data/",
        "metadata ipv6": "http://[fd00:ec2::254]/latest/meta-data/",
        "full width": f"http://\uff11\uff12\uff17.0.0.1:{port}/",
        "user part": f"http://example.com@127.0.0.1:{port}/",
        "backslash": f"http://example.com\\@127.0.0.1:{port}/",
        "line break": f"http://127.0.0.1:{port}/\r\nX: y",
        "public name, private address": f"http://inside.example:{port}/",
        "one address of two is private": f"http://half.example:{port}/",
        "scheme": f"ftp://127.0.0.1:{port}/",
        "file": "file:///etc/passwd",
        "socket": "http+unix://%2fvar%2frun%2fdocker.sock/",
        "gopher": f"gopher://127.0.0.1:{port}/_GET",
    }


KNOWN = {
    "localhost": "127.0.0.1",
    "localhost_": "127.0.0.1",
    "inside_example": "127.0.0.1",
    "half_example": ["93.184.215.14", "127.0.0.1"],
}


@pytest.mark.parametrize("attack", attacks(0))
def test_no_attack_of_the_table_reaches_a_server_of_the_house(attack, web):
    egress = Egress(ports=[80, 443, web.port], resolve=names(**KNOWN))
    with pytest.raises((Invalid, Refused)) as caught:
        fetch(egress, attacks(web.port)[attack], timeout_s=60)
    assert web.seen == []
    assert "127.0.0.1" not in caught.value.message or "127.0.0.1" in attacks(0)[attack]


@pytest.mark.parametrize("attack", attacks(0))
def test_no_redirect_to_an_address_of_the_table_is_followed(attack, web):
    with web_server.serve() as inside:
        web.pages["/"] = page(
            b"", status="302 Found", location=attacks(inside.port)[attack].replace("\r\n", " ")
        )
        egress = Egress(ports=[80, inside.port], allow=[web.place], resolve=names(**KNOWN))
        with pytest.raises((Invalid, Refused)):
            fetch(egress, web.url(), timeout_s=60)
        assert (len(web.seen), inside.seen) == (1, [])


def test_a_name_server_that_changes_its_mind_is_asked_once_and_taken_at_its_word(web):
    asked = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    egress = Egress(ports=[web.port], resolve=rebinding)
    with pytest.raises(Unavailable):  # it went to the first answer, which no test can reach
        fetch(egress, web.url(host="rebinding.example"), timeout_s=60)
    assert (asked, web.seen) == (["rebinding.example"], [])


def test_a_name_that_turns_private_between_two_redirects_is_refused(web):
    answers = iter([["127.0.0.1"], ["10.0.0.7"]])

    async def turning(_host: str, _port: int) -> list[str]:
        return next(answers)

    web.pages["/"] = moved(f"http://b.example:{web.port}/inside")
    egress = Egress(ports=[web.port], allow=[f"a.example:{web.port}"], resolve=turning)
    with pytest.raises(Refused):
        fetch(egress, web.url(host="a.example"))
    assert len(web.seen) == 1


def test_the_connection_goes_to_the_checked_address_under_the_given_name(web):
    web.pages["/"] = page(b"x")
    egress = Egress(
        allow=[f"shop.example:{web.port}"], resolve=names(shop_example=["127.0.0.9", "127.0.0.1"])
    )  # nobody listens on the first of them
    assert fetch(egress, web.url(host="shop.example")).body == b"x"
    assert f"host: shop.example:{web.port}".encode() in web.seen[0].lower()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.ip_addresses(), min_size=1, max_size=4))
def test_a_host_with_any_address_that_is_not_public_is_refused(addresses):
    async def look_up(_host: str, _port: int) -> list[str]:
        return [str(address) for address in addresses]

    egress = Egress(resolve=look_up)
    asked = egress.addresses(egress.check("http://a.example/"))
    if all(not why_not(address) for address in addresses):
        assert asyncio.run(asked) == [str(address) for address in addresses]
    else:
        with pytest.raises(Refused):
            asyncio.run(asked)


def test_a_server_of_the_settings_is_reached_inside_and_no_other(web):
    web.pages["/"] = page(b"x")
    egress = Egress(ports=[80, web.port])
    assert asyncio.run(egress.to(web.url("/v1")).send("GET", web.url())).body == b"x"
    with pytest.raises(Refused):
        fetch(egress.to(f"http://127.0.0.1:{web.port + 1}"), web.url())


def test_a_server_of_the_settings_is_told_the_trace_and_a_stranger_is_not(web):
    egress = Egress(trace=lambda: "00-ab-cd-01").to(web.url())
    asyncio.run(egress.send("GET", web.url(), headers={"x-key": "k"}))
    fetch(egress, web.url())
    assert [b"traceparent: 00-ab-cd-01\r\n" in seen for seen in web.seen] == [True, False]


def test_an_allowance_is_for_one_host_and_port_exactly(web):
    egress = Egress(allow=[f"127.0.0.1:{web.port + 1}", f"localhost:{web.port}"])
    for url in (web.url(), web.url(host="0.0.0.0")):
        with pytest.raises((Invalid, Refused)):
            fetch(egress, url)
    assert web.seen == []


def test_other_ports_are_closed():
    with pytest.raises(Invalid) as caught:
        fetch(Egress(), "http://93.184.215.14:22/")
    assert caught.value.details["reason"] == "port"
    assert "80, 443" in caught.value.hint


# --- limits


def test_a_page_that_says_it_is_too_large_is_not_read(web):
    web.pages["/"] = page(b"x", content_length="5000000000")
    with pytest.raises(Invalid) as caught:
        fetch(open_to(web), web.url(), size_max_bytes=1_000)
    assert caught.value.details["reason"] == "size"


def test_a_page_that_does_not_end_is_left_at_the_limit(web):
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n"
    web.pages["/"] = endless(head, b"x" * 65_536)
    began = time.monotonic()
    with pytest.raises(Invalid) as caught:
        fetch(open_to(web), web.url(), size_max_bytes=1_000_000)
    assert caught.value.details["reason"] == "size"
    assert time.monotonic() - began < 20


def test_a_bomb_is_left_at_the_limit(web):
    web.pages["/"] = page(gzip.compress(bytes(50_000_000)), content_encoding="gzip")
    with pytest.raises(Invalid):
        fetch(open_to(web), web.url(), size_max_bytes=1_000_000)


@pytest.mark.parametrize("answer", [page(b"x" * 5_000), b"HTTP/1.1 200 OK\r\nx: " + b"y" * 5_000])
def test_a_page_that_drips_is_left_in_time(answer, web):
    web.pages["/"] = slowly(answer, 0.1)  # eight minutes in all
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        fetch(open_to(web), web.url(), timeout_s=0.5)
    assert caught.value.details["reason"] == "timeout"
    assert time.monotonic() - began < 120


def test_the_time_is_that_of_all_redirects_together(web):
    web.pages["/"] = lambda _head: (time.sleep(0.15), [moved("/")])[1]
    began = time.monotonic()
    with pytest.raises(Unavailable):
        fetch(open_to(web), web.url(), timeout_s=0.5, redirects_max=5_000)
    assert time.monotonic() - began < 120  # all of them take twelve minutes


def test_a_name_server_that_hangs_is_left_in_time():
    async def hanging(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(600)
        return []

    with pytest.raises(Unavailable):
        fetch(Egress(resolve=hanging), "http://example.com/", timeout_s=0.2)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab",
     b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000, b"HTTP/1.1 999999 ?\r\n\r\n",
     b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_a_broken_answer_is_an_error_that_a_person_can_read(answer, web):
    web.pages["/"] = answer
    with pytest.raises(Unavailable) as caught:
        fetch(open_to(web), web.url(), timeout_s=60)
    assert caught.value.hint


def test_an_unknown_host_and_a_closed_port_are_told_apart():
    async def nobody(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unavailable) as caught:
        fetch(Egress(resolve=nobody), "http://nobody.example/")
    assert caught.value.details["reason"] == "unknown_host"
    with pytest.raises(Unavailable) as caught:
        fetch(Egress(allow=["127.0.0.1:9"]), "http://127.0.0.1:9/")
    assert caught.value.details["reason"] == "unreachable"


def test_the_systems_resolver_is_asked():
    assert set(asyncio.run(resolve("localhost", 80))) <= {"127.0.0.1", "::1"}
    assert asyncio.run(resolve("93.184.215.14", 80)) == ["93.184.215.14"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_a_server_sends_ends_in_a_page_or_in_a_sentence(sent):
    with web_server.serve() as web:
        web.pages["/"] = b"HTTP/1.1 " + sent
        with suppress(StudioError):
            assert fetch(open_to(web), web.url(), timeout_s=1).status


# --- servers of the settings


def test_a_servers_key_is_sent_and_does_not_follow_a_redirect(web):
    egress = open_to(web)
    web.pages |= {"/": page(b"{}", kind="application/json"), "/gone": moved("/")}
    key = {"authorization": "Bearer k"}
    sent = egress.send("POST", web.url(), body=b'{"q": 1}', headers=key)
    assert asyncio.run(sent).body == b"{}"
    assert b"authorization: Bearer k" in web.seen[0]
    assert web.seen[0].startswith(b"POST / ")
    with pytest.raises(Unavailable) as caught:
        asyncio.run(egress.send("GET", web.url("/gone"), headers=key))
    assert caught.value.details["reason"] == "redirects"
    assert len(web.seen) == 2


# --- TLS: the name stays that of the address while the wire is pinned


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of shop.example, signed by itself."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem = serialization.Encoding.PEM
    (folder / "chain").write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key").write_bytes(secret)
    return folder / "chain", folder / "key"


def test_a_pinned_connection_asks_for_the_name_and_checks_it(certificate):
    with web_server.serve(certificate) as web:
        web.pages["/"] = page(b"x")
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        look_up = names(shop_example="127.0.0.1", other_example="127.0.0.1")
        allow = [f"{name}.example:{web.port}" for name in ("shop", "other")]
        egress = Egress(allow=allow, resolve=look_up, certificates=trusted)
        assert fetch(egress, web.url(host="shop.example")).body == b"x"
        assert web.names == ["shop.example"]
        for refused in (egress, Egress(allow=allow, resolve=look_up)):
            name = "other.example" if refused is egress else "shop.example"
            with pytest.raises(Unavailable) as caught:
                fetch(refused, web.url(host=name))
            assert caught.value.details["reason"] == "unreachable"
        assert len(web.seen) == 1
