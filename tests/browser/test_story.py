"""The whole story in a browser: upload, ask, watch, reload, read, check, take along."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests import screens


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A file large enough that a reload falls into the run."""
    path = tmp_path_factory.mktemp("data") / "shop_orders.csv"
    path.write_bytes(screens.shop(days=730, a_day=40))
    return path


def test_from_a_file_to_a_checked_deck(page, url, orders):
    page.goto(url)
    page.set_input_files("input[type=file]", orders)
    expect(page.get_by_text("29,200 rows")).to_be_visible()
    page.locator("[class*=st-key-suggested_new_0] button").click()

    # Live: steps appear while the run goes on, and the address names it.
    page.wait_for_url("**task=*")
    expect(page.get_by_text("Read the file").first).to_be_visible()
    expect(page.locator(".st-key-stop_run")).to_be_visible()
    expect(page.locator("[class*=st-key-suggested_new_]")).to_have_count(0)

    # A reload in the middle loses nothing; by now the run may have ended, and its steps be folded.
    page.reload()
    expect(page.get_by_text("Read the file").first).to_be_attached()
    expect(page.locator(".st-key-verify")).to_be_visible(timeout=90_000)

    # What was done is folded away, the deck is there; Enter unfolds it.
    first = page.get_by_text("Read the file").first
    expect(first).to_be_hidden()
    page.locator(".st-key-steps summary").first.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_visible()

    # A number opens its query without a server run.
    number = page.locator("button.n").first
    number.click()
    evidence = page.get_by_role("dialog", name=re.compile("Evidence"))
    expect(evidence).to_be_visible()
    expect(evidence.locator("pre")).to_contain_text("SELECT")
    expect(evidence.locator("td.hit")).to_be_visible()
    evidence.get_by_role("button", name="Recompute").click()
    expect(page.get_by_text("Same as the deck")).to_be_visible(timeout=60_000)

    # Take it along.
    page.locator(".st-key-export button").first.click()
    with page.expect_download() as download:
        page.locator(".st-key-export_pptx button").click()
    assert download.value.suggested_filename.endswith(".pptx")
    assert "ppt/presentation.xml" in zipfile.ZipFile(download.value.path()).namelist()
    page.keyboard.press("Escape")

    # Every number is checked again.
    page.locator(".st-key-verify button").click()
    expect(page.get_by_text("are the same as in the deck")).to_be_visible(timeout=60_000)
    assert page.elsewhere == []


def test_a_run_can_be_stopped_and_keeps_its_steps(page, url, tmp_path):
    large = tmp_path / "many_orders.csv"
    large.write_bytes(screens.shop(days=730, a_day=200))
    page.goto(url)
    page.set_input_files("input[type=file]", large)
    expect(page.get_by_text("146,000 rows")).to_be_visible(timeout=60_000)
    page.locator("[class*=st-key-suggested_new_0] button").click()
    page.wait_for_url("**task=*")
    page.locator(".st-key-stop_run button").click()
    expect(page.get_by_text("The run was stopped")).to_be_visible(timeout=15_000)
    page.locator(".st-key-steps summary").first.click()
    expect(page.get_by_text("Read the file").first).to_be_visible()
