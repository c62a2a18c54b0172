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
from tests.loopback import anthropic_server, openai_server
from tests.loopback.server import KEY, Turn

OUT = ROOT / "docs" / "shots"
BYTES_MAX = 250_000
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"  # no run of the page goes on
SIZES = ((1440, 900), (390, 844))
QUESTION = "Why did revenue fall in the last quarter?"


CLAUDE, HAIKU = "anthropic/claude-haiku-4-5", "claude-haiku-4-5"
ASKED = ("mistral/mistral-small-latest", "openai/gpt-4.1-mini", CLAUDE, "openai/gpt-4.1")


def main() -> None:
    """Every screenshot is new."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _chromium() as seen:
        for page, name in _windows(seen):  # each its own studio: what is known already runs at once
            with serving(Path(folder) / name) as url:
                _tour(page, url, name)
        with _hosted(Path(folder) / "models") as url:
            for number, (page, name) in enumerate(_windows(seen)):
                _models(page, url, name, asks=number == 0)


def _windows(seen: Browser) -> Iterator[tuple[Page, str]]:
    """A fresh window for each mode and size, and what its screenshots are called."""
    for mode in ("light", "dark"):
        for width, height in SIZES:
            context = seen.new_context(
                viewport={"width": width, "height": height}, color_scheme=mode
            )
            page = context.new_page()
            page.set_default_timeout(60_000)
            yield page, f"{mode}-{width}"
            context.close()


@contextmanager
def _hosted(folder: Path) -> Iterator[str]:
    """A studio with hosted models, which loopback servers play; one has the wrong key."""
    with openai_server.open_server() as gpt, anthropic_server.open_server() as claude:
        gpt.script["gpt-4.1"] = Turn("connected", prompt=14, completion=2, delay_s=0.52)
        gpt.script["gpt-4.1-mini"] = Turn("connected", prompt=14, completion=2, delay_s=0.31)
        claude.script[HAIKU] = Turn("connected", prompt=15, completion=4, delay_s=0.38)
        with serving(
            folder,
            STUDIO_MODELS=f"{CLAUDE},mistral/mistral-small-latest,offline",
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=f"{gpt.url}/v1",
            ANTHROPIC_API_KEY=KEY,
            ANTHROPIC_BASE_URL=claude.url,
            MISTRAL_API_KEY="expired",
            MISTRAL_BASE_URL=f"{gpt.url}/v1",
        ) as url:
            yield url


def _models(page: Page, url: str, name: str, *, asks: bool) -> None:
    """The models as they were measured; the first window tests their connections."""
    for model in ASKED if asks else ASKED[-1:]:
        page.goto(f"{url}/governance?view=models")
        field = page.locator(".st-key-test_model input")
        field.wait_for()
        page.wait_for_selector(STILL)
        field.fill(model)
        page.keyboard.press("Enter")
        page.wait_for_timeout(1_000)
        page.wait_for_selector(STILL)
        page.locator(".st-key-test_connection button").first.click()
        page.wait_for_selector("[data-testid=stAlert]")
    page.mouse.move(0, 0)
    _shot(page, f"models-{name}")


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


def _tour(page: Page, url: str, name: str) -> None:
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
