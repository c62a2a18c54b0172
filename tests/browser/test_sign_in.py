"""A studio that others can reach asks who is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, serving


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A studio that listens on every address."""
    env = {"STUDIO_HOST": "0.0.0.0", "STUDIO_OWNER_PASSWORD": PASSWORD}
    env |= {"SECRET_KEY": "s" * 40, "API_KEY_SALT": "t" * 20}
    with serving(tmp_path_factory.mktemp("wide"), **env) as address:
        yield address


def test_the_wall_opens_only_with_the_password(page, wide):
    page.goto(f"{wide}/governance?view=limits")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Insight Lab")).to_have_count(0)
    page.get_by_label("Password").fill("a wrong guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That is not the password.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Limits").first).to_be_visible()
    assert "view=limits" in page.url
    cookie = next(c for c in page.context.cookies() if c["name"] == "studio_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"


def test_signing_out_puts_the_wall_back(page, wide):
    page.goto(wide)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-sample")).to_be_visible()
    page.locator(".st-key-me button:visible").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
