"""A deck can be taken along and checked again."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from components.lab import exports
from core.insight.verify import Checked, Verification
from core.serve.files import export
from tests import screens


@pytest.mark.usefixtures("front")
def test_every_export_has_a_button(asked):
    at = screens.shell(task=asked)
    keys = {str(b.key) for b in at.get("download_button")}
    assert {"export_pptx", "export_html", "export_zip"} <= keys | {
        str(getattr(b.proto, "id", "")).rsplit("-", 1)[-1] for b in at.get("download_button")
    }


def test_the_pack_is_a_zip_with_the_deck(front, asked):
    person = front.people.local()
    name, data = export(front, asked, "zip", person.org_id)
    assert name.endswith(".zip")
    assert "deck.json" in zipfile.ZipFile(BytesIO(data)).namelist()


@pytest.mark.usefixtures("front")
def test_verify_says_that_all_values_are_the_same(asked):
    at = screens.shell(task=asked)
    at.button(key="verify").click().run()
    assert not at.exception
    assert "the same as in the deck" in screens.text(at)


def test_what_differs_is_listed_first(deck):
    assert exports._label("1.top.value", deck).startswith("Revenue, R20")
    outcome = Verification(match=1, drift=1, claims=[Checked(id="1.top.value", status="drift")])
    assert not outcome.ok
    assert set(exports.STATUS) == {"match", "drift", "unverifiable"}
