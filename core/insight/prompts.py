"""What the model of an inquiry is told. Numbers never travel in these texts, only references.

The texts themselves are in the prompt registry: `insight` opens the inquiry, `insight_answer` ends
it. An organisation may have versions of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.insight.landings import LandedFile
from core.llm.prompts import Rendered

OPENING, ANSWER_NOW = "insight", "insight_answer"
TROUBLE_MAX = 600
BEGIN = "You have looked at nothing yet. Use the tools first; begin with profile."
ANSWER_IN_WORDS = "The tools are put away. Answer in words, from the findings above."
ASKED_BEFORE = (
    "You asked exactly this before, and its result stands. Ask for something else, or stop calling"
    " tools."
)
UNREADABLE = (
    "The arguments are not a JSON object, or are cut off. Send the call again with arguments that"
    " are one short JSON object."
)
NONE_LEFT = "There are no iterations left for this."


def opening(
    prompts: Any, org_id: str, question: str, files: Sequence[LandedFile], name: str = ""
) -> Rendered:
    """How an inquiry begins: the rules, the question, and what there is to answer it from."""
    tables = [file.table for file in files]
    return prompts.render(org_id, name or OPENING, {"question": question, "tables": tables})


def answer_now(prompts: Any, org_id: str) -> Rendered:
    """How an inquiry ends."""
    return prompts.render(org_id, ANSWER_NOW)


def remark(text: str) -> str:
    """Something the studio says in the middle of a conversation."""
    return f"Studio: {text}"


def trouble(text: str) -> str:
    """A tool's result when it did not work."""
    return json.dumps({"error": text[:TROUBLE_MAX]}, ensure_ascii=False)
