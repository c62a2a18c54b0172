"""What the gateway is told: keys, addresses, prices, patience. Never read from the environment."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from core.settings.catalogue import WEB, checked

SECRET_MIN = 8  # characters; a shorter one is part of ordinary words


class ModelPrice(BaseModel):
    """What a model costs: tokens in USD a million, other units in USD each.

    Kinds of tokens left out cost what their parent does: `cached` what `input` does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Decimal | None = Field(default=None, ge=0)
    output: Decimal | None = Field(default=None, ge=0)
    cached: Decimal | None = Field(default=None, ge=0, description="Input read from a cache")
    cache_write: Decimal | None = Field(default=None, ge=0, description="Input put into a cache")
    cache_write_1h: Decimal | None = Field(default=None, ge=0, description="... for an hour")
    reasoning: Decimal | None = Field(default=None, ge=0, description="Output that only thinks")
    audio_input: Decimal | None = Field(default=None, ge=0)
    audio_output: Decimal | None = Field(default=None, ge=0)
    image_input: Decimal | None = Field(default=None, ge=0)
    image_output: Decimal | None = Field(default=None, ge=0)
    batch_input: Decimal | None = Field(default=None, ge=0, description="Input within a batch")
    batch_output: Decimal | None = Field(default=None, ge=0, description="Output within a batch")
    image: Decimal | None = Field(default=None, ge=0, description="One image")
    pixel: Decimal | None = Field(default=None, ge=0, description="One pixel of an image")
    character: Decimal | None = Field(default=None, ge=0, description="One character spoken")
    second: Decimal | None = Field(default=None, ge=0, description="One second of sound or film")
    query: Decimal | None = Field(
        default=None,
        ge=0,
        description="One search or ranking, or each request of a model that searches",
    )
    page: Decimal | None = Field(default=None, ge=0, description="One page read")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for one, other in (("input", "output"), ("batch_input", "batch_output")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} belong together")
        if not self.model_dump(exclude_none=True):
            raise ValueError("a price names what it is for")
        return self


class ModelSettings(BaseModel):
    """The models a studio may use. Every default works offline."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    models: tuple[str, ...] = ("offline",)  # the default chain; checked when the gateway opens
    credentials: Annotated[dict[str, SecretStr], AfterValidator(checked)] = Field(
        default_factory=dict, description="Keys and addresses, by the names of data/providers.yaml"
    )
    prices: dict[str, ModelPrice] = Field(default_factory=dict, description="By model name")
    timeout_s: float = Field(default=60, gt=0, description="Until the first words arrive")
    idle_s: float = Field(default=20, gt=0, description="Between two pieces of a stream")

    def credential(self, name: str) -> str:
        """The value of a key or an address ("MISTRAL_API_KEY"), or nothing where it is not set."""
        found = self.credentials.get(name)
        return found.get_secret_value() if found else ""

    def only(self, *names: str) -> ModelSettings:
        """The same settings with these credentials and no others."""
        kept = {name: value for name, value in self.credentials.items() if name in names}
        return self.model_copy(update={"credentials": kept})

    def secrets(self) -> list[str]:
        """What must never be seen: keys, and of addresses their password; no short words."""
        values = [value.get_secret_value() for value in self.credentials.values()]
        hidden = [_password(value) if value.startswith(WEB) else value for value in values]
        return [value for value in hidden if len(value) >= SECRET_MIN]


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return address
