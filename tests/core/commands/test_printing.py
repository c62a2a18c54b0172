"""What commands print."""

from __future__ import annotations

from types import SimpleNamespace

from core.commands.printing import Progress, say

MADE = {
    "error": None,
    "answer": {"text": "Revenue fell.", "values": []},
    "findings": [],
    "compared": 9,
    "spend": {"nusd": 1_200_000, "tokens": 12_345},
    "budget": {"left_nusd": 500_000_000, "resets_at": None},
    "stopped": None,
    "deck": "a" * 64,
}
FINDING = {"text": "The south fell.", "tests": 4, "q": 0.00123, "effect": 0.5, "id": "x"}


def said(capsys, **changes):
    say({**MADE, **changes})
    return capsys.readouterr().out


def test_a_person_reads_answer_cost_and_deck(capsys):
    text = said(capsys)
    assert "Revenue fell." in text
    assert "Nothing here stands out from chance." in text
    assert "Cost $0.0012, 12,345 tokens; $0.50 left." in text
    assert text.endswith(f"Deck {'a' * 64}\n")


def test_where_nothing_was_compared_nothing_is_said_of_chance(capsys):
    assert "chance" not in said(capsys, compared=0)


def test_a_finding_comes_with_how_many_were_looked_at(capsys):
    text = said(capsys, findings=[FINDING])
    assert "- The south fell.  (found among 4 tests, q = 0.0012)" in text
    assert "stands out" not in text


def test_a_partial_deck_says_why_and_a_written_one_where(capsys):
    text = said(capsys, stopped="budget", out="deck.html")
    assert "The deck is partial: budget." in text
    assert text.endswith("Deck deck.html\n")


def test_without_a_limit_nothing_is_said_of_what_is_left(capsys):
    assert "12,345 tokens.\n" in said(capsys, budget={"left_nusd": None, "resets_at": None})


def test_an_error_is_told_instead_of_a_deck(capsys):
    text = said(capsys, error={"message": "No.", "hint": "Wait."})
    assert text == "No.\n  Wait.\n"


def event(type, **data):
    return SimpleNamespace(type=type, data=data)


def test_progress_is_one_line_a_step_on_standard_error(capsys):
    progress = Progress(quiet=False)
    progress.tell(event("step.running", name="read"))
    progress.tell(event("step.done", name="read"))
    progress.tell(event("step.refused", name="decide"))
    progress.tell(event("insight.iteration", number=2, of=12, tool="change"))
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.splitlines() == ["  done    read", "  refused decide", "  2/12 change"]


def test_quiet_progress_says_nothing(capsys):
    Progress(quiet=True).tell(event("step.done", name="read"))
    assert capsys.readouterr() == ("", "")
