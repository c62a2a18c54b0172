"""Policies written back as people write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.governance.policies import entry
from core.governance.policies.lines import parse
from core.governance.policies.shown import as_yaml, difference, dollars, fields
from core.kernel.policies import Policy

POLICY = Policy(
    name="chat", variant="a", models=("studio",), temperature=0.3, request_nusd=50_000_000,
    approve=("publish",), moderation="off", tools=(), queue="batch", permission="govern",
)  # fmt: skip


@given(st.integers(0, 10**15))
def test_an_amount_is_written_and_read_back_exactly(nusd):
    found, problems = entry.read({"budget_usd": dollars(nusd)})
    assert (found.changes, problems) == ({"budget_nusd": nusd}, [])
    again = parse(as_yaml({"budget_usd": dollars(nusd)})).data
    assert entry.read(again)[0].changes == {"budget_nusd": nusd}


def test_what_is_written_can_be_read_again_and_means_the_same():
    arms = {"salt": "s", "a": {"weight": 1, "daily_usd": 0.5}, "b": {"weight": 2}}
    split = entry.read({"split": arms})[0].split
    text = as_yaml(fields(POLICY, split))
    again, problems = entry.read(parse(text).data)
    assert problems == []
    assert again.split == split
    same = entry.laid(Policy(), again.changes)
    assert same == POLICY.model_copy(
        update={"name": "", "variant": "", "queue": "interactive", "permission": "work"}
    )


def test_what_only_code_decides_is_not_shown():
    assert not {"name", "variant", "queue", "permission", "flag"} & set(fields(POLICY))
    assert not [name for name in fields(POLICY) if "nusd" in name]


def test_a_difference_shows_only_what_goes_and_comes():
    before = {"temperature": 0.3, "models": ["studio"], "tokens_max": 5}
    found = difference(before, {**before, "tokens_max": 9}).splitlines()
    assert "-tokens_max: 5" in found
    assert "+tokens_max: 9" in found
    assert not [line for line in found if "temperature" in line]
    assert difference(before, dict(before)) == ""
    assert as_yaml({}) == as_yaml(None) == ""
