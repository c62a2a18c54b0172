"""One policy class: careful by default, checked when changed, kept with its task, paid from."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from core.errors import BudgetExceeded, Refused
from core.kernel import Policy, Run, Verdict, operation
from core.kernel.policies import MemoryPolicy, declared, own
from core.kernel.records import AUDIT
from tests.core.kernel.proofs import parts


class Nothing(BaseModel):
    """Neither in nor out."""


class Seen(BaseModel):
    """What the run was told."""

    policy: dict
    other: dict
    left: list = []


@operation("policied", policy=Policy(name="mail", queue="batch", temperature=0.2))
def policied(run: Run, _nothing: Nothing) -> Seen:
    """Pay under two policies."""
    lefts = []

    def act(call):
        lefts.append(dict(call.left))
        call.spend(nusd=4)

    run.step("tool", "own", act, estimate={"nusd": 10})
    under = run.under("letters")
    under.step("tool", "other", act, estimate={"nusd": 10})
    run.step("tool", "own again", act, estimate={"nusd": 10})
    dump = {"mode": "json"}
    return Seen(
        policy=run.policy.model_dump(**dump), other=under.policy.model_dump(**dump), left=lefts
    )


CARDS = {"daily_nusd": 5, "daily_tokens": 90}  # a test edits it


@operation("policied_within")
def policied_within(run: Run, _nothing: Nothing) -> Seen:
    """Pay as often as a use case within the task lets it, each time under it anew."""
    paid = []
    for name in ("parcels", "parcels", "cards"):
        try:
            under = run.under(name)
            under.step("tool", name, lambda call: call.spend(nusd=8), estimate={"nusd": 10})
            paid.append(name)
        except BudgetExceeded as error:
            paid.append(error.details["scope"])
    return Seen(policy={}, other={}, left=paid)


@operation("policied_long")
def policied_long(run: Run, _nothing: Nothing) -> Seen:
    """Work under a use case before and after somebody edits it."""
    seen = []
    for temperature in (1.0, 1.5):
        CARDS["temperature"] = temperature
        seen.append(run.under("cards").policy.temperature)
    return Seen(policy={}, other={}, left=seen)


def temperate(name, policy, _org, person):
    changes = {
        "letters": {"temperature": 0.9, "daily_nusd": 100},
        "parcels": {"budget_nusd": 15},
        "cards": CARDS,
    }.get(name, {})
    return policy.changed(name=policy.name or name, variant=person, **changes)


@pytest.fixture
def kernel(url):
    kernel = parts.open_studio(url, policies=temperate)
    yield kernel
    parts.settle_down(kernel)
    parts.books(kernel)
    parts.close_studio(kernel)


def run_task(kernel, **options):
    task_id = kernel.submit("policied", {}, parts.ANA, **options)
    for _ in kernel.follow(task_id):
        pass
    return kernel.task(task_id)


def test_a_policy_is_resolved_once_and_kept_with_its_task(kernel):
    task = run_task(kernel)
    assert task.error is None
    assert task.policy["variant"] == "ana"
    assert (task.output["policy"]["name"], task.output["policy"]["temperature"]) == ("mail", 0.2)


def test_a_run_may_act_under_another_use_case_and_its_steps_follow(kernel):
    task = run_task(kernel)
    assert (task.output["other"]["name"], task.output["other"]["temperature"]) == ("letters", 0.9)
    steps = kernel.database.rows(
        sa.text("select name, state from kernel_step where task_id = :id order by seq").bindparams(
            id=task.id
        )
    )
    assert [tuple(step) for step in steps] == [
        ("own", "done"), ("other", "done"), ("own again", "done"),
    ]  # fmt: skip


def test_a_daily_budget_of_the_use_case_is_a_limit_of_its_person(kernel):
    lefts = run_task(kernel).output["left"]
    assert lefts[1]["nusd"] == 90, "what is left of 100 after the hold of 10"
    scope = "use:ana:letters"
    kernel.ledger.limit(scope, "nusd", "day", 11, "acme")
    taken = {row.scope: row.spent for row in kernel.ledger.remaining(
        parts.ANA.model_copy(update={"scopes": (scope,)})
    )}  # fmt: skip
    assert taken[scope] == 4


def run_within(kernel):
    task_id = kernel.submit("policied_within", {}, parts.ANA)
    return task_id, parts.until(kernel, task_id, "done").output["left"]


def test_a_use_case_within_a_task_keeps_to_its_own_budget_of_a_task(kernel):
    for _ in range(2):  # another task has another budget
        task_id, paid = run_within(kernel)
        assert paid[:2] == ["parcels", f"task:{task_id}:parcels"], "15 do not cover 8 + 10"


def test_a_daily_limit_that_was_taken_away_limits_nobody(kernel, monkeypatch):
    assert run_within(kernel)[1][2] == "use:ana:cards"
    monkeypatch.setitem(CARDS, "daily_nusd", None)  # that of tokens stays
    assert run_within(kernel)[1][2] == "cards"


def test_a_task_that_kept_an_older_policy_does_not_put_its_daily_limit_back(kernel, monkeypatch):
    def limits():
        who = parts.ANA.model_copy(update={"scopes": ("use:ana:cards",)})
        rows = kernel.ledger.remaining(who)
        return {row.unit: row.max for row in rows if row.scope == "use:ana:cards"}

    older = parts.until(kernel, kernel.submit("policied_long", {}, parts.ANA), "done")
    assert limits() == {"nusd": 5, "tokens": 90}
    monkeypatch.setitem(CARDS, "daily_nusd", 3)
    monkeypatch.setitem(CARDS, "daily_tokens", None)
    newer = parts.until(kernel, kernel.submit("policied_long", {}, parts.ANA), "done")
    assert limits() == {"nusd": 3}, "a policy that is resolved sets it"
    for task in (older, newer, older):
        under = Run(kernel, task, {}, policy=own(task.policy)).under("cards")  # its next life
        assert "use:ana:cards" in under.who.scopes, "it pays from there all the same"
        assert limits() == {"nusd": 3}


def test_an_edit_while_a_task_lasts_changes_no_use_case_it_has_worked_under(kernel, monkeypatch):
    monkeypatch.setitem(CARDS, "temperature", 0.0)
    task_id = kernel.submit("policied_long", {}, parts.ANA)
    task = parts.until(kernel, task_id, "done")
    assert task.output["left"] == [1.0, 1.0]
    CARDS["temperature"] = 2.0
    again = Run(kernel, task, {}, policy=own(task.policy))  # its next life
    assert again.under("cards").policy.temperature == 1.0
    assert again.under("parcels").policy.temperature == 0.0
    assert again.policy.name == "policied_long"


def test_a_listener_that_breaks_harms_neither_task_nor_the_other_listeners(kernel):
    heard = []

    def broken(_ask, _outcome):
        raise RuntimeError("deaf")

    kernel.listeners += [broken, lambda ask, _outcome: heard.append(ask.name)]
    kernel.telemetry.settled = broken
    assert run_task(kernel).error is None
    assert heard == ["own", "other", "own again"]


class Judge:
    """A gate that pays to judge a step, and refuses it, or lets a person decide."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, ask):
        use = {"provider": "p", "model": "p/judge", "cost_nusd": 7, "kind": "moderation"}
        return Verdict("judge", self.answer, message="No.", details={"uses": [use]})


