"""Servers beside the studio: none by default, addressed by a URL or by parts."""

from __future__ import annotations

import pytest

from core.settings import SettingsInvalid, load


def test_nothing_is_configured_by_default():
    settings = load({}, None)
    assert settings.redis == ""
    assert settings.alert_webhook_url == settings.otel_exporter_otlp_endpoint == ""
    assert settings.langfuse_base_url == ""
    assert settings.sentry_dsn is None


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"REDIS_URL": "rediss://h:1/2"}, "rediss://h:1/2"),
        ({"REDIS_HOST": "h"}, "redis://h:6379/0"),
        ({"REDIS_HOST": "::1", "REDIS_PORT": "7"}, "redis://[::1]:7/0"),
        (
            {"REDIS_HOST": "h", "REDIS_DB": "3", "REDIS_USERNAME": "u", "REDIS_PASSWORD": "p@s/"},
            "redis://u:p%40s%2F@h:6379/3",
        ),
        ({"REDIS_HOST": "h", "REDIS_PASSWORD": "p"}, "redis://:p@h:6379/0"),
        ({"REDIS_URL": "redis://a", "REDIS_HOST": "b"}, "redis://a"),
    ],
)
def test_redis_is_named_whole_or_in_parts(given, url):
    assert load(given, None).redis == url


def test_its_password_is_never_shown():
    settings = load({"REDIS_HOST": "h", "REDIS_PASSWORD": "sesame"}, None)
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    "given",
    [
        {"REDIS_URL": "http://h"},
        {"ALERT_WEBHOOK_URL": "h"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "h:4318"},
        {"ALERT_THRESHOLDS": "half"},
        {"RATE_LIMIT_PER_MINUTE": "-1"},
        {"MODERATION": "sometimes"},
    ],
)
def test_what_cannot_be_used_is_named(given):
    with pytest.raises(SettingsInvalid) as wrong:
        load(given, None)
    assert next(iter(given)) in wrong.value.message


def test_thresholds_are_percents():
    assert load({"ALERT_THRESHOLDS": "10, 90"}, None).alert_thresholds == (10, 90)
