"""Who meets which arm."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.governance.policies.split import Arm, Split

ROOT = Path(__file__).parents[4]
PEOPLE = [f"person-{i}" for i in range(4_000)]


def split(salt: str = "", **weights: float) -> Split:
    return Split({name: Arm(weight) for name, weight in weights.items()}, salt)


def dealt(found: Split, use_case: str = "chat") -> dict[str, str]:
    return {person: found.arm(use_case, person) for person in PEOPLE}


def chi_square(arms: dict[str, str], weights: dict[str, float]) -> float:
    seen, whole = Counter(arms.values()), sum(weights.values())
    expected = {name: len(arms) * weight / whole for name, weight in weights.items() if weight}
    return sum((seen[name] - most) ** 2 / most for name, most in expected.items())


@pytest.mark.parametrize(
    "weights", [{"a": 90, "b": 10}, {"a": 1, "b": 1}, {"a": 50, "b": 30, "c": 20}]
)
def test_each_arm_gets_its_share(weights):
    assert chi_square(dealt(split(**weights)), weights) < 13.8  # p = 0.001 with two degrees


def test_a_person_meets_the_same_arm_in_every_process():
    script = (
        "from core.governance.policies.split import Arm, Split\n"
        "s = Split({'a': Arm(50), 'b': Arm(50)}, 'x')\n"
        "print(''.join(s.arm('chat', f'person-{i}') for i in range(64)))"
    )
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    here = split("x", a=50, b=50)
    assert ran.stdout.strip() == "".join(here.arm("chat", f"person-{i}") for i in range(64))


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 100), min_size=2).filter(
        lambda weights: any(weights.values())
    ),
    st.sampled_from("abcd"),
    st.integers(0, 100),
    st.text(max_size=8),
)
def test_only_a_change_of_weights_to_one_another_moves_a_person(weights, name, weight, person):
    changed = {**weights, name: weight}
    if name not in weights or not any(changed.values()):
        return
    before, after = (split(**found).arm("chat", person) for found in (weights, changed))
    if before != after:
        assert name in (before, after)  # nobody moves between two arms that stayed as they were
        assert (after == name) == (weight > weights[name])


def test_twice_every_weight_moves_nobody_and_the_order_does_not_matter():
    assert dealt(split(a=9, b=1)) == dealt(split(a=90, b=10)) == dealt(split(b=10, a=90))


def test_ten_more_in_a_hundred_move_about_ten_in_a_hundred_and_all_one_way():
    before, after = dealt(split(a=90, b=10)), dealt(split(a=80, b=20))
    moved = {person for person in PEOPLE if before[person] != after[person]}
    assert {after[person] for person in moved} == {"b"}
    assert 0.08 < len(moved) / len(PEOPLE) < 0.12


def test_another_salt_and_another_use_case_deal_anew():
    first = dealt(split(a=1, b=1))
    for other in (dealt(split("new", a=1, b=1)), dealt(split(a=1, b=1), "mail")):
        moved = sum(first[person] != other[person] for person in PEOPLE) / len(PEOPLE)
        assert 0.45 < moved < 0.55


def test_an_arm_without_weight_meets_nobody():
    assert set(dealt(split(a=0, b=1, c=1)).values()) == {"b", "c"}
