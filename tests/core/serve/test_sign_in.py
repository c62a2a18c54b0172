"""Signing in sets a cookie nobody's script can read; other sites cannot post; guesses tire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.serve.sign_in import COOKIE, TRIES_MAX, SignIn, safe_target

PASSWORD = "correct horse battery"
OWN = {"origin": "http://testserver"}


@pytest.fixture
def browser(wide):
    return TestClient(Starlette(routes=SignIn(lambda: wide).routes()), follow_redirects=False)


def post(browser, password=PASSWORD, headers=OWN, target="/chat?a=b"):
    form = {"password": password, "next": target}
    return browser.post("/sign-in", data=form, headers=headers)


def test_the_right_password_opens_a_session_and_the_page_asked_for(browser, wide):
    answer = post(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat?a=b")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert wide.people.by_session(browser.cookies[COOKIE]).role == "owner"


def test_a_wrong_password_opens_nothing_and_says_so(browser):
    answer = post(browser, password="guess")
    assert answer.headers["location"] == "/chat?a=b&sign_in=wrong"
    assert COOKIE not in browser.cookies


def test_another_site_cannot_post_the_form(browser):
    assert post(browser, headers={"origin": "http://evil.test"}).status_code == 403
    assert post(browser, headers={}).status_code == 403
    assert browser.post("/sign-out", headers={"origin": "http://evil.test"}).status_code == 403


def test_guessing_tires_even_with_the_right_password_at_last(browser):
    for _ in range(TRIES_MAX):
        post(browser, password="guess")
    assert "sign_in=wait" in post(browser).headers["location"]


def test_signing_out_ends_the_session_on_the_server(browser, wide):
    post(browser)
    token = browser.cookies[COOKIE]
    browser.post("/sign-out", headers=OWN)
    assert wide.people.by_session(token) is None


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "evil", "/a\r\nb"],
)
def test_no_redirect_leaves_the_studio(target):
    assert safe_target(target) == "/"


@given(some.text(max_size=60))
def test_every_target_is_a_path_of_ours(text):
    target = safe_target("/" + text)
    assert target.startswith("/")
    assert not target.startswith("//")
    assert "\n" not in target


def test_many_guesses_at_once_are_counted_before_they_are_checked(wide):
    from concurrent.futures import ThreadPoolExecutor

    app = Starlette(routes=SignIn(lambda: wide).routes())
    with TestClient(app, follow_redirects=False) as browser, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(browser, password="guess"), range(12)))
    said = [answer.headers["location"] for answer in answers]
    assert sum("sign_in=wrong" in one for one in said) <= TRIES_MAX


@pytest.mark.parametrize("target", ["//[", "/\x00", "/a\x7fb", "/\u2028x", "http://[::1"])
def test_an_address_that_is_none_leads_to_the_first_page(browser, target):
    answer = post(browser, target=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("origin", ["null", "http://[", "", "http://testserver.evil.test"])
def test_an_origin_that_is_not_ours_is_refused(browser, origin):
    assert post(browser, headers={"origin": origin}).status_code == 403


def test_a_form_of_many_bytes_is_not_read_into_memory(browser):
    answer = browser.post("/sign-in", content=b"password=" + b"x" * 1_000_000, headers=OWN)
    assert answer.status_code == 413


def test_each_signing_in_makes_a_token_of_its_own(browser, wide):
    browser.cookies.set(COOKIE, "chosen-by-somebody-else")
    answer = post(browser)
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    assert wide.people.by_session("chosen-by-somebody-else") is None
