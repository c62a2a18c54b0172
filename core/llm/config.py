"""What the gateway is told: keys, addresses, prices, patience. Never read from the environment."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ModelPrice(BaseModel):
    """What a model costs, in USD per million tokens. Kinds left out cost what their parent does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0, description="Input read from a cache")
    cache_write: Decimal | None = Field(default=None, ge=0, description="Input put into a cache")
    reasoning: Decimal | None = Field(default=None, ge=0, description="Output that only thinks")


class ModelSettings(BaseModel):
    """The models a studio may use. Every default works offline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = ("offline",)  # the default chain; checked when the gateway opens
    openai_api_key: SecretStr | None = None
    openai_base_url: str = ""
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str = ""
    mistral_api_key: SecretStr | None = None
    mistral_base_url: str = ""
    openrouter_api_key: SecretStr | None = None
    openrouter_base_url: str = ""
    ollama_host: str = ""  # "http://127.0.0.1:11434"
    compatible_base_url: str = ""  # any server that speaks OpenAI's chat completions, with /v1
    compatible_api_key: SecretStr | None = None
    prices: dict[str, ModelPrice] = Field(default_factory=dict, description="By model name")
    timeout_s: float = Field(default=60, gt=0, description="Until the first words arrive")
    idle_s: float = Field(default=20, gt=0, description="Between two pieces of a stream")

    def secrets(self) -> list[str]:
        """The values that must never be seen."""
        values = (value for _, value in self if isinstance(value, SecretStr))
        return [secret for value in values if (secret := value.get_secret_value())]
