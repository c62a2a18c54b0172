"""Settings of servers beside the studio. All are empty by default: nothing listens or phones."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from pydantic import NonNegativeInt, SecretStr, field_validator
from pydantic_settings import BaseSettings

from core.settings.kinds import Usd, at

REDIS = ("redis://", "rediss://", "unix://")


class Servers(BaseSettings):
    """Redis, traces, alerts, moderation, rates: what a studio grows by."""

    redis_url: SecretStr | None = at(
        "Redis", None, "redis://user:password@host:6379/0; or the parts below"
    )
    redis_host: str = at("Redis", "", "Host of Redis; empty: none, everything stays in process")
    redis_port: int = at("Redis", 6379, "Port of Redis", ge=1, le=65_535)
    redis_db: int = at("Redis", 0, "Number of the database in Redis", ge=0)
    redis_username: str = at("Redis", "", "User of Redis")
    redis_password: SecretStr | None = at("Redis", None, "Password of Redis")

    rate_limit_anonymous_per_minute: NonNegativeInt = at(
        "Limits", 5, "Requests a minute of somebody who is not signed in"
    )
    rate_limit_per_minute: NonNegativeInt = at(
        "Limits", 20, "Requests a minute of a person, for each operation"
    )
    queue_max: int = at(
        "Limits", 100, "Tasks of one organisation that may wait in a queue", ge=1, le=100_000
    )

    moderation: Literal["policy", "local", "off"] = at(
        "Safety", "policy", "policy: as policies.yaml says; local: built-in rules only; off: none"
    )
    moderation_model: str = at(
        "Safety", "", "The provider's model that judges texts and images, e.g. "
        "PROVIDER/NAME; empty: the first provider with a key that has one",
    )  # fmt: skip

    search_keyless: bool = at(
        "Search", False, "Ask a public page of results, which needs no key, where nobody else is"
    )
    web_size_max_mb: int = at(
        "Search", 10, "Megabytes of a web page that is fetched", ge=1, le=1_000
    )
    web_timeout_s: float = at(
        "Search", 20.0, "How long a web page may take, redirects included", gt=0, le=600
    )

    alert_webhook_url: str = at("Alerts", "", "Where alerts are posted as JSON; empty: nowhere")
    alert_webhook_secret: SecretStr | None = at(
        "Alerts", None, "Signs them as Standard Webhooks do: whsec_ and base64"
    )
    alert_thresholds: tuple[int, ...] = at(
        "Alerts", (50, 80, 100), "Percent of a limit that raise an alert, separated by commas"
    )
    alert_anomaly_usd: Usd = at(
        "Alerts", Decimal("0.50"), "An hour that departs by less than this is no anomaly"
    )

    otel_exporter_otlp_endpoint: str = at(
        "Telemetry", "", "OpenTelemetry collector, e.g. http://127.0.0.1:4318; empty: none"
    )
    otel_exporter_otlp_headers: SecretStr | None = at(
        "Telemetry", None, "Headers for the collector: name=value,name=value"
    )
    otel_service_name: str = at("Telemetry", "lewis-studio", "Name of this service in traces")
    langfuse_base_url: str = at("Telemetry", "", "Address of Langfuse; empty: none")
    langfuse_public_key: SecretStr | None = at("Telemetry", None, "Public key of Langfuse")
    langfuse_secret_key: SecretStr | None = at("Telemetry", None, "Secret key of Langfuse")
    sentry_dsn: SecretStr | None = at("Telemetry", None, "Where critical errors are reported")
    environment: str = at("Telemetry", "local", "Name of this installation in traces and errors")

    @field_validator("alert_thresholds", mode="before")
    @classmethod
    def _percents(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(","))
        return value

    @field_validator("alert_webhook_url", "otel_exporter_otlp_endpoint", "langfuse_base_url")
    @classmethod
    def _address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(REDIS):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @property
    def redis(self) -> str:
        """The URL to open: REDIS_URL, or one of its parts; empty without Redis."""
        if self.redis_url:
            return self.redis_url.get_secret_value()
        if not self.redis_host:
            return ""
        password = self.redis_password.get_secret_value() if self.redis_password else ""
        who = f"{quote(self.redis_username, safe='')}:{quote(password, safe='')}@"
        host = f"[{self.redis_host}]" if ":" in self.redis_host else self.redis_host
        return f"redis://{who if who != ':@' else ''}{host}:{self.redis_port}/{self.redis_db}"
