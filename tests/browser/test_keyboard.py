"""The Lab without a mouse."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import screens


def tab_to(page, check, most=60):
    """Press Tab until the focused element passes `check` (JavaScript on the element)."""
    deep = (
        "() => { let e = document.activeElement;"
        " while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
        " return (%s)(e) }"
    )
    for _ in range(most):
        if page.evaluate(deep % check):
            return True
        page.keyboard.press("Tab")
    return False


def test_a_question_is_asked_and_its_evidence_opened_by_keyboard(page, url, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(screens.shop())
    page.goto(url)
    page.set_input_files("input[type=file]", path)
    expect(page.get_by_text("880 rows")).to_be_visible()
    expect(page.locator("[data-testid=stChatInput] textarea")).to_be_visible()
    assert tab_to(page, "e => e.tagName === 'TEXTAREA'")
    page.keyboard.type("Which region brings the most revenue?")
    page.keyboard.press("Enter")
    page.wait_for_url("**task=*")
    expect(page.locator(".st-key-verify")).to_be_visible(timeout=60_000)
    expect(page.locator("button.n").first).to_be_visible()
    assert tab_to(page, "e => e.classList.contains('n')", most=200)
    page.keyboard.press("Enter")
    evidence = page.get_by_role("dialog")
    expect(evidence).to_be_visible()
    page.keyboard.press("Escape")
    expect(evidence).to_be_hidden()
