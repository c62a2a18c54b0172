"""Equal questions share an answer; anything that matters makes them different."""

from __future__ import annotations

import pytest

from core.llm import Message, Reply, ToolSpec, Usage
from core.llm.chain.replies import Replies, key_of
from core.llm.provider import Request
from core.storage.cache import Memory

SAID = [Message(role="user", content="Hello")]
ASKED = Request("", SAID, (), 100, 0.0)
REPLY = Reply(text="Hi", provider="p", model="p/m", usage=Usage(prompt=3), cost_nusd=9)


def test_a_hit_is_free_marked_and_says_the_same():
    replies = Replies(Memory())
    assert replies.find("k") is None
    replies.keep("k", REPLY, 60)
    found = replies.find("k")
    assert (found.text, found.cached, found.cost_nusd, found.usage.prompt) == ("Hi", True, 0, 3)


def test_what_was_cut_short_or_guessed_is_not_kept():
    replies = Replies(Memory())
    replies.keep("a", REPLY.model_copy(update={"estimated": True}), 60)
    replies.keep("b", REPLY.model_copy(update={"finish_reason": "length"}), 60)
    assert replies.find("a") is None
    assert replies.find("b") is None


def test_what_cannot_be_read_any_more_is_a_miss():
    cache = Memory()
    cache.put("k", b'{"no": "reply"}', 60)
    assert Replies(cache).find("k") is None


CHANGES = [
    {"messages": [Message(role="system", content="Hello")]},
    {"messages": [*SAID, Message(role="user", content="again")]},
    {"tools": [ToolSpec(name="t")]},
    {"tokens_max": 101},
    {"temperature": 0.1},
    {"top_p": 0.5},
    {"response": {"type": "object"}},
]


@pytest.mark.parametrize("change", CHANGES)
def test_everything_that_is_asked_is_in_the_key(change):
    given = {**vars(ASKED), **change}
    assert key_of("o", ["m"], Request(**given)) != key_of("o", ["m"], ASKED)


def test_so_are_the_organisation_the_chain_the_use_case_and_the_prompt():
    keys = {
        key_of("o", ["m"], ASKED),
        key_of("p", ["m"], ASKED),
        key_of("o", ["m", "n"], ASKED),
        key_of("o", ["m"], ASKED, use_case="mail"),
        key_of("o", ["m"], ASKED, use_case="mail", variant="b"),
        key_of("o", ["m"], ASKED, prompt="abc"),
    }
    assert len(keys) == 6
    assert key_of("o", ["m"], ASKED) == key_of("o", ["m"], Request(**vars(ASKED)))
