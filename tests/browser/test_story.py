"""The whole story in a browser: upload, ask, watch, reload, read, check, take along."""

from __future__ import annotations

import re
import threading
import zipfile

import pytest
from playwright.sync_api import expect

from tests import screens
from tests.browser.conftest import serving
from tests.loopback import openai_server
from tests.loopback.server import KEY
from tests.loopback.temperaments import Temperament, held

MODEL = "gpt-4o-mini"


@pytest.fixture(scope="module")
def model():
    """A hosted model, which a loopback server plays."""
    with openai_server.open_server() as server:
        yield server


@pytest.fixture(scope="module")
def hosted(model, tmp_path_factory):
    """A studio whose model it is."""
    known = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{model.url}/v1"}
    prices = {
        "MODEL_PRICES": f'{{"openai/{MODEL}": {{"input": 10, "output": 40}}}}'
    }  # seen at once
    chain = {"STUDIO_MODELS": f"openai/{MODEL}", "MODEL_IDLE_S": "600", "MODEL_TIMEOUT_S": "600"}
    with serving(tmp_path_factory.mktemp("hosted"), **known, **prices, **chain) as address:
        yield address


@pytest.fixture
def gate(model):
    """The model says nothing after its third answer until this is set; it never hangs for good."""
    opened = threading.Event()
    model.script[MODEL] = Temperament(held(opened, after=3))
    yield opened
    opened.set()


def ask(page, url, tmp_path):
    """A file is given, and the first suggested question asked of it."""
    orders = tmp_path / "shop_orders.csv"
    orders.write_bytes(screens.shop())
    page.goto(url)
    page.set_input_files("input[type=file]", orders)
    expect(page.get_by_text("880 rows")).to_be_visible()
    page.locator("[class*=st-key-suggested_new_0] button").click()
    page.wait_for_url("**task=*")


def test_a_run_is_watched_while_it_goes_on(page, hosted, gate, tmp_path):
    ask(page, hosted, tmp_path)

    # Steps and their cost appear while the run goes on, and the address names it.
    expect(page.get_by_text("Read the file").first).to_be_visible()
    expect(page.locator(".st-key-stop_run")).to_be_visible()
    expect(page.locator("[class*=st-key-suggested_new_]")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"\$0\.0[1-9] of \$0\.50"))).to_be_visible()

    # A reload in the middle loses nothing.
    page.reload()
    expect(page.get_by_text("Read the file").first).to_be_visible()
    expect(page.locator(".st-key-stop_run")).to_be_visible()
    expect(page.locator(".st-key-verify")).to_have_count(0)

    gate.set()
    expect(page.locator(".st-key-verify")).to_be_visible(timeout=90_000)
    expect(page.locator(".st-key-stop_run")).to_have_count(0)
    assert page.elsewhere == []


def test_a_run_can_be_stopped_and_keeps_its_steps(page, hosted, gate, tmp_path):
    ask(page, hosted, tmp_path)
    expect(page.get_by_text("Read the file").first).to_be_visible()
    page.locator(".st-key-stop_run button").click()
    expect(page.get_by_text("The run was stopped")).to_be_visible()
    assert not gate.is_set()
    page.locator(".st-key-steps summary").first.click()
    expect(page.get_by_text("Read the file").first).to_be_visible()


def test_from_a_file_to_a_checked_deck(page, url, tmp_path):
    ask(page, url, tmp_path)
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
