"""`ask`: one question, one answer, one object."""

from __future__ import annotations

import json
import zipfile

import pytest

from core.commands import run
from core.storage.database import Database
from tests.core.commands.conftest import write_sales

WHY = ("--question", "Why did revenue fall?")


def told(capsys):
    """The object on standard output, which is all that is there."""
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_json_is_exactly_one_object_and_nothing_else(asked):
    _, ran, made = asked
    assert ran.stdout.count("\n") == 1
    assert ran.stdout.startswith("{")
    assert (made["status"], made["error"], made["stopped"]) == ("done", None, None)
    assert len(made["deck"]) == 64


def test_the_answer_finds_what_was_planted(asked):
    _, _, made = asked
    assert "south" in made["answer"]["text"]
    assert made["findings"]
    assert all(f["q"] <= 0.01 and f["tests"] >= 1 for f in made["findings"])
    assert 1 <= made["iterations"] <= 12


def test_every_value_of_the_answer_is_a_claim_with_its_query(asked):
    _, _, made = asked
    claimed = [claim["value"] for claim in made["claims"]]
    assert made["answer"]["values"]
    assert all(value["value"] in claimed for value in made["answer"]["values"])
    assert all("SELECT" in claim["evidence"]["sql"] for claim in made["claims"])


def test_a_budget_of_nothing_is_enough_for_a_model_that_costs_nothing(asked):
    _, _, made = asked
    assert made["spend"]["nusd"] == 0
    assert made["spend"]["tokens"] > 0
    assert made["budget"]["left_nusd"] == 0


def test_the_pack_is_written_where_it_was_asked_for(asked):
    folder, _, made = asked
    assert made["out"] == str(folder / "pack.zip")
    names = zipfile.ZipFile(folder / "pack.zip").namelist()
    assert any(name.endswith(".html") for name in names)
    assert any(name.endswith(".csv") for name in names)


def test_people_get_words_and_the_same_deck(here, capsys):
    sales = write_sales(here / "sales.csv")
    assert run(["ask", str(sales), *WHY, "--iterations", "1"]) == 0
    said = capsys.readouterr()
    assert "The deck is partial: iterations." in said.out
    assert "chance" not in said.out, "nothing was compared"
    assert "Cost $0.00" in said.out
    assert "The deck is partial: iterations." in said.out
    assert "read sales.csv" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--budget", "abc"), "no budget"),
        (("--budget=-1",), "no budget"),
        (("--budget", "NaN"), "no budget"),
        (("--iterations=-1",), "iterations"),
        (("--question", "x"), "question"),
        (("--date-order", "ddd"), "read a file"),
        (("--out", "deck.docx"), "'.docx'"),
        (("--out", "nowhere/deck.html"), "no folder"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_with_a_way_out(here, capsys, words, message):
    sales = write_sales(here / "sales.csv")
    assert run(["ask", str(sales), *WHY, *words, "--json"]) == 2
    said = told(capsys)["error"]
    assert said["code"] == "invalid"
    assert message in said["message"]
    assert said["hint"]


def test_an_unknown_kind_of_deck_is_refused_before_anything_is_opened(here, capsys):
    assert run(["ask", "nowhere.csv", *WHY, "--out", "deck.docx"]) == 2
    said = capsys.readouterr().err
    assert all(suffix in said for suffix in (".pptx", ".html", ".zip"))
    assert not (here / "var").exists()


@pytest.mark.usefixtures("here")
def test_a_file_that_is_not_there_is_told(capsys):
    assert run(["ask", "nowhere.csv", *WHY, "--json"]) == 2
    assert "no file 'nowhere.csv'" in told(capsys)["error"]["message"]


def test_a_tool_that_is_not_there_is_told_with_those_that_are(here, capsys):
    sales = write_sales(here / "sales.csv")
    assert run(["ask", str(sales), *WHY, "--tool", "nonsense", "--json"]) == 2
    made = told(capsys)
    assert made["status"] == "failed"
    assert "change" in made["error"]["hint"]


def test_a_second_studio_on_one_sqlite_hears_both_ways_out(here, capsys):
    sales = write_sales(here / "sales.csv")
    other = Database(f"sqlite:///{here}/var/studio.db")
    assert run(["ask", str(sales), *WHY, "--json"]) == 2
    said = told(capsys)["error"]
    assert said["code"] == "unavailable"
    assert "STUDIO_DATA_DIR" in said["hint"]
    assert "DATABASE_URL" in said["hint"]
    other.close()
