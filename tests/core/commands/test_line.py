"""The command line itself."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from core.commands import line
from core.commands.line import app, run
from core.errors import Unavailable


def test_every_file_is_a_command_with_dashes_and_a_sentence():
    shown = CliRunner().invoke(app(), ["--help"]).output
    for name in ("ask", "doctor", "init-db", "verify", "worker"):
        assert name in shown
    assert not set(line.OWN) & set(shown.split())


@pytest.mark.parametrize(
    "words", [["nonsense"], ["ask"], ["ask", "a.csv"], ["verify", "--data"], ["doctor", "--what"]]
)
def test_a_wrong_line_is_a_sentence_and_never_a_traceback(capsys, words):
    assert run(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) >= 1


def test_a_wrong_line_that_wants_json_gets_one_object(capsys):
    assert run(["ask", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "invalid"


def test_help_is_fine_and_no_words_show_it(capsys):
    assert run(["--help"]) == 0
    assert "Usage" in capsys.readouterr().out
    assert run([]) != 0
    said = capsys.readouterr()
    assert "Usage" in said.out + said.err


@pytest.mark.parametrize("json_wanted", [False, True])
def test_an_error_is_its_sentence_its_way_out_and_two(monkeypatch, capsys, json_wanted):
    def broken(*_words, **_options):
        raise Unavailable("It is down.", hint="Wait.", since=3)

    monkeypatch.setattr(line, "app", lambda: broken)
    assert run(["ask", "--json"] if json_wanted else ["ask"]) == 2
    said = capsys.readouterr()
    assert said.err == "It is down.\n  Wait.\n"
    if json_wanted:
        told = json.loads(said.out)["error"]
        assert told == Unavailable("It is down.", hint="Wait.", since=3).as_value()
    else:
        assert said.out == ""


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (0, 0), (1, 1), (True, 1)])
def test_what_a_command_returns_is_the_exit_code(monkeypatch, answer, code):
    monkeypatch.setattr(line, "app", lambda: lambda *_words, **_options: answer)
    assert run([]) == code
