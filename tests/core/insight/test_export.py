"""An export is found by being there."""

from __future__ import annotations

from pathlib import Path

from core.insight import exports
from core.insight.export import EXPORTS, discover


def test_each_file_of_the_folder_registered_a_format():
    files = [file for file in Path(exports.__path__[0]).glob("*.py") if file.stem != "__init__"]
    assert len(list(discover())) == len(files)
    assert {"html", "pptx", "zip"} <= set(EXPORTS)


def test_finding_them_again_changes_nothing():
    assert list(discover()) == list(discover())


def test_an_export_is_a_function_of_deck_and_blobs(shop_at):
    made = discover()["html"]
    assert made(shop_at.deck(), None) == made.whole(shop_at.deck())
    assert made.media_type == "text/html"
