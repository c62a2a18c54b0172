"""The HTML deck: one file, no script, nothing from elsewhere, every number opens its evidence."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from core.insight.exports.html import stylesheet, write_html
from core.insight.slides import Method

ANSWER = "Revenue fell by [[1.change_revenue.share]], [[1.change_revenue.region]] lost most."


class Page(HTMLParser):
    """Tags and their attributes, in order."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_each_number_opens_a_sheet_that_exists(shop_at):
    page = Page(write_html(shop_at.deck(ANSWER)))
    sheets = {a["id"] for tag, a in page.tags if tag == "div" and "popover" in a}
    opened = [
        a["popovertarget"] for tag, a in page.tags if tag == "button" and a["class"] != "close"
    ]
    assert len(opened) >= 8
    assert set(opened) == sheets


def test_nothing_runs_and_nothing_is_fetched(shop_at):
    html = write_html(shop_at.deck(ANSWER))
    page = Page(html)
    names = {tag for tag, _ in page.tags}
    assert not names & {
        "script",
        "link",
        "iframe",
        "img",
        "object",
        "embed",
        "form",
        "base",
        "a:href",
    }
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert "src" not in attributes
    assert b"http://" not in html
    assert b"https://" not in html


def test_the_policy_allows_only_this_files_own_style(shop_at):
    page = Page(write_html(shop_at.deck()))
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in (policy or "")
    assert "default-src 'none'" in (policy or "")
    assert "script" not in (policy or "")


def test_hostile_names_in_the_data_stay_text(shop_at):
    deck = shop_at.deck().model_copy(deep=True)
    deck.title = deck.question = deck.slides[0].title = "<img src=x onerror=alert(1)>"
    deck.sources[0].name = "</style><script>alert(2)</script>"
    html = write_html(deck).decode()
    assert "<img" not in html
    assert "<script" not in html
    assert "</style><script" not in html


def test_dark_mode_print_and_phone_are_styled():
    css = stylesheet()
    assert "prefers-color-scheme: dark" in css
    assert "@media print" in css
    assert "max-width: 40rem" in css
    assert css.count("@font-face") == 4


def test_a_partial_deck_says_so_above_its_answer(shop_at):
    html = write_html(shop_at.deck("", Method(stopped="budget"))).decode()
    assert "Answer, partial" in html
    assert "the budget did not cover the next step" in html


def test_the_method_lists_what_was_not_supported_and_the_data_its_hash(shop_at):
    html = write_html(shop_at.deck()).decode()
    assert "Looked at, not supported" in html
    assert "revenue by weekday" in html
    assert re.search(rf"SHA-256.*{shop_at.hash}", html)


@pytest.mark.browser
def test_in_a_browser_it_opens_from_disk_and_works_by_keyboard(shop_at, tmp_path):
    from playwright.sync_api import sync_playwright

    file = tmp_path / "deck.html"
    file.write_bytes(write_html(shop_at.deck(ANSWER)))
    said: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for width, mode in ((1440, "light"), (390, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=mode)
            page.on("console", lambda message: said.append(message.text))
            page.on("request", lambda request: said.append(request.url))
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width
            page.locator("button.n").first.focus()
            page.keyboard.press("Enter")
            sheet = page.locator(":popover-open")
            assert "SELECT before, after" in sheet.inner_text()
            page.keyboard.press("Escape")
            assert page.locator(":popover-open").count() == 0
            page.close()
        browser.close()
    assert [one for one in said if not one.startswith(("file:", "data:"))] == []


def test_the_same_deck_gives_the_same_bytes(shop_at):
    assert write_html(shop_at.deck(ANSWER)) == write_html(shop_at.deck(ANSWER))
