"""Where settings come from, and what is said of the ones that cannot be used."""

import pytest

from core.settings import Settings, SettingsInvalid, load


def settings(**env: str) -> Settings:
    return load(env, env_file=None)


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text("STUDIO_PORT=9001\nLOG_LEVEL=DEBUG\nFLAG_INSIGHT=off\n")
    found = load({"STUDIO_PORT": "9002", "FLAG_OTHER": "on"}, env_file=file)
    assert (found.studio_port, found.log_level) == (9002, "DEBUG")
    assert found.flags == {"insight": "off", "other": "on"}


def test_an_empty_value_is_the_default_and_does_not_hide_the_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text("STUDIO_PORT=9001\n")
    assert load({"STUDIO_PORT": " ", "OPENAI_API_KEY": ""}, env_file=file).studio_port == 9001
    assert settings(OPENAI_API_KEY="").credentials == {}


def test_a_dollar_sign_in_a_password_is_a_dollar_sign(tmp_path):
    file = tmp_path / ".env"
    file.write_text("STUDIO_OWNER_PASSWORD=pa$HOME${x}word\n")
    found = load({}, env_file=file).studio_owner_password
    assert found
    assert found.get_secret_value() == "pa$HOME${x}word"


def test_each_secret_may_come_from_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from-a-file\n")
    found = settings(OPENAI_API_KEY_FILE=str(secret)).credentials["OPENAI_API_KEY"]
    assert found
    assert found.get_secret_value() == "from-a-file"


def test_the_environments_secret_file_wins_over_dotenvs_secret(tmp_path):
    secret, file = tmp_path / "key", tmp_path / ".env"
    secret.write_text("from-a-file")
    file.write_text("OPENAI_API_KEY=from-dotenv\n")
    found = load({"OPENAI_API_KEY_FILE": str(secret)}, env_file=file).credentials["OPENAI_API_KEY"]
    assert found
    assert found.get_secret_value() == "from-a-file"


def test_a_secret_set_twice_or_in_no_file_or_in_an_empty_one_ends_the_start(tmp_path):
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsInvalid, match="OPENAI_API_KEY and OPENAI_API_KEY_FILE are both"):
        settings(OPENAI_API_KEY="a", OPENAI_API_KEY_FILE="b")
    with pytest.raises(SettingsInvalid, match="OPENAI_API_KEY_FILE names a file that cannot"):
        settings(OPENAI_API_KEY_FILE=str(tmp_path / "absent"))
    with pytest.raises(SettingsInvalid, match="OPENAI_API_KEY_FILE names an empty file"):
        settings(OPENAI_API_KEY_FILE=str(tmp_path / "empty"))


WRONG = {
    "STUDIO_PORT": "abc",
    "LOG_LEVEL": "loud",
    "LOG_FORMAT": "xml",
    "DATABASE_URL": "mysql://u:canary@h/d",
    "SECRET_KEY": "canary",
    "STUDIO_OWNER_PASSWORD": "canary",
    "ASK_BUDGET_USD": "-1",
    "ASK_ITERATIONS": "0",
    "OPENAI_BASE_URL": "127.0.0.1",
    "MODEL_PRICES": '{"m": {"wrong": 1}}',
    "DAILY_COST_LIMIT_PER_USER_USD": "NaN",
    "STUDIO_INIT_DB": "perhaps",
    "STUDIO_MODELS": "offline,,",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_told_by_name_with_a_way_out_and_without_secrets(name):
    with pytest.raises(SettingsInvalid) as caught:
        settings(**{name: WRONG[name]})
    assert name in caught.value.message
    assert "the environment" in caught.value.message
    assert ".env.example" in caught.value.hint
    assert "canary" not in f"{caught.value} {caught.value.__cause__} {caught.value.details}"


def test_all_wrong_values_are_told_at_once():
    with pytest.raises(SettingsInvalid) as caught:
        settings(STUDIO_PORT="0", ASK_ITERATIONS="x", STUDIO_PROT="1")
    told = str(caught.value)
    assert "STUDIO_PORT" in told
    assert "ASK_ITERATIONS" in told
    assert "Did you mean STUDIO_PORT?" in told


def test_an_unknown_name_of_ours_is_a_likely_typo_and_others_are_not_ours(tmp_path):
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KYE=x\nHARMLESS=1\n")
    notes = load({"STUDIO_PROT": "1", "OPENAI_ORG": "x", "PATH": "/"}, env_file=file).notes
    assert notes == (
        "OPENAI_API_KYE in .env is not a setting. Did you mean OPENAI_API_KEY?",
        "STUDIO_PROT in the environment is not a setting. Did you mean STUDIO_PORT?",
    )


def test_a_file_that_is_no_text_is_told_by_its_name(tmp_path):
    file = tmp_path / ".env"
    file.write_bytes(b"SECRET_KEY=\xff\xfe\n")
    with pytest.raises(SettingsInvalid, match=r"\.env cannot be read"):
        load({}, env_file=file)
