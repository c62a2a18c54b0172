"""What gates are asked and what they answer."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BudgetExceeded, Refused, restore
from core.kernel import Ask, Verdict, Who
from core.kernel.gates import within
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA, WORLD, steps, until

AMOUNTS = st.dictionaries(st.sampled_from(["nusd", "tokens"]), st.integers(0, 10**15))
SHOWN = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(), max_size=3)


class Listening:
    """Allows, or says what it was told to; remembers every ask."""

    def __init__(self, *answers: Verdict) -> None:
        self.answers = list(answers)
        self.heard: list[Ask] = []

    def ask(self, ask: Ask) -> Verdict:
        self.heard.append(ask)
        return self.answers.pop(0) if self.answers else Verdict("listening")


def test_every_scope_above_a_person_pays():
    who = Who(org="acme", person="ana", scopes=("team:growth", "session:s1"))
    assert who.paying() == ["org:acme", "person:ana", "team:growth", "session:s1"]


def test_a_name_that_people_chose_is_their_organisations():
    who = Who(org="acme", person="ana", scopes=("project:p1",))
    assert who.paying()[-1] == within("acme", "project:p1") == "project:acme:p1"
    assert within("acme", within("acme", "project:p1")) == "project:acme:p1"
    assert within("acme", "project:*") == "project:*"
    assert within("", "project:p1") == "project:p1"
    assert within("acme", "team:t1") == "team:t1"


@given(st.text(), st.text(), AMOUNTS, SHOWN)
def test_a_digest_is_of_exactly_what_is_asked(kind, name, estimate, shown):
    asked = Ask("t", 1, kind, name, ANA, estimate, shows=shown)
    turned = dict(reversed(shown.items()))
    same = Ask("other", 9, kind, name, Who(org="o", person="p"), estimate, "any", turned)
    assert asked.digest == same.digest
    for change in (
        {"kind": kind + "x"},
        {"name": name + "x"},
        {"estimate": {**estimate, "nusd": estimate.get("nusd", 0) + 1}},
        {"shows": {**shown, "more": 1}},
    ):
        assert dataclasses.replace(asked, **change).digest != asked.digest


def test_a_refusal_is_the_error_it_becomes():
    said = Verdict("x", "refuse", "budget_exceeded", "No.", hint="Wait.", details={"left": 3})
    error = restore(said.as_value())
    assert type(error) is BudgetExceeded
    assert (error.message, error.hint, error.details) == ("No.", "Wait.", {"left": 3})
    assert type(restore(Verdict("x", "refuse", message="No.").as_value())) is Refused


@pytest.mark.parametrize("answer", ["refuse", "wait"])
def test_gates_are_asked_in_order_up_to_the_first_that_does_not_allow(sqlite_url, tmp_path, answer):
    WORLD.folder = tmp_path
    gates = [Listening(), Listening(Verdict("second", answer, message="Hm.")), Listening()]
    kernel = parts.open_studio(sqlite_url, gates=gates)
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done", "waiting")
    first = steps(kernel, task.id)[0]
    assert [verdict["gate"] for verdict in first.verdicts] == ["listening", "second"]
    assert len(gates[2].heard) == (1 if answer == "refuse" else 0)  # the second step's
    assert gates[0].heard[0].key == f"{task.id}:{first.seq}"
    parts.close_studio(kernel)


def test_money_is_held_only_for_what_every_gate_allowed(sqlite_url, tmp_path):
    WORLD.folder = tmp_path
    gates = [Listening(Verdict("no", "refuse", message="No."))]
    kernel = parts.open_studio(sqlite_url, gates=gates)
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    held = parts.one(kernel, "select count(*), min(key) from ledger_hold")
    assert held == (1, f"{task.id}:2")
    parts.close_studio(kernel)


def test_gates_are_asked_outside_any_transaction(sqlite_url, tmp_path):
    WORLD.folder = tmp_path

    class Writing(Listening):
        def ask(self, ask: Ask) -> Verdict:
            kernel.ledger.limit("person:ana", "nusd", "day", 10**9)  # would wait for itself
            return super().ask(ask)

    kernel = parts.open_studio(sqlite_url, gates=[Writing()])
    until(kernel, kernel.submit("breaks", {}, ANA), "done")
    parts.close_studio(kernel)
