"""The attributes are those that Langfuse's own SDK writes, and no token is counted twice."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.kernel import Ask, Who
from core.storage.database import now
from core.telemetry import langfuse
from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import ended, spans, told, working
from tests.core.telemetry.test_facts import ASK, DONE
from tests.loopback.sinks.langfuse_server import PUBLIC, SECRET


def test_every_attribute_is_one_of_the_sdks_own():
    from langfuse._client.attributes import LangfuseOtelSpanAttributes as Theirs

    known = {value for name, value in vars(Theirs).items() if name.isupper()}
    made = langfuse.trace_attributes("chat", "local") | langfuse.asked_attributes(ASK)
    made |= langfuse.settled_attributes({**DONE, "code": "x", "message": "m"}, now())
    names = {
        name.partition(".metadata.")[0] + ".metadata" * (".metadata." in name) for name in made
    }
    assert names - known == set()
    assert {Theirs.OBSERVATION_TYPE, Theirs.OBSERVATION_MODEL, Theirs.TRACE_NAME} <= names
    assert {Theirs.TRACE_USER_ID, Theirs.TRACE_SESSION_ID} == {"user.id", "session.id"}


def test_the_endpoint_is_where_the_sdk_sends():
    assert langfuse.endpoint("http://x/").endswith("x/api/public/otel/v1/traces")


DOOR = re.compile(r"""\b(?:step\(|walk\(\s*run,\s*[\w.]+,)\s*"(\w+)",""")
INNER = {"check", "count", "data", "deck"}  # nothing is bought by these


def test_every_kind_of_step_that_buys_something_is_a_kind_of_observation():
    files = (path.read_text("utf-8") for path in Path(core.__file__).parent.rglob("*.py"))
    kinds = {kind for text in files for kind in DOOR.findall(text)}
    assert kinds == langfuse.TYPES.keys() | INNER


def test_what_has_tokens_or_units_is_of_a_type_that_carries_usage():
    from langfuse._client import constants as theirs

    carry = get_args(theirs.ObservationTypeGenerationLike)
    others = set(langfuse.TYPES.values()) - set(carry)
    assert others == {"tool", "retriever"} <= set(get_args(theirs.ObservationTypeSpanLike))


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("model", "generation"),
        ("batch", "generation"),
        ("image", "generation"),
        ("embeddings", "embedding"),
        ("tool", "tool"),
        ("search", "retriever"),
        ("deck", "span"),
    ],
)
def test_kinds_of_steps_become_kinds_of_observations(kind, type):
    ask = Ask("t", 1, kind, "n", Who(org="a", person="p"), {})
    assert langfuse.asked_attributes(ask)["langfuse.observation.type"] == type


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_kinds_of_tokens_add_up_to_the_total(prompt, completion, cached, reasoning):
    use = {
        "prompt_tokens": prompt + cached,
        "completion_tokens": completion + reasoning,
        "cached_tokens": cached,
        "cache_write_tokens": 0,
        "reasoning_tokens": reasoning,
    }
    made = langfuse.usage(use)
    assert sum(n for kind, n in made.items() if kind != "total") == made["total"]


def test_a_failed_step_says_why():
    made = langfuse.settled_attributes({"code": "invalid", "message": "No.", "spent": {}}, now())
    assert made["langfuse.observation.level"] == "ERROR"
    assert made["langfuse.observation.status_message"] == "No."


def test_langfuse_gets_generations_with_cost_user_and_session_and_no_content(
    langfuse, sqlite_url, tmp_path
):
    keys = {"langfuse_public_key": PUBLIC, "langfuse_secret_key": SECRET}
    with working(sqlite_url, tmp_path, langfuse_base_url=langfuse.url, **keys) as (kernel, _):
        task_id = kernel.submit("metered", {"text": "a secret word"}, ANA)
        assert ended(kernel, task_id).state == "done"
    (one,) = spans(langfuse, name="model complete")
    assert one["langfuse.observation.type"] == "generation"
    assert one["langfuse.observation.model.name"] == "openai/m"
    assert json.loads(one["langfuse.observation.usage_details"])["total"] == 120
    assert json.loads(one["langfuse.observation.cost_details"]) == {
        "total": 9e-07,
        "input": 6e-07,
        "output": 3e-07,
    }
    assert (one["user.id"], one["session.id"]) == ("ana", "s1")
    assert one["langfuse.trace.name"] == "metered"
    assert {span["scope"] for span in langfuse.seen} == {"studio"}
    assert "secret word" not in str(langfuse.seen)
    (root,) = spans(langfuse, langfuse__internal__is_app_root=True)
    assert root["trace_id"] == one["trace_id"]


def test_without_both_keys_nothing_is_sent_and_the_log_says_so(
    langfuse, sqlite_url, caplog, tmp_path
):
    with working(sqlite_url, tmp_path, langfuse_base_url=langfuse.url) as (_, telemetry):
        assert telemetry.status() == {}
    assert "LANGFUSE_PUBLIC_KEY" in caplog.text
    assert langfuse.asked == 0


def test_keys_without_an_address_send_nothing_and_the_log_names_the_setting(langfuse, caplog):
    keys = {"langfuse_public_key": PUBLIC, "langfuse_secret_key": SECRET}
    with told(**keys, langfuse_host=langfuse.url) as telemetry:
        assert telemetry.status() == {}
    assert "LANGFUSE_BASE_URL is missing" in caplog.text
    assert langfuse.asked == 0
