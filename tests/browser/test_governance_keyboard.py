"""Governance and the form of an operation without a mouse, and two windows at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_keyboard import tab_to

KEY = "e => !!e.closest('[class*=st-key-%s]') && e.tagName === '%s'"
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"
HEAR = """() => new MutationObserver(() => {
  const toast = document.querySelector('[data-testid=stToast]');
  if (toast) document.body.dataset.said = toast.innerText;
}).observe(document.body, {childList: true, subtree: true, characterData: true})"""  # it goes again
RING = """() => {
  const e = document.activeElement, parts = [];
  for (let p = e; p && parts.length < 4; p = p.parentElement) parts.push(getComputedStyle(p));
  return parts.some(s => s.boxShadow !== 'none' || parseFloat(s.outlineWidth) >= 2) }"""


@pytest.fixture
def window(page, url):
    """Opens a view of Governance, and waits until it stands still."""

    def opened(at):
        page.goto(f"{url}/{at}")
        page.wait_for_selector(f"{STILL} .st-key-page")
        return page

    return opened


def test_a_policy_is_opened_changed_and_seen_in_another_window(window):
    page = window("governance?view=policies")
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    assert tab_to(page, KEY % ("open_policies", "BUTTON"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-open_policies button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**case=conversation")

    other = page.context.new_page()
    other.goto(page.url.partition("&case")[0])
    listed = other.locator("[data-testid=stDataFrame]")
    expect(listed).to_contain_text("creative_script")
    expect(page.locator(".st-key-save_policy")).to_be_visible()
    assert tab_to(page, "e => e.tagName === 'A' && e.innerText.includes('All policies')")
    assert page.evaluate(RING), "a link that has the focus shows it"
    assert tab_to(page, KEY % ("yaml_conversation", "TEXTAREA"))
    page.keyboard.type("temperature: 0.123")
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-save_policy button")).to_be_focused()
    page.evaluate(HEAR)
    page.keyboard.press("Enter")
    saved = re.compile(r"Saved\. It holds from the next task on\.")
    expect(page.locator("body")).to_have_attribute("data-said", saved)
    expect(listed).to_contain_text("0.123")  # nobody reloaded it


def test_a_model_is_tested(window):
    page = window("governance?view=models")
    assert tab_to(page, KEY % ("test_model", "INPUT"), most=90)
    page.keyboard.type("offline")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-test_connection button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Answered in .*, free"))).to_be_visible()
    expect(page.locator(".st-key-test_connection button")).to_be_focused()


def test_a_prompt_is_completed_from_its_form(window):
    page = window("task?operation=complete")
    assert tab_to(page, KEY % ("form_complete_prompt", "TEXTAREA"))
    page.keyboard.type("Say hello")
    assert tab_to(page, "e => e.tagName === 'BUTTON' && e.innerText.includes('Run')")
    assert page.evaluate(RING)
    page.keyboard.press("Enter")
    page.wait_for_url("**task=*")
    expect(page.get_by_text("Receipt")).to_be_visible()
