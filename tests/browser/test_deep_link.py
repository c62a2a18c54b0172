"""The first visit of a fresh process may be to any page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import serving


def test_a_deep_link_comes_first_and_is_framed(page, tmp_path):
    with serving(tmp_path / "fresh") as url:
        page.goto(f"{url}/chat")
        expect(page.get_by_text("Conversations that show their work")).to_be_visible()
        expect(page.locator(".st-key-topbar")).to_be_visible()
        assert page.elsewhere == []
