"""What may be set, and what it becomes."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.settings import ROOT, Settings, SettingsInvalid, load, nusd

KEYS = {"SECRET_KEY": "k" * 32, "API_KEY_SALT": "s" * 16}


def settings(**env: str) -> Settings:
    return load(env, env_file=None)


def test_nothing_set_is_a_studio_that_works_offline_on_this_machine_only():
    found = settings()
    assert found.is_local
    assert found.studio_models == ("offline",)
    assert found.database == f"sqlite:///{ROOT.as_posix()}/data/var/studio.db"
    assert not [v for name, v in found if name.endswith("_key") and v is not None]
    assert found.credentials == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_loopback_is_local(host):
    assert settings(STUDIO_HOST=host).is_local


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "studio.example"])
def test_any_other_address_is_not_local_and_needs_the_secrets(host):
    with pytest.raises(SettingsInvalid, match="SECRET_KEY and API_KEY_SALT must be set"):
        settings(STUDIO_HOST=host)
    assert not settings(STUDIO_HOST=host, **KEYS).is_local


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgres_url_gets_the_installed_driver(scheme):
    found = settings(DATABASE_URL=f"{scheme}://me:pw@db/studio")
    assert found.database == "postgresql+psycopg://me:pw@db/studio"


def test_the_data_folder_is_absolute_wherever_the_process_stands(tmp_path):
    assert settings(STUDIO_DATA_DIR="elsewhere").studio_data_dir == ROOT / "elsewhere"
    assert settings(STUDIO_DATA_DIR=str(tmp_path)).studio_data_dir == Path(tmp_path)


def test_lists_amounts_words_and_prices_are_read_as_people_write_them():
    found = settings(
        STUDIO_MODELS="openai/large, offline",
        ASK_BUDGET_USD="$1.25",
        DAILY_TOKEN_LIMIT_PER_USER="600000",
        LOG_LEVEL="debug",
        LOG_FORMAT="JSON",
        OLLAMA_HOST="127.0.0.1:11434",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1/",
        MODEL_PRICES='{"compatible/m": {"input": 0.1, "output": 2}}',
    )
    assert found.studio_models == ("openai/large", "offline")
    assert nusd(found.ask_budget_usd) == 1_250_000_000
    assert (found.log_level, found.log_format) == ("DEBUG", "json")
    assert found.credentials["OLLAMA_HOST"].get_secret_value() == "http://127.0.0.1:11434"
    assert found.credentials["OPENAI_BASE_URL"].get_secret_value() == "http://127.0.0.1:9/v1"
    assert found.model_prices == {"compatible/m": {"input": Decimal("0.1"), "output": Decimal(2)}}


def test_the_default_limits_are_the_designed_ones():
    assert settings().limits() == {
        ("org:*", "tokens", "request"): 10_000,
        ("org:*", "nusd", "request"): 500_000_000,
        ("org:*", "tokens", "day"): 5_000_000,
        ("org:*", "nusd", "day"): 100_000_000_000,
        ("team:*", "nusd", "day"): 50_000_000_000,
        ("person:*", "nusd", "hour"): 2_000_000_000,
        ("person:*", "nusd", "day"): 10_000_000_000,
        ("person:*", "tokens", "day"): 500_000,
        ("project:*", "nusd", "total"): 20_000_000_000,
        ("session:*", "nusd", "total"): 2_000_000_000,
    }


LIMITS = {
    "MAX_TOKENS_PER_REQUEST": ("org:*", "tokens", "request"),
    "MAX_COST_PER_REQUEST_USD": ("org:*", "nusd", "request"),
    "DAILY_TOKEN_LIMIT_PER_ORG": ("org:*", "tokens", "day"),
    "DAILY_COST_LIMIT_PER_ORG_USD": ("org:*", "nusd", "day"),
    "DAILY_COST_LIMIT_PER_TEAM_USD": ("team:*", "nusd", "day"),
    "HOURLY_COST_LIMIT_PER_USER_USD": ("person:*", "nusd", "hour"),
    "DAILY_COST_LIMIT_PER_USER_USD": ("person:*", "nusd", "day"),
    "DAILY_TOKEN_LIMIT_PER_USER": ("person:*", "tokens", "day"),
    "PROJECT_COST_LIMIT_USD": ("project:*", "nusd", "total"),
    "SESSION_COST_LIMIT_USD": ("session:*", "nusd", "total"),
}


@pytest.mark.parametrize(("name", "key"), LIMITS.items(), ids=LIMITS)
def test_the_environment_overrides_each_limit_and_no_other(name, key):
    changed = settings(**{name: "7"}).limits()
    assert changed[key] == (7_000_000_000 if key[1] == "nusd" else 7)
    same = settings().limits()
    assert {k for k in same if same[k] != changed[k]} == {key}


@pytest.mark.parametrize(("name", "key"), LIMITS.items(), ids=LIMITS)
def test_defaults_from_elsewhere_hold_until_the_environment_says_something(name, key):
    defaults = {name.lower(): Decimal(3)}
    most = 3_000_000_000 if key[1] == "nusd" else 3
    assert settings().limits(defaults) == {**settings().limits(), key: most}
    assert settings(**{name: "7"}).limits(defaults) == settings(**{name: "7"}).limits()


@given(st.integers(min_value=0, max_value=10**15))
def test_an_amount_in_dollars_is_exact_to_the_nano_dollar(amount):
    assert nusd(Decimal(amount) / 1_000_000_000) == amount


def test_an_amount_finer_than_a_nano_dollar_is_refused_not_rounded():
    with pytest.raises(Invalid):
        nusd(Decimal("0.0000000001"))
    with pytest.raises(SettingsInvalid, match="ASK_BUDGET_USD"):
        settings(ASK_BUDGET_USD="0.0000000001")


def test_settings_do_not_change_and_do_not_show_secrets():
    found = settings(OPENAI_API_KEY="sk-visible", DATABASE_URL="postgresql://u:visible@h/d")
    assert "visible" not in repr(found) + str(found) + found.model_dump_json()
    with pytest.raises(ValueError, match="frozen"):
        found.studio_port = 1