@pytest.mark.parametrize("answer", ["refuse", "wait"])
def test_what_judging_a_refused_step_cost_is_booked_once(url, answer):
    kernel = parts.open_studio(url, gates=[Judge(answer)])
    task_id = kernel.submit("policied", {}, parts.ANA)
    if answer == "wait":
        parts.until(kernel, task_id, "waiting")
        kernel.answer(task_id, parts.steps(kernel, task_id)[0].seq, "rejected", "bo")
    parts.until(kernel, task_id, "failed")
    (step,) = parts.steps(kernel, task_id)
    assert (step.state, step.cost_nusd) == ("refused", 7)
    query = sa.text("select spent, held from ledger_account where name = 'org:acme nusd'")
    (account,) = kernel.database.rows(query)
    (used,) = kernel.database.rows(sa.text("select sum(cost_nusd) as n from ledger_usage"))
    assert (account.spent, account.held, used.n) == (7, 0, 7)
    parts.settle_down(kernel)
    parts.books(kernel)
    parts.close_studio(kernel)


def test_listeners_hear_of_every_settled_step(kernel):
    heard = []
    kernel.listeners.append(lambda ask, outcome: heard.append((ask.name, outcome["spent"])))
    run_task(kernel)
    assert heard == [("own", {"nusd": 4}), ("other", {"nusd": 4}), ("own again", {"nusd": 4})]


class Closed:
    """A door that lets nobody in."""

    def enter(self, operation, who, policy):
        details = {"retry_after_s": 3, "who": who.person, "policy": policy.name}
        return Verdict("door", "refuse", "refused", f"{operation} is closed.", details=details)


def test_a_closed_door_raises_leaves_no_task_and_is_audited(url):
    kernel = parts.open_studio(url, doors=[Closed()])
    with pytest.raises(Refused, match="policied is closed") as refused:
        kernel.submit("policied", {}, parts.ANA, id="same")
    assert refused.value.details == {"retry_after_s": 3, "who": "ana", "policy": "mail"}
    assert kernel.database.rows(sa.text("select * from kernel_task")) == []
    (line,) = kernel.database.rows(sa.select(AUDIT))
    assert (line.what, line.org_id) == ("refuse", "acme")
    parts.close_studio(kernel)


def test_a_repeated_submission_finds_its_task_and_asks_no_door(url):
    kernel = parts.open_studio(url)
    first = run_task(kernel, id="same")
    kernel.doors = (Closed(),)
    assert kernel.submit("policied", {}, parts.ANA, id="same") == first.id
    parts.settle_down(kernel)
    parts.close_studio(kernel)


def test_a_change_is_checked_whole():
    with pytest.raises(ValidationError):
        Policy().changed(temperature=3)
    with pytest.raises(ValidationError):
        Policy().changed(models=["offline", " "])
    with pytest.raises(ValidationError):
        Policy().changed(colour="red")
    assert Policy().changed(memory={"type": "lead", "ttl_s": 5}).memory.ttl_s == 5


def test_without_configuration_the_declared_policy_holds_under_its_own_name():
    assert declared("x", Policy(), "o", "p").name == "x"
    assert declared("x", Policy(name="y"), "o", "p").name == "y"


@given(
    st.builds(
        Policy,
        name=st.text(max_size=9),
        models=st.lists(st.sampled_from(["offline", "studio"])).map(tuple),
        temperature=st.floats(0, 2),
        memory=st.builds(MemoryPolicy, type=st.text(max_size=5)),
        tools=st.none() | st.lists(st.text(max_size=4)).map(tuple),
        budget_nusd=st.none() | st.integers(0, 10**15),
    )
)
def test_a_policy_survives_its_row(policy):
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy
