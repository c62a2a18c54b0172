"""The way to a model that is not chat: whose it is, where, by which key; one try and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from core.errors import Invalid, Unavailable
from core.kernel import Call
from core.llm.config import ModelSettings
from core.llm.gateway import Gateway
from core.llm.hosted import Hosted, failures
from core.llm.hosted.bridge import load
from core.llm.media.doors import Bill
from core.settings.catalogue import catalogue

CHAINS = Path(__file__).resolve().parents[3] / "data" / "media.yaml"
SDK = "openai"  # the dialect that its own SDK speaks
KINDS = Literal["image", "speech", "transcription", "video", "rerank", "embeddings"]


@dataclass(frozen=True)
class Place:
    """One model of a chain, and its provider. Its repr shows no key."""

    model: str  # "openai/gpt-image-2"
    hosted: Hosted
    config: ModelSettings  # with the provider's own credentials only

    @property
    def name(self) -> str:
        """What the provider calls it."""
        return self.model.partition("/")[2]

    def __repr__(self) -> str:
        return f"Place({self.model!r})"


def places(llm: Gateway, kind: str, models: Sequence[str]) -> list[Place]:
    """The models to ask, in order: those named, or those of data/media.yaml for this kind.

    Raises NotFound for no such provider, Invalid for one that cannot, Unavailable with the
    settings to make when none is configured.
    """
    named = list(dict.fromkeys(models or chains().get(kind, ())))
    found = [_place(llm, kind, model) for model in named]
    present = [place for place in found if not place.hosted.missing(place.config)]
    if present:
        return present
    absent = list(dict.fromkeys(place.hosted.setting for place in found))
    hint = f"Set {' or '.join(absent)}." if absent else "Name a model of a provider with a key."
    raise Unavailable(
        f"Nobody is configured for {kind}.",
        hint=f"{hint} Nothing is made up in its place.",
        reason="absent",
    )


@cache
def chains(file: Path = CHAINS) -> Mapping[str, tuple[str, ...]]:
    """Kind -> the models that are asked where nobody names one. Raises Invalid for a bad file."""
    shape: TypeAdapter[Any] = TypeAdapter(dict[KINDS, tuple[str, ...]])
    try:
        return shape.validate_python(yaml.safe_load(file.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        hint = f"A line is `kind: [PROVIDER/NAME, ...]`; kinds are {', '.join(get_args(KINDS))}."
        first = error.errors()[0]["loc"][0] if isinstance(error, ValidationError) else "its YAML"
        raise Invalid(f"{file.name} cannot be used: see {first}.", hint=hint) from None


def ask(call: Call, bill: Bill, place: Place, door: str, *, timeout_s: float, **given: Any) -> Any:
    """What LiteLLM's `door` answers, asked once. Raises core.errors classes only.

    Afterwards `bill.sent` says whether it may have cost something.
    """
    litellm = load()  # seconds, once; never on the loop
    litellm.DEFAULT_MAX_RETRIES = 0  # some of its doors take "none" for "as many as usual"
    where = {**given, **reached(place, timeout_s)}
    return tried(call, bill, place, lambda: getattr(litellm, door)(**where), timeout_s)


def ask_sdk(
    call: Call,
    bill: Bill,
    place: Place,
    act: Callable[[Any], Awaitable[Any]],
    *,
    timeout_s: float,
) -> Any:
    """What the SDK of OpenAI's dialect gives, asked once: some of LiteLLM's doors ask thrice."""
    from openai import AsyncOpenAI

    route = place.hosted.route(place.config)

    async def asked() -> Any:
        headers = {"Idempotency-Key": call.key}
        async with AsyncOpenAI(
            api_key=route.key,
            base_url=route.base_url,
            max_retries=0,
            timeout=timeout_s,
            default_headers=headers,
        ) as client:
            return await act(client)

    return tried(call, bill, place, asked, timeout_s)


def tried(
    call: Call, bill: Bill, place: Place, act: Callable[[], Awaitable[Any]], timeout_s: float
) -> Any:
    """What `act` gives on the shared loop, in time; its errors as a person can act on them."""
    import httpx
    import openai

    async def within() -> Any:
        async with asyncio.timeout(timeout_s):
            return await act()

    bill.sent = True
    try:
        return call.wait(within())
    except (TimeoutError, openai.APITimeoutError):
        raise failures.timed_out(place.model) from None
    except (openai.OpenAIError, httpx.HTTPError) as error:
        if failures.is_unreadable(error):
            raise garbled(place) from None
        about: Any = (error, place.model, place.config, bill)
        raise place.hosted.failure(*about) from None  # the same failures as chat's
    except ValueError:  # no JSON, or JSON of another shape
        raise garbled(place) from None


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """Whatever is missing in an answer that is being read is one error: it cannot be used."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise garbled(place) from None


def garbled(place: Place) -> Unavailable:
    """What came is nothing that can be used."""
    return Unavailable(
        f"The answer of {place.model!r} cannot be used.",
        hint="Try again, or put another model behind it in the chain.",
        model=place.model,
        reason="garbled",
    )


def reached(place: Place, timeout_s: float) -> dict[str, Any]:
    """LiteLLM's parameters of every door. Key and address always: it never looks for its own."""
    route = place.hosted.route(place.config)
    where = {"api_base": route.base_url, "api_key": route.key}
    once = {"max_retries": 0, "num_retries": 0, "timeout": timeout_s}
    return {"model": f"{route.dialect}/{place.name}", **where, **once}


def _place(llm: Gateway, kind: str, model: str) -> Place:
    provider, _, name = model.partition("/")
    entry = catalogue().get("media", {}).get(provider)
    found = Hosted(provider, entry) if entry else llm.provider(model)[0]
    if not isinstance(found, Hosted) or not name:
        hint = "Name a model of a hosted provider: PROVIDER/NAME."
        raise Invalid(f"{model!r} cannot be asked for {kind}.", hint=hint, reason="request")
    return Place(model, found, llm.config.only(found.entry.key, found.entry.url))
