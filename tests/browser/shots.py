"""`python -m tests.browser.shots`: the README's screenshots, taken from the real studio."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, chromium, serving

OUT = ROOT / "docs" / "shots"
BYTES_MAX = 250_000
SIZES = ((1440, 900), (390, 844))
QUESTION = "Why did revenue fall in the last quarter?"


def main() -> None:
    """Every screenshot is new."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url, _chromium() as seen:
        for mode in ("light", "dark"):
            for width, height in SIZES:
                context = seen.new_context(
                    viewport={"width": width, "height": height}, color_scheme=mode
                )
                _tour(context.new_page(), url, f"{mode}-{width}")
                context.close()


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


def _tour(page: Page, url: str, name: str) -> None:
    page.set_default_timeout(60_000)
    page.goto(f"{url}/?new=1")
    page.wait_for_selector(".st-key-promise")
    _shot(page, f"first-run-{name}")
    page.locator(".st-key-sample button").click()
    page.wait_for_selector("[class*=st-key-suggested_new_0]")
    _shot(page, f"sources-{name}")
    page.locator("[data-testid=stChatInput] textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-stop_run")
    page.wait_for_selector("[class*=st-key-slide_2] button.n")
    _shot(page, f"running-{name}", settle=0)
    page.wait_for_selector(".st-key-verify")
    page.wait_for_selector("button.n")
    _shot(page, f"deck-{name}")
    page.locator("button.n").first.click()
    _shot(page, f"evidence-{name}")
    page.keyboard.press("Escape")
    page.goto(f"{url}/governance")
    page.wait_for_selector("[class*=st-key-figures_limits]")
    _shot(page, f"governance-{name}")


def _shot(page: Page, name: str, settle: int = 1_500) -> None:
    """One file in OUT, few enough colours to stay small."""
    page.wait_for_timeout(settle)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64):
        image.quantize(colours, dither=Image.Dither.NONE).save(OUT / f"{name}.png", optimize=True)
        if (OUT / f"{name}.png").stat().st_size < BYTES_MAX:
            return
    raise AssertionError(f"{name}.png is larger than {BYTES_MAX:,} bytes")


if __name__ == "__main__":
    main()
