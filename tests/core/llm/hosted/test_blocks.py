"""Turns as Anthropic's blocks."""

from __future__ import annotations

from core.llm import Message, ToolCall
from core.llm.hosted import blocks
from core.llm.messages import Image
from tests.core.llm import parts


def test_a_conversation_with_tools_and_images_becomes_alternating_turns():
    system, turns = blocks.turns(
        [
            Message(role="system", content="Be brief."),
            Message(role="system", content="Be kind."),
            Message(role="user", content="See?", images=[Image(media_type="image/png", data="QQ")]),
            Message(
                role="assistant",
                content="I look.",
                tool_calls=[ToolCall(id=i, name="weather", arguments={"n": i}) for i in "ab"],
            ),
            Message(role="tool", tool_call_id="a", content="1"),
            Message(role="tool", tool_call_id="b", content="2"),
        ]
    )
    assert system == "Be brief.\n\nBe kind."
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [part["type"] for part in turns[0]["content"]] == ["image", "text"]
    assert turns[0]["content"][0]["source"]["media_type"] == "image/png"
    assert [part["type"] for part in turns[1]["content"]] == ["text", "tool_use", "tool_use"]
    assert [part["tool_use_id"] for part in turns[2]["content"]] == ["a", "b"]


def test_a_tool_has_its_schema_under_anthropics_name():
    (made,) = blocks.tools([parts.WEATHER])
    assert made["input_schema"] == parts.WEATHER.parameters
    assert blocks.tools([parts.WEATHER.model_copy(update={"parameters": {}})])[0][
        "input_schema"
    ] == {"type": "object", "properties": {}}
