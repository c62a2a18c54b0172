"""A template is filled with what is known; what is unknown stays visible."""

from __future__ import annotations

from core.llm.offline.drafts import drafted

PROMPT = """Write the mail.
First name: Ada
Product: Grinder X
Template:
Dear {first_name},
your {{ product }} ships on {date}.
"""


def test_places_are_filled_and_gaps_are_shown():
    assert drafted(PROMPT) == "Dear Ada,\nyour Grinder X ships on [date]."


def test_without_a_template_there_is_no_draft():
    assert drafted("Dear {first_name}") == ""
    assert drafted("Template: nothing to fill") == ""
