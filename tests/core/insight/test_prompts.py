"""Prompts: data stays data, numbers stay references."""

from __future__ import annotations

import json
import re

from core.insight.landings import LandedFile
from core.insight.prompts import ANSWER_NOW, SYSTEM, opening, remark, trouble


def test_the_studio_types_no_number_into_its_prompts():
    for text in (SYSTEM, ANSWER_NOW, remark("x")):
        assert not re.search(r"\d", text)


def test_the_opening_names_question_and_tables():
    file = LandedFile.model_construct(table="sales")
    assert opening("Why?", [file]) == "Question: Why?\nTables: sales"


def test_trouble_is_json():
    assert json.loads(trouble('a "quoted" word')) == {"error": 'a "quoted" word'}
