"""The policy that holds: code, file, organisation, split, in this order."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import Invalid, NotFound
from core.governance.policies import Faulty, Policies, watched
from core.kernel import Kernel, Policy, Run, operation
from core.ledger import Accounts
from core.llm import Gateway
from core.settings import load
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.governance.parts import ANA, Amount, Spent
from tests.core.kernel.proofs.parts import QUEUES, until

TEXT = """
version: 1
limits: {max_cost_per_request_usd: 0.25}
use_cases:
  chat:
    description: Talk
    temperature: 0.2
    tokens_max: 50
    request_usd: 0.05
  halved:
    temperature: 0.5
    split:
      salt: one
      cool: {weight: 50}
      warm: {weight: 50, temperature: 1, tokens_max: 9}
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(watched, "SETTLE_S", 0.01)  # these files are moved into place


@pytest.fixture
def database(sqlite_url):
    opened = Database(sqlite_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "policies.yaml"
    file.write_text(TEXT)
    return file


@pytest.fixture
def policies(database, path):
    return Policies(database, path, every_s=0)


def put(path: Path, text: str) -> None:
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


def chat(policies: Policies, declared: Policy | None = None, person: str = "ana") -> Policy:
    return policies.resolve("chat", declared or Policy(name="chat"), "acme", person)


def test_the_first_task_after_an_edit_has_the_new_policy(database, path):
    policies = Policies(database, path)  # which otherwise looks once a second
    assert chat(policies).temperature == 0.2
    put(path, TEXT.replace("temperature: 0.2", "temperature: 0.3"))
    assert chat(policies).temperature == 0.3
    put(path, TEXT.replace("temperature: 0.2", "temperature: hot"))
    assert chat(policies).temperature == 0.3, "the last good one holds"
    assert policies.trouble
    assert policies.trouble.line == 7


def test_a_stamp_changes_exactly_when_something_holds_differently(policies, path):
    stamps = [policies.stamp("acme")]
    assert policies.stamp("acme") == stamps[0]
    policies.override("acme", "chat", {"temperature": 0.4}, "bo")
    stamps.append(policies.stamp("acme"))
    put(path, TEXT.replace("tokens_max: 50", "tokens_max: 60"))
    policies.look()
    stamps.append(policies.stamp("acme"))
    put(path, "version: 1\nuse_cases: none")
    policies.look()
    stamps.append(policies.stamp("acme"))
    assert all(a != b for i, a in enumerate(stamps) for b in stamps[:i])
    policies.override("other", "chat", {"temperature": 0.6}, "cy")
    assert policies.stamp("acme") == stamps[-1], "another organisation's change is none here"


def test_each_layer_wins_over_the_one_below(policies):
    declared = Policy(name="chat", temperature=0.9, tokens_max=7, top_p=0.4, flag="lab")
    found = policies.resolve("talk.turn", declared, "acme", "ana")
    assert (found.temperature, found.tokens_max, found.top_p) == (0.2, 50, 0.4)
    assert (found.request_nusd, found.flag, found.name) == (50_000_000, "lab", "chat")
    policies.override("acme", "chat", {"tokens_max": 60}, "ana")
    found = policies.resolve("talk.turn", declared, "acme", "ana")
    assert (found.temperature, found.tokens_max) == (0.2, 60)
    assert policies.resolve("talk.turn", declared, "other", "eve").tokens_max == 50


def test_an_operation_without_an_entry_keeps_what_it_declares(policies):
    declared = Policy(temperature=0.7, budget_nusd=5)
    found = policies.resolve("some.act", declared, "acme", "ana")
    assert found == declared.changed(name="some.act")
    named = Policy(name="nowhere", temperature=0.7)
    assert policies.resolve("some.act", named, "acme", "ana") == named


def test_an_unknown_use_case_is_not_found_and_the_known_are_named(policies):
    with pytest.raises(NotFound) as caught:
        policies.resolve("leads", Policy(name="leads"), "acme", "ana")
    assert "chat, halved" in caught.value.hint


def test_a_use_case_only_an_operation_declares_is_found_by_its_name(database, path):
    class One:
        policy = Policy(temperature=0.6, queue="batch")

    policies = Policies(database, path, operations={"some.act": One()})
    found = policies.resolve("some.act", Policy(name="some.act"), "acme", "ana")
    assert (found.temperature, found.queue, found.name) == (0.6, "batch", "some.act")


def test_a_person_stays_with_their_arm_and_the_arm_is_named(policies):
    found = {}
    for n in range(40):
        policy = policies.resolve("halved", Policy(name="halved"), "acme", f"p{n}")
        again = policies.resolve("halved", Policy(name="halved"), "acme", f"p{n}")
        assert policy == again
        found[policy.variant] = (policy.temperature, policy.tokens_max)
    assert found == {"cool": (0.5, Policy().tokens_max), "warm": (1.0, 9)}


def test_an_organisation_may_end_a_split_or_begin_one(policies):
    policies.override("acme", "halved", {"split": None}, "ana")
    assert policies.resolve("halved", Policy(name="halved"), "acme", "p1").variant == ""
    arms = {"a": {"weight": 1}, "b": {"weight": 0}}
    policies.override("acme", "chat", {"split": arms}, "ana")
    assert chat(policies).variant == "a"
    assert set(policies.arms("chat", "acme")) == {"a", "b"}
    assert set(policies.arms("chat", "other")) == {""}
    assert policies.arms("halved", "other")["warm"][1].tokens_max == 9


def test_an_edit_holds_while_running_and_a_bad_one_does_not(policies, path):
    put(path, TEXT.replace("temperature: 0.2", "temperature: 0.3"))
    policies.look()
    assert chat(policies).temperature == 0.3
    put(path, TEXT.replace("temperature: 0.2", "temperature: 33"))
    policies.look()
    assert chat(policies).temperature == 0.3
    assert policies.trouble
    assert (policies.trouble.line, policies.trouble.field) == (7, "use_cases.chat.temperature")
    path.unlink()
    policies.look()
    assert chat(policies).temperature == 0.3
    put(path, TEXT)
    policies.look()
    assert (chat(policies).temperature, policies.trouble) == (0.2, None)


def test_a_typing_error_in_what_a_person_is_asked_about_is_told_and_not_taken(policies, path):
    put(path, TEXT.replace("temperature: 0.2", "approve: [search, modle]"))
    policies.look()
    assert policies.trouble
    assert (policies.trouble.line, policies.trouble.field) == (7, "use_cases.chat.approve.1")
    assert "Did you mean 'model'?" in policies.trouble.message
    with pytest.raises(Faulty, match="modle"):
        policies.override("acme", "chat", {"approve": ["modle"]}, "ana")
    put(path, TEXT.replace("temperature: 0.2", "approve: [search, model]"))
    policies.look()
    assert chat(policies).approve == ("search", "model", "batch")


def test_a_bad_file_at_the_first_start_is_no_dead_studio(database, path):
    path.write_text(TEXT + "  chat: {}\n")
    policies = Policies(database, path)
    assert policies.trouble
    assert policies.trouble.line == 16
    assert chat(policies, Policy(name="chat", temperature=0.9)).temperature == 0.9
    assert chat(policies) == Policy(name="chat")  # careful, and not unknown
    assert policies.limits == {}


def test_readers_beside_an_editing_thread_see_one_version_or_the_other(policies, path):
    """Two fields are always changed together; nobody ever sees one without the other."""
    stop, seen = threading.Event(), set()

    def edit() -> None:
        n = 0
        while not stop.is_set():
            n = (n + 1) % 20
            both = TEXT.replace("temperature: 0.2", f"temperature: 0.{n:02}")
            bad = "\n  broken: [" if n % 3 == 0 else ""
            put(path, both.replace("tokens_max: 50", f"tokens_max: {n + 1}") + bad)
            policies.look()

    def read() -> None:
        while not stop.is_set():
            policy = chat(policies)
            seen.add((policy.temperature, policy.tokens_max))

    threads = [threading.Thread(target=act) for act in (edit, read, read, read)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    end = time.monotonic() + 60
    while len(seen) <= 3 and time.monotonic() < end:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(seen) > 3
    assert seen <= {(0.2, 50), *((n / 100, n + 1) for n in range(20) if n % 3)}


def test_limits_of_the_file_hold_unless_the_environment_says_something(database, path):
    told = []
    policies = Policies(database, path, told=told.append)
    key = ("org:*", "nusd", "request")
    assert load({}, None).limits(policies.limits)[key] == 250_000_000
    stronger = load({"MAX_COST_PER_REQUEST_USD": "0.75"}, None)
    assert stronger.limits(policies.limits)[key] == 750_000_000
    put(path, TEXT.replace("0.25", "0.10"))
    policies.look()
    assert [load({}, None).limits(found)[key] for found in told] == [100_000_000]


def test_a_limit_edited_in_the_file_binds_the_running_ledger(database, path):
    ledger = Accounts(database)
    told = lambda limits: ledger.set_defaults(load({}, None).limits(limits))  # noqa: E731
    policies = Policies(database, path, told=told)
    told(policies.limits)
    assert ledger.check(ANA, {"nusd": 200_000_000}).allowed
    put(path, TEXT.replace("0.25", "0.10"))
    policies.look()
    refused = ledger.check(ANA, {"nusd": 200_000_000})
    assert not refused.allowed
    assert "$0.10" in refused.reason


def test_an_override_is_checked_whole_before_it_is_written(database, path):
    policies = Policies(database, path, check=Gateway().price)
    with pytest.raises(Invalid, match="temperature"):
        policies.override("acme", "chat", {"tokens_max": 5, "temperature": 9}, "ana")
    with pytest.raises(Invalid, match=r"models.0.*MODEL_PRICES"):
        policies.override("acme", "chat", {"models": ["openai/made-up"]}, "ana")
    with pytest.raises(Invalid, match="fixed in the code"):
        policies.override("acme", "chat", {"permission": "read"}, "ana")
    with pytest.raises(NotFound):
        policies.override("acme", "unknown", {"tokens_max": 5}, "ana")
    assert policies.history("acme", "chat") == []
    assert chat(policies).tokens_max == 50


def test_a_template_of_another_organisation_cannot_be_named(database, path):
    def check(name: str, org_id: str) -> None:
        if (name, org_id) not in {("mine", "acme"), ("mine", "")}:
            raise NotFound(f"There is no prompt {name!r}.")

    policies = Policies(database, path, check_prompt=check)
    policies.override("acme", "chat", {"prompt": "mine"}, "ana")
    assert chat(policies).prompt == "mine"
    with pytest.raises(Invalid, match="prompt: There is no prompt 'mine'"):
        policies.override("other", "chat", {"prompt": "mine"}, "eve")
    with pytest.raises(Faulty, match=r"line 1: There is no prompt 'typo'"):
        policies.checked("prompt: typo")


def test_a_tool_that_is_not_there_is_named_with_its_line(database, path):
    def check(name: str) -> None:
        if name != "total":
            raise NotFound(f"No tool named {name!r}.")

    policies = Policies(database, path, check_tool=check)
    assert policies.checked("tools: total") == {"tools": "total"}
    with pytest.raises(Faulty, match=r"line 3: No tool named 'typo'"):
        policies.checked("tools:\n- total\n- typo")


def test_an_organisations_own_description_is_told_to_it_alone(policies):
    policies.override("acme", "chat", {"description": "Talk to clients"}, "ana")
    assert policies.described("chat", "acme") == "Talk to clients"
    assert policies.described("chat", "other") == policies.described("chat") == "Talk"


def test_an_override_from_python_is_kept_as_json(policies):
    policies.override("acme", "chat", {"models": ("studio",), "request_usd": Decimal("0.07")}, "x")
    assert policies.history("acme", "chat")[0].changes == {
        "models": ["studio"], "request_usd": "0.07",
    }  # fmt: skip
    assert chat(policies).request_nusd == 70_000_000


def test_an_override_as_text_names_the_line(policies):
    with pytest.raises(Faulty) as caught:
        policies.checked("tokens_max: 5\ntemperature: 9\n")
    assert caught.value.trouble.line == 2
    revision = policies.override(
        "acme", "chat", policies.checked("tokens_max: 5\nrequest_usd: 0.01"), "ana"
    )
    assert (revision, chat(policies).request_nusd) == (1, 10_000_000)


def test_taking_back_and_rolling_back_are_revisions_of_their_own(policies):
    policies.override("acme", "chat", {"tokens_max": 5}, "ana")
    policies.override("acme", "chat", {"tokens_max": 6}, "ana")
    policies.take_back("acme", "chat", "bo")
    assert chat(policies).tokens_max == 50
    first = policies.history("acme", "chat")[-1]
    policies.override("acme", "chat", first.changes, "bo")
    assert chat(policies).tokens_max == 5
    assert [row.revision for row in policies.history("acme", "chat")] == [4, 3, 2, 1]
    assert policies.names("acme") == ["chat", "halved"]


def test_code_only_fields_stay_as_declared_whatever_the_database_holds(policies, database):
    from core.governance.policies.overrides import Overrides

    smuggled = {"permission": "read", "queue": "render", "approve": [], "flag": ""}
    Overrides(database).add("acme", "chat", smuggled, "eve", None)
    declared = Policy(name="chat", permission="govern", approve=("publish",), flag="lab")
    found = chat(policies, declared)
    assert (found.permission, found.queue, found.flag) == ("govern", "interactive", "lab")
    assert found.approve == ("publish",)
    assert len(policies.stale("acme", "chat")) == 3


def seen(run: Run, _amount: Amount) -> Spent:
    """Say under which policies it runs."""
    under = run.under("halved")
    told = {"own": run.policy.tokens_max, "under": under.policy.variant}
    run.step("note", "policy", lambda call: call.say("note", **told))
    return Spent()


operation("policed.seen", policy=Policy(name="chat"))(seen)


def test_a_task_runs_under_what_the_file_says_and_keeps_it(url, path):
    database = Database(url)
    migrate(database)
    policies = Policies(database, path)
    kernel = Kernel(database, Accounts(database), [], queues=QUEUES, policies=policies.resolve)
    task_id = kernel.submit("policed.seen", {}, ANA)
    until(kernel, task_id, "done")
    assert kernel.task(task_id).policy["tokens_max"] == 50
    said = [event.data for event in kernel.follow(task_id) if event.type == "note"]
    expected = policies.resolve("halved", Policy(name="halved"), ANA.org, ANA.person).variant
    assert (said[0]["own"], said[0]["under"]) == (50, expected)
    kernel.close()
    database.close()
