"""The whole file: all of it or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.governance.policies.document import Document, Limits, load, load_entry
from core.governance.policies.lines import Faulty
from core.governance.policies.live import FILE
from core.kernel.policies import Policy
from core.llm import Gateway
from core.settings import load as load_settings
from core.settings.fields import LIMITS

GOOD = """
version: 1
limits:
  max_cost_per_request_usd: 0.25
  daily_token_limit_per_user: 1_000
use_cases:
  lead_scoring:
    description: Score a lead
    temperature: 0.3
    models:
      - studio
"""


def trouble(text: str, **checks):
    with pytest.raises(Faulty) as caught:
        load(text, checks)
    return caught.value.trouble


def test_a_good_file_is_read_whole():
    found = load(GOOD)
    assert dict(found.limits) == {
        "max_cost_per_request_usd": Decimal("0.25"),
        "daily_token_limit_per_user": 1_000,
    }
    assert found.use_cases["lead_scoring"].changes == {"temperature": 0.3, "models": ["studio"]}
    assert found.use_cases["lead_scoring"].description == "Score a lead"


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("version: 1", "version: 2", 2, "version"),
        ("version: 1", "verson: 1", 1, "version"),
        ("limits:", "limit:", 3, "limit"),
        ("0.25", "-1", 4, "limits.max_cost_per_request_usd"),
        ("0.25", "yes", 4, "limits.max_cost_per_request_usd"),
        ("1_000", "1.5", 5, "limits.daily_token_limit_per_user"),
        ("daily_token_limit_per_user", "monthly", 5, "limits.monthly"),
        ("temperature: 0.3", "temperature: warm", 9, "use_cases.lead_scoring.temperature"),
        ("    models:", "    model:", 10, "use_cases.lead_scoring.model"),
        ("- studio", "- ''", 10, "use_cases.lead_scoring.models"),
    ],
)
def test_a_mistake_anywhere_refuses_all_of_it_and_names_field_and_line(old, new, line, field):
    found = trouble(GOOD.replace(old, new, 1))
    assert (found.line, found.field) == (line, field)


def test_a_model_nobody_knows_or_priced_is_told_at_its_own_line_and_its_way_out():
    found = trouble(GOOD + "      - openai/made-up\n", models=Gateway().price)
    assert (found.line, found.field) == (12, "use_cases.lead_scoring.models.1")
    assert "MODEL_PRICES" in found.message
    found = trouble(GOOD + "      - studio\n      - nowhere/x\n", models=Gateway().price)
    assert (found.line, "nowhere" in found.message) == (13, True)


@pytest.mark.parametrize(
    "text", ["", "[]", "words", "version: 1\nuse_cases: [a]", "version: 1\nlimits: 5"]
)
def test_what_is_no_file_of_policies_is_refused(text):
    assert trouble(text).message


@pytest.mark.parametrize(
    "field",
    ["daily_tokens: 99999999999999999999", "tokens_max: 0xffffffffffffffffffff",
     "cache_ttl_s: 1_000_000_000_000", "memory: {type: lead, ttl_s: 1_000_000_000_000}"],
)  # fmt: skip
def test_an_amount_that_no_part_could_count_is_refused_before_it_holds(field):
    with pytest.raises(Faulty, match="less than or equal"):
        load(f"version: 1\nuse_cases:\n  mail: {{{field}}}\n")


@pytest.mark.parametrize("name", ["''", '"a:b"', '"a\\u202eb"', "x" * 81])
def test_a_use_case_has_a_name_that_can_be_read(name):
    with pytest.raises(Faulty, match=r"line 3: .*no name of a use case"):
        load(f"version: 1\nuse_cases:\n  {name}: {{daily_usd: 1}}\n")


def test_one_use_case_alone_is_read_with_its_lines():
    assert load_entry("temperature: 0.1\nrequest_usd: 0.5") == {
        "temperature": 0.1, "request_usd": 0.5,
    }  # fmt: skip
    assert load_entry("") == {}
    with pytest.raises(Faulty) as caught:
        load_entry("temperature: 0.1\ntokens_max: 0")
    assert (caught.value.trouble.line, caught.value.trouble.field) == (2, "tokens_max")


# --- the file that is delivered


@pytest.fixture(scope="module")
def delivered() -> Document:
    return load(FILE.read_text("utf-8"), {"models": Gateway().price})


def policy(delivered: Document, name: str) -> Policy:
    return Policy.model_validate(dict(delivered.use_cases[name].changes))


def test_the_delivered_limits_are_all_limits_and_the_designed_ones(delivered):
    assert set(delivered.limits) == set(LIMITS.values()) == set(Limits.model_fields)
    settings = load_settings({}, None)
    assert settings.limits(delivered.limits) == settings.limits()


def test_every_delivered_use_case_works_without_a_key(delivered):
    assert set(delivered.use_cases) == {
        "lead_scoring", "email_generation", "campaign_strategy", "conversation", "insight",
        "creative_script", "decision",
    }  # fmt: skip
    for name, entry in delivered.use_cases.items():
        assert entry.changes["models"][-1] == "studio"
        assert entry.description
        assert policy(delivered, name).budget_nusd


def test_lead_scoring_is_cool_and_structured(delivered):
    found = policy(delivered, "lead_scoring")
    assert (found.models[0], found.temperature) == ("openai/gpt-4.1-mini", 0.3)
    assert found.structured


def test_email_generation_is_creative(delivered):
    found = policy(delivered, "email_generation")
    assert (found.models[0], found.temperature) == ("openai/gpt-4.1", 0.8)


def test_campaign_strategy_has_tools_and_streams(delivered):
    found = policy(delivered, "campaign_strategy")
    assert (found.temperature, found.streaming, found.tools) == (0.7, True, None)
    assert found.iterations_max


def test_conversation_remembers_looks_up_and_has_tools(delivered):
    found = policy(delivered, "conversation")
    assert (found.temperature, found.memory.type, found.tools) == (0.7, "conversation", None)
    assert found.retrieval.collections
    assert found.memory.ttl_s
