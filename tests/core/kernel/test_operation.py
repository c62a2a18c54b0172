"""What is derived from an operation."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from core.kernel import Policy, Run, operation
from core.kernel.operation import OPERATIONS


class Brief(BaseModel):
    """What is given."""

    words: int


class Draft(BaseModel):
    """What is made."""

    text: str


def test_everything_about_an_operation_comes_from_its_function():
    @operation("draft", policy=Policy(queue="render", approve=("publish",)))
    def draft(_run: Run, brief: Brief) -> Draft:
        """Write a draft.

        More about it.
        """
        return Draft(text="x" * brief.words)

    found = OPERATIONS["draft"]
    assert (found.name, found.title) == ("draft", "Write a draft")
    assert (found.input, found.output) == (Brief, Draft)
    assert (found.policy.queue, found.policy.approve) == ("render", ("publish",))
    assert found.fn(None, Brief(words=2)) == Draft(text="xx")
    assert draft is found.fn, "it stays a plain function"


def test_a_policy_that_says_nothing_is_careful():
    @operation("silent")
    def silent(_run: Run, brief: Brief) -> Draft:
        return Draft(text=str(brief.words))

    policy = OPERATIONS["silent"].policy
    assert OPERATIONS["silent"].title == "silent"
    assert (policy.permission, policy.temperature) == ("work", 0.0)
    assert policy.tokens_max <= 1_000


def test_a_name_is_one_operation():
    def build(_run: Run, brief: Brief) -> Draft:
        return Draft(text=str(brief.words))

    operation("only")(build)
    with pytest.raises(ValueError, match="registered twice"):
        operation("only")(build)


def test_an_operation_without_types_is_refused_where_it_is_written():
    with pytest.raises(KeyError, match="brief"):
        operation("untyped")(lambda run, brief: brief)  # noqa: ARG005
