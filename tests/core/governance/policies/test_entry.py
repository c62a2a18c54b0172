"""One use case as people write it, and what it lies over."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.errors import Invalid, NotFound, Unavailable
from core.governance import ApprovalGate
from core.governance.policies import entry
from core.kernel import Ask, Who
from core.kernel.policies import Policy
from core.llm.media.reach import KINDS as MEDIA

ALL = {
    "models": ["openai/gpt-4.1", "studio"],
    "choose": "cheapest",
    "temperature": 0.3,
    "top_p": 0.9,
    "tokens_max": 700,
    "streaming": False,
    "structured": True,
    "prompt": "lead",
    "memory": {"type": "lead", "ttl_s": 60, "compress": True},
    "retrieval": {"collections": ["handbook"], "threshold": 0.4, "hybrid": False},
    "tools": ["search"],
    "iterations_max": 4,
    "moderation": "local",
    "budget_usd": 1,
    "request_usd": "0.05",
    "daily_usd": 2.5,
    "daily_tokens": 9_000,
    "cache_ttl_s": 30,
    "batch": True,
    "approve": ["publish"],
}


def changed(given, policy: Policy | None = None) -> Policy:
    found, problems = entry.read(given)
    assert problems == []
    return entry.laid(policy or Policy(name="x"), found.changes)


def wrong(given, **checks) -> list[tuple[str, str]]:
    return [(".".join(map(str, p)), text) for p, text in entry.read(given, checks)[1]]


def test_every_field_of_a_policy_can_be_written_and_takes_effect():
    assert set(ALL) == set(entry.NAMES)
    policy = changed(ALL)
    assert policy.models == ("openai/gpt-4.1", "studio")
    assert (policy.choose, policy.temperature, policy.top_p) == ("cheapest", 0.3, 0.9)
    assert (policy.tokens_max, policy.streaming, policy.structured) == (700, False, True)
    assert (policy.memory.type, policy.memory.ttl_s, policy.memory.compress) == ("lead", 60, True)
    found = policy.retrieval
    assert (found.collections, found.threshold, found.hybrid) == (("handbook",), 0.4, False)
    assert (policy.tools, policy.iterations_max) == (("search",), 4)
    assert (policy.budget_nusd, policy.request_nusd) == (1_000_000_000, 50_000_000)
    assert (policy.daily_nusd, policy.daily_tokens) == (2_500_000_000, 9_000)
    assert (policy.cache_ttl_s, policy.batch, policy.moderation) == (30, True, "local")
    assert (policy.prompt, policy.approve) == ("lead", ("publish",))


@given(st.integers(0, 10**15))
def test_dollars_become_nano_dollars_exactly_as_number_and_as_text(amount):
    text = f"{amount // 10**9}.{amount % 10**9:09}"
    for written in (text, f"${text}", float(text)):
        assert changed({"budget_usd": written}).budget_nusd == amount


def test_friendly_ways_of_writing_are_understood():
    assert changed({"moderation": False}).moderation == "off"  # `moderation: off` in YAML
    assert changed({"models": "studio"}).models == ("studio",)
    assert changed({"tools": None}).tools is None
    assert changed({"tools": []}).tools == ()
    assert changed({"budget_usd": None}, Policy(budget_nusd=5)).budget_nusd is None
    assert changed(None) == Policy(name="x")


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"temprature": 1}, "temprature", "Did you mean 'temperature'?"),
        ({"temperature": 3}, "temperature", "less than or equal to 2"),
        ({"temperature": True}, "temperature", "not a matter of yes or no"),
        ({"temperature": float("nan")}, "temperature", "temperature should be"),
        ({"budget_nusd": 5}, "budget_nusd", "write 'budget_usd'"),
        ({"budget_usd": -1}, "budget_usd", "greater than or equal to 0"),
        ({"budget_usd": "a lot"}, "budget_usd", "budget_usd should be a valid decimal"),
        ({"budget_usd": True}, "budget_usd", "amount"),
        ({"request_usd": "0.0000000001"}, "request_usd", "9 decimal"),
        ({"models": ["", "studio"]}, "models", "models: a model's name is empty."),
        ({"memory": {"kind": "x"}}, "memory.kind", "no field 'kind'"),
        ({"retrieval": {"threshold": 7}}, "retrieval.threshold", "less than or equal to 1"),
        ({"choose": "best"}, "choose", "'ordered', 'cheapest' or 'fastest'"),
        ({"description": 4}, "description", "text"),
        ({"split": {"a": {"weight": 1}}}, "split", "two arms"),
        ({"split": {"a": {"weight": 0}, "b": {"weight": 0}}}, "split", "above 0"),
        ({"split": {"a": {}, "b": {"weight": 1}}}, "split.a.weight", "needs a weight"),
        ({"split": {"a": 1, "b": {"weight": 1}}}, "split.a", "An arm is"),
        ({"split": {"a": {"weight": -1}, "b": {"weight": 1}}}, "split.a.weight", "between"),
        ({"split": [1]}, "split", "Arms are expected"),
        ({"split": {"": {"weight": 1}, "b": {"weight": 1}}}, "split.", "no name of an arm: ''"),
        ({"memory": None}, "memory", "memory has fields of its own: `memory: {field: value}`."),
        ({"retrieval": [1]}, "retrieval", "retrieval has fields of its own"),
        ({"models": None}, "models", "models is a list: `models: [one, two]`."),
        ({"approve": 3}, "approve", "approve is a list"),
        ({"split": {"salt": [1], "a": {"weight": 1}, "b": {"weight": 1}}}, "split.salt", "word"),
        ({"split": {"a": {"weight": 1, "top_p": 0}, "b": {"weight": 1}}}, "split.a.top_p", "than"),
        ("words", "", "name: value"),
    ],
)
def test_each_mistake_is_named_at_its_place(given, place, said):
    found = wrong(given)
    assert [p for p, _ in found] == [place]
    assert said in found[0][1]


@pytest.mark.parametrize("name", entry.CODE_ONLY)
def test_what_only_code_decides_cannot_be_written(name):
    assert wrong({name: "x"}) == [(name, f"{name!r} is fixed in the code of the operation.")]
    arms = {"a": {"weight": 1, name: "x"}, "b": {"weight": 1}}
    assert wrong({"split": arms})[0][0] == f"split.a.{name}"


def test_what_a_person_must_approve_only_grows():
    policy = Policy(approve=("publish",))
    assert changed({"approve": []}, policy).approve == ("publish",)
    assert changed({"approve": ["send", "publish"]}, policy).approve == ("publish", "send")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["modle"], "No step is of the kind 'modle'. Did you mean 'model'?"),
        (["batch", "Search"], "No step is of the kind 'Search'. Did you mean 'search'?"),
        (["studio"], "No step is of the kind 'studio'. There are batch, data, deck,"),
    ],
)
def test_a_kind_that_no_step_has_is_told_with_the_nearest(written, said):
    ((place, found),) = wrong({"approve": written}, approve=entry.check_kind)
    assert place == f"approve.{len(written) - 1}"
    assert found.startswith(said)


def test_whoever_is_asked_before_a_model_is_asked_before_a_batch_of_its_questions():
    policy = changed({"approve": "model"})
    for kind, answer in {"model": "wait", "batch": "wait", "search": "allow"}.items():
        ask = Ask("t", 1, kind, "x", Who(org="acme", person="ana"), {}, "complete", policy=policy)
        assert ApprovalGate().ask(ask).answer == answer


def test_the_kinds_are_those_of_the_steps_that_the_studio_takes():
    """Read from the source: `run.step(KIND, ...)`, and what media and search walk."""
    taken = set()
    for file in Path(core.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                named = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = {"step": 0, "walk": 2}.get(named, 99)
                kinds = [getattr(one, "value", None) for one in node.args[place : place + 1]]
                taken |= {kind for kind in kinds if isinstance(kind, str)}
    assert taken - {"check", "count"} == entry.KINDS
    assert set(get_args(MEDIA)) < entry.KINDS


def test_models_are_checked_where_they_stand_and_an_absent_key_is_no_mistake():
    def check(model: str) -> None:
        if model == "a/unpriced":
            raise Invalid("It has no price.", hint="Price it.")
        if model == "b/unknown":
            raise NotFound("No such provider.")
        if model == "c/keyless":
            raise Unavailable("No key.")

    given = {"models": ["studio", "a/unpriced", "c/keyless", "b/unknown", "d/fine"]}
    assert wrong(given, models=check) == [
        ("models.1", "It has no price. Price it."),
        ("models.3", "No such provider."),
    ]


def test_a_template_that_is_not_there_is_named_in_an_arm_too():
    def check(name: str) -> None:
        if name != "hello":
            raise NotFound(f"No {name}.")

    arms = {"a": {"weight": 1, "prompt": "bye"}, "b": {"weight": 1, "prompt": "hello"}}
    assert wrong({"prompt": "mine", "split": arms}, prompt=check) == [
        ("prompt", "No mine."),
        ("split.a.prompt", "No bye."),
    ]


def test_what_is_right_is_kept_beside_what_is_wrong():
    found, problems = entry.read({"temperature": 9, "tokens_max": 5, "queue": "x"})
    assert dict(found.changes) == {"tokens_max": 5}
    assert len(problems) == 2


def test_a_part_of_memory_leaves_the_rest_of_it():
    policy = Policy().changed(memory={"type": "lead", "ttl_s": 5})
    assert changed({"memory": {"compress": True}}, policy).memory.model_dump() == {
        "type": "lead", "ttl_s": 5, "compress": True,
    }  # fmt: skip


LAYER = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0, 0.5, 1]),
        "tokens_max": st.integers(1, 3),
        "streaming": st.booleans(),
        "memory": st.fixed_dictionaries(
            {}, optional={"type": st.sampled_from("ab"), "ttl_s": st.integers(1, 3)}
        ),
        "tools": st.none() | st.lists(st.sampled_from("xy"), max_size=2),
        "approve": st.lists(st.sampled_from("pq"), max_size=2, unique=True),
    },
)


@given(st.lists(LAYER, max_size=4))
def test_of_several_layers_the_topmost_that_says_something_wins(layers):
    policy = Policy(approve=("z",))
    for layer in layers:
        policy = changed(layer, policy)
    for name in ("temperature", "tokens_max", "streaming", "tools"):
        said = [layer[name] for layer in layers if name in layer]
        expected = said[-1] if said else getattr(Policy(), name)
        expected = tuple(expected) if isinstance(expected, list) else expected
        assert getattr(policy, name) == expected
    for name in ("type", "ttl_s"):
        said = [layer["memory"][name] for layer in layers if name in layer.get("memory", {})]
        assert getattr(policy.memory, name) == (
            said[-1] if said else getattr(Policy().memory, name)
        )
    assert set(policy.approve) == {"z"}.union(*(layer.get("approve", ()) for layer in layers))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
ARMS = st.dictionaries(
    st.sampled_from(["a", "b", "salt"]),
    JSON | st.fixed_dictionaries({"weight": JSON, "temperature": JSON}),
)


@given(
    st.dictionaries(st.sampled_from([*entry.NAMES, "queue", "x"]), JSON, max_size=4),
    ARMS | st.none(),
)
def test_whatever_is_written_is_told_or_laid_and_never_breaks(given, arms):
    found, problems = entry.read({**given, "split": arms})
    policy = entry.laid(Policy(name="x", queue="batch"), found.changes)
    assert policy.queue == "batch"
    assert all(text for _, text in problems)
    for arm in found.split.arms.values() if found.split else ():
        assert entry.laid(policy, arm.changes).name == "x"
    again, wrong = entry.read({name: given[name] for name in given if not _bad(name, problems)})
    assert wrong == []
    assert again.changes == found.changes


def _bad(name: str, problems) -> bool:
    return any(path[:1] == (name,) for path, _ in problems)
