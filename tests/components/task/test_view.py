"""What a task was given and made, for people."""

from __future__ import annotations

from components.task.view import lines


def test_values_are_said_in_words_and_nothing_is_left_out_of_lists():
    said = dict(
        lines(
            {
                "question": "Why?",
                "sources": [{"hash": "a" * 64, "name": "shop.csv"}],
                "iterations": 1200,
                "urgent": True,
                "deck": "ab" * 32,
                "tags": [],
                "none": None,
            }
        )
    )
    assert said == {
        "Question": "Why?",
        "Sources": "shop.csv",
        "Iterations": "1,200",
        "Urgent": "yes",
        "Deck": "`abababababab`",
    }


def test_secrets_are_not_shown():
    assert lines({"key": "**********"}) == []


def test_markup_in_values_stays_text():
    assert lines({"note": "[x](http://evil)"})[0][1] == "\\[x\\](http\\://evil)"
