"""Messages and replies survive the border to JSON."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.llm import Message, Reply, ToolCall, Usage


def test_a_reply_is_the_same_after_a_replay_from_its_record():
    call = ToolCall(id="1", name="weather", arguments={"city": "Paris", "days": [1, None]})
    reply = Reply(text="x", tool_calls=[call], provider="p", model="p/m", cost_nusd=7)
    assert Reply.model_validate(reply.model_dump(mode="json")) == reply


def test_a_role_nobody_knows_is_refused():
    with pytest.raises(ValidationError):
        Message(role="wizard", content="x")


def test_tokens_are_never_negative():
    with pytest.raises(ValidationError):
        Usage(prompt=-1)
    assert Usage(prompt=3, completion=4, cached=2, reasoning=1).total == 7
