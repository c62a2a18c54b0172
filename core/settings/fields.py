"""What can be set: every default works offline, without a key or a server."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import Invalid
from core.settings.catalogue import checked, credentials
from core.settings.kinds import Names, Usd, at, parsed
from core.settings.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
NUSD = 1_000_000_000  # nano-dollars in a dollar
SECTIONS = (
    "Studio",
    "Database",
    "Secrets",
    "Models",
    "Search",
    "Media",
    "Limits",
)  # the rest follow


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


PriceKind = Literal[
    "input", "output", "cached", "cache_write", "cache_write_1h", "reasoning",
    "audio_input", "audio_output", "image_input", "image_output",
    "batch_input", "batch_output",
    "image", "pixel", "character", "second", "query", "page",
]  # fmt: skip
Prices = Annotated[
    dict[str, dict[PriceKind, Annotated[Decimal, Field(ge=0)]]], BeforeValidator(parsed)
]

LIMITS = {  # (scope, unit, period) -> the setting that says how much
    ("org:*", "tokens", "request"): "max_tokens_per_request",
    ("org:*", "nusd", "request"): "max_cost_per_request_usd",
    ("org:*", "tokens", "day"): "daily_token_limit_per_org",
    ("org:*", "nusd", "day"): "daily_cost_limit_per_org_usd",
    ("team:*", "nusd", "day"): "daily_cost_limit_per_team_usd",
    ("person:*", "nusd", "hour"): "hourly_cost_limit_per_user_usd",
    ("person:*", "nusd", "day"): "daily_cost_limit_per_user_usd",
    ("person:*", "tokens", "day"): "daily_token_limit_per_user",
    ("project:*", "nusd", "total"): "project_cost_limit_usd",
    ("session:*", "nusd", "total"): "session_cost_limit_usd",
}


class Settings(Servers):
    """What the studio was told. The environment's name of a field is the field's, in capitals."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_file=None, hide_input_in_errors=True, validate_default=True
    )

    studio_data_dir: Path = at(
        "Studio",
        Path("data/var"),
        "Where everything it remembers is kept; a relative path starts at the project's folder",
    )
    studio_host: str = at(
        "Studio",
        "127.0.0.1",
        "Address it listens on. Any address but loopback asks for the owner's password",
    )
    studio_port: int = at("Studio", 8501, "Port it listens on", ge=1, le=65_535)
    studio_init_db: bool = at(
        "Studio", False, "The container brings the database up to date before it serves"
    )
    studio_models: Names = at(
        "Studio", ("offline",), "Models in the order they are tried, separated by commas"
    )
    log_format: Annotated[Literal["plain", "json"], BeforeValidator(_lower)] = at(
        "Studio", "plain", "How log lines on standard output are written: plain or json"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = (
        at("Studio", "INFO", "The least level that is logged: DEBUG, INFO, WARNING or ERROR")
    )

    database_url: SecretStr | None = at(
        "Database",
        None,
        "postgresql://user:password@host/name; without it SQLite in STUDIO_DATA_DIR",
    )
    database_pool_size: int = at("Database", 20, "Connections kept open", ge=1, le=500)

    secret_key: SecretStr | None = at(
        "Secrets",
        None,
        "Signs what leaves the studio; start.py writes one to .env. 32 characters or more",
        min_length=32,
    )
    api_key_salt: SecretStr | None = at(
        "Secrets",
        None,
        "Mixed into the hash of every key that is stored; start.py writes one to .env",
        min_length=16,
    )
    studio_owner_password: SecretStr | None = at(
        "Secrets",
        None,
        "The owner's password. Without it one is made at the first start and printed once",
        min_length=8,
    )
    session_idle_s: int = at("Secrets", 3_600, "A sign-in ends after this long unused", ge=60)

    model_prices: Prices = at(
        "Models",
        {},
        "Dollars a million tokens of models without a public price, as JSON: "
        '{"PROVIDER/NAME": {"input": 0.5, "output": 1.5}}; image, pixel, character, second, '
        "query and page are dollars for one",
    )
    model_timeout_s: float = at(
        "Models", 60.0, "How long a model may take to begin its answer", gt=0, le=3_600
    )
    model_idle_s: float = at(
        "Models", 20.0, "How long a model may pause in its answer", gt=0, le=3_600
    )

    max_tokens_per_request: NonNegativeInt = at("Limits", 10_000, "Tokens of one model call")
    max_cost_per_request_usd: Usd = at("Limits", Decimal("0.50"), "Cost of one step, in dollars")
    session_cost_limit_usd: Usd = at("Limits", Decimal(2), "Cost of one session, in dollars")
    project_cost_limit_usd: Usd = at("Limits", Decimal(20), "Cost of one project, in dollars")
    hourly_cost_limit_per_user_usd: Usd = at("Limits", Decimal(2), "Cost a person an hour")
    daily_cost_limit_per_user_usd: Usd = at("Limits", Decimal(10), "Cost a person a day (UTC)")
    daily_cost_limit_per_team_usd: Usd = at("Limits", Decimal(50), "Cost a team a day (UTC)")
    daily_cost_limit_per_org_usd: Usd = at("Limits", Decimal(100), "Cost an organisation a day")
    daily_token_limit_per_user: NonNegativeInt = at("Limits", 500_000, "Tokens a person a day")
    daily_token_limit_per_org: NonNegativeInt = at(
        "Limits", 5_000_000, "Tokens an organisation a day"
    )
    ask_budget_usd: Usd = at("Limits", Decimal("0.50"), "What one question may cost")
    ask_iterations: int = at("Limits", 12, "Tools one question may use", ge=1, le=100)
    approval_hours: int = at(
        "Limits", 24, "A question to a person expires after this long", ge=1, le=720
    )
    approve_above_usd: Usd | None = at(
        "Limits", None, "A step that may cost more waits for an approval; empty: none does"
    )

    credentials: dict[str, SecretStr] = Field(default_factory=dict)  # OPENAI_API_KEY -> its value
    flags: dict[str, str] = Field(default_factory=dict)  # FLAG_NAME=value, by name in small letters
    notes: tuple[str, ...] = ()  # likely typos, for the log and the doctor

    @classmethod
    def settings_customise_sources(
        cls, *_classes: Any, init_settings: Any, **_others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: nothing is read behind its back."""
        return (init_settings,)

    @field_validator("studio_data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path if path.is_absolute() else ROOT / path

    @field_validator("database_url")
    @classmethod
    def _driver(cls, url: SecretStr | None) -> SecretStr | None:
        """Plain postgres URLs get the driver that is installed."""
        if url is None:
            return None
        scheme, colon, rest = url.get_secret_value().partition("://")
        scheme = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}.get(
            scheme, scheme
        )
        if not colon or scheme not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return SecretStr(f"{scheme}://{rest}")

    @field_validator("credentials")
    @classmethod
    def _credentials(cls, given: dict[str, SecretStr]) -> dict[str, SecretStr]:
        return checked(given)

    @model_validator(mode="after")
    def _secrets_where_others_reach(self) -> Settings:
        absent = [n for n in ("secret_key", "api_key_salt") if getattr(self, n) is None]
        if absent and not self.is_local:
            names = " and ".join(name.upper() for name in absent)
            raise ValueError(
                f"{names} must be set when STUDIO_HOST lets others in; "
                "`python3 start.py setup` writes them to .env"
            )
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the studio: the owner is then signed in."""
        if self.studio_host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.studio_host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def database(self) -> str:
        """The URL to open: DATABASE_URL, or SQLite in the data folder."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.studio_data_dir / 'studio.db').as_posix()}"

    def limits(
        self, defaults: Mapping[str, Decimal | int] | None = None
    ) -> dict[tuple[str, str, str], int]:
        """The default limits: (scope, unit, period) -> most, in nano-dollars or tokens.

        `defaults` by the names of settings hold where nothing was set: policies.yaml's. Every
        step is some organisation's, so the two of one request hold for all steps.
        """
        told = {n: most for n, most in (defaults or {}).items() if n not in self.model_fields_set}
        return {
            key: nusd(Decimal(most)) if key[1] == "nusd" else int(most)
            for key, most in (
                (key, told[name] if name in told else getattr(self, name))
                for key, name in LIMITS.items()
            )
        }


def nusd(usd: Decimal) -> int:
    """Whole nano-dollars of an amount in dollars, exactly. Raises Invalid for a finer amount."""
    amount = usd * NUSD
    if amount != int(amount):
        raise Invalid(f"{usd} USD is finer than a nano-dollar.", hint="Use at most 9 decimals.")
    return int(amount)


@cache
def settable() -> dict[str, FieldInfo]:
    """What the environment may set, by section: our own fields and every credential."""
    own = {n: field for n, field in Settings.model_fields.items() if field.json_schema_extra}
    given = {name.lower(): field for name, field in credentials().items()}
    sections = list(dict.fromkeys([*SECTIONS, *map(section, own.values())]))
    found = sorted({**given, **own}.items(), key=lambda item: sections.index(section(item[1])))
    return dict(found)


def section(field: FieldInfo) -> str:
    """The section it is listed in."""
    extra = field.json_schema_extra
    return str(extra["section"]) if isinstance(extra, dict) else ""


def is_secret(field: FieldInfo) -> bool:
    """Whether its value is never shown and may come from a file."""
    return SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
