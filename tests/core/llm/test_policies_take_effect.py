"""What is written of a use case is what its provider is asked for, and what its gates judge."""

from __future__ import annotations

import pytest

from core.governance.policies import entry
from core.governance.policies.gate import PolicyGate
from core.kernel import Run, Verdict, operation
from core.llm import Gateway
from core.storage.cache import Memory
from tests.core.llm import parts

MODELS = ["openai/gpt-4o", "openai/gpt-4o-mini"]
TOOLS = [parts.WEATHER, parts.WEATHER.model_copy(update={"name": "news"})]


@operation("takes_effect")
def takes_effect(run: Run, asked: parts.Asked) -> parts.Told:
    more = {"messages": asked.messages, "tools": asked.tools}
    return parts.Told(reply=parts.GATEWAY["now"].execute(run, "lead_scoring", **more))


class Watching:
    """A gate that allows everything and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def ask(self, ask):
        self.asked.append(ask)
        return Verdict("watching")


class House:
    """A use case whose policy is what was written last, and all that became of it."""

    def __init__(self, kernel, gpt):
        self.kernel, self.gpt = kernel, gpt
        self.gate, self.now_s, self.written = Watching(), 0.0, {}
        cache = Memory(clock=lambda: self.now_s)
        parts.GATEWAY["now"] = Gateway(parts.settings(gpt.url), cache=cache)

    def policies(self, name, declared, *_):
        if name != "lead_scoring":
            return declared
        found, problems = entry.read({"models": MODELS, **self.written})
        assert problems == []
        return entry.laid(declared, found.changes)

    def run(self, **written):
        """The task that asked under what is written, and the bodies that were sent for it."""
        self.written = written
        before = len(self.gpt.seen)
        given = parts.Asked(tools=TOOLS).model_dump(mode="json")
        task = parts.end(self.kernel, self.kernel.submit("takes_effect", given, parts.ANA))
        return task, [one["body"] for one in self.gpt.seen[before:]]

    def body(self, **written):
        """What was sent, tools by their names."""
        task, (body,) = self.run(**written)
        assert task.error is None, task.error
        tools = [tool["function"]["name"] for tool in body.get("tools") or ()]
        return {**body, "tools": tools}


@pytest.fixture
def house(kernel, gpt, monkeypatch):
    gpt.script.clear()
    made = House(kernel, gpt)
    monkeypatch.setattr(kernel, "policies", made.policies)
    monkeypatch.setattr(kernel, "gates", (made.gate, PolicyGate()))
    return made


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ({"models": ["openai/gpt-4.1"]}, {"model": "gpt-4.1"}),
        ({"choose": "cheapest"}, {"model": "gpt-4o-mini"}),
        ({"temperature": 0.3}, {"temperature": 0.3}),
        ({"top_p": 0.7}, {"top_p": 0.7}),
        ({"tokens_max": 77}, {"max_tokens": 77}),
        ({"streaming": False}, {"stream": None, "stream_options": None}),
        ({"tools": ["news"]}, {"tools": ["news"]}),
        ({"tools": []}, {"tools": []}),
    ],
    ids="-".join,
)
def test_a_field_of_a_policy_changes_just_this_in_what_the_provider_is_sent(house, written, sent):
    plain, changed = house.body(), house.body(**written)
    assert plain["tools"] == ["weather", "news"]
    moved = {name for name in plain | changed if plain.get(name) != changed.get(name)}
    assert {name: changed.get(name) for name in moved} == sent


def test_the_gate_is_asked_for_what_the_policy_lets_an_answer_take(house):
    house.body()
    house.body(tokens_max=77)
    plain, short = house.gate.asked
    assert plain.estimate["tokens"] - short.estimate["tokens"] == 1_000 - 77
    assert plain.estimate["nusd"] > short.estimate["nusd"] > 0
    assert (short.policy.name, short.policy.tokens_max) == ("lead_scoring", 77)


def test_a_request_that_may_cost_more_than_its_policy_allows_is_not_sent(house):
    house.body(request_usd="0.05")
    assert house.gate.asked[-1].policy.request_nusd == 50_000_000
    task, sent = house.run(request_usd="0.000001")
    assert (task.error["code"], task.error["details"]["max"]) == ("budget_exceeded", 1_000)
    assert sent == []


def test_equal_questions_share_an_answer_for_as_long_as_the_policy_says(house):
    counts = []
    for now_s, written in [(0, 60), (59, 60), (61, 60), (62, 0), (63, 0)]:
        house.now_s = now_s
        counts.append(len(house.run(cache_ttl_s=written)[1]))
    assert counts == [1, 0, 1, 1, 1]
