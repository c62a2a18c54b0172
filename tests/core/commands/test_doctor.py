"""`doctor`: every part, and what to do about it."""

from __future__ import annotations

import json

import pytest

from core.commands import run
from core.storage.database import Database


def test_a_fresh_studio_is_well_in_every_part(here, capsys):
    assert run(["doctor", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)
    assert {"python", "disk", "database", "models", "studio"} <= set(parts)
    assert all(fine for fine, _ in parts.values())
    assert "SQLite" in parts["database"][1]
    assert "offline" in parts["models"][1]
    Database(f"sqlite:///{here}/var/studio.db").close()  # it was given back


@pytest.mark.usefixtures("here")
def test_providers_are_listed_with_what_the_absent_ones_lack_and_no_key(capsys, monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", "canary-4711")
    assert run(["doctor", "--json"]) == 0
    out = capsys.readouterr().out
    there, absent = json.loads(out)["providers"][1].split("; absent: ")
    assert there == "offline, mistral"
    assert "openai (OPENAI_API_KEY)" in absent
    assert "tavily (TAVILY_API_KEY)" in absent
    assert "canary" not in out


def test_people_read_one_line_a_part(here, capsys):
    assert run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok ", "    ")) for line in lines)
    assert str(here) in "".join(lines)


def test_what_is_broken_says_how_to_mend_it(here, capsys):
    other = Database(f"sqlite:///{here}/var/studio.db")
    assert run(["doctor", "--json"]) == 1
    fine, note = json.loads(capsys.readouterr().out)["studio"]
    assert not fine
    assert "STUDIO_DATA_DIR" in note
    assert "DATABASE_URL" in note
    other.close()
