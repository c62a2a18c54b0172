"""The tables of prompts, batches and pages."""

from __future__ import annotations

from core.llm.records import BATCH, PAGE, PROMPT


def test_the_same_text_is_the_same_version_of_a_prompt():
    assert [column.name for column in PROMPT.primary_key] == ["org_id", "name", "hash"]


def test_a_step_has_one_batch():
    assert [column.name for column in BATCH.primary_key] == ["key"]


def test_a_page_is_found_by_its_bytes():
    assert "hash" in {column.name for index in PAGE.indexes for column in index.columns}
