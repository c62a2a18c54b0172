"""A provider's moderation endpoint: scores of categories for texts and pictures."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from core.errors import Invalid, Unavailable
from core.kernel.calls import loop
from core.llm import tokens
from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route
from core.llm.messages import Usage
from core.llm.pricing import Price, from_settings, unpriced
from core.llm.provider import discover
from core.safety.findings import Judgement

TIMEOUT_S = 1.5  # of everything about one judgement
PART_CHARS = 8_000  # of a text in one input
PARTS_MAX = 32  # the rest of a very long text is read by the built-in rules only


class Moderation:
    """Judges by one model of a provider that speaks OpenAI's `/moderations`."""

    def __init__(self, config: ModelSettings, model: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.model = model
        self._provider, _, self._name = model.partition("/")
        provider = _provider(config, self._provider)
        self._route: Route = provider.route(config)
        self._price = _price(config, model, provider, self._name)
        self._timeout_s = timeout_s
        self._made: list[Any] = []
        self._lock = threading.Lock()

    def begin(self, texts: Sequence[str], images: Sequence[str]) -> Future[Judgement]:
        """The judgement, soon; the future raises Unavailable when it does not come in time.

        The first one of a process loads the client here, in the caller's thread.
        """
        self.warm()
        return asyncio.run_coroutine_threadsafe(self._judge(texts, images), loop())

    def warm(self) -> None:
        """The client is there: seconds, once, which are not the judgement's. Never on the loop."""
        import openai

        with suppress(openai.OpenAIError, OSError, ValueError):  # the judgement tells of it
            self._client()

    def __call__(self, texts: Sequence[str], images: Sequence[str] = ()) -> Judgement:
        """The judgement, waited for. Raises Unavailable. Never call it on the loop."""
        return self.begin(texts, images).result()

    async def _judge(self, texts: Sequence[str], images: Sequence[str]) -> Judgement:
        import openai

        parts = list(_parts(texts))
        inputs: list[Any] = [parts] if parts else []
        inputs += [[{"type": "image_url", "image_url": {"url": image}}] for image in images]
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                client = self._client()
                made = await asyncio.gather(
                    *(client.moderations.create(model=self._name, input=one) for one in inputs)
                )
            results = [result for answer in made for result in answer.results]
            return self._told(
                results, parts, len(inputs), round((time.monotonic() - began) * 1_000)
            )
        except (openai.OpenAIError, TimeoutError, OSError, ValueError, AttributeError, TypeError):
            raise Unavailable(  # the error's own words may repeat the text or the key
                f"The moderation of {self.model} does not answer.",
                hint="Built-in rules are used; check the key, or set MODERATION_MODEL.",
                model=self.model,
                reason="down",
            ) from None

    def _told(
        self, results: Sequence[Any], parts: Sequence[str], requests: int, latency_ms: int
    ) -> Judgement:
        scores: dict[str, float] = {}
        flagged: set[str] = set()
        for result in results:
            said: dict[str, Any] = result.category_scores.model_dump(by_alias=True)
            for category, score in said.items():
                scores[category] = max(scores.get(category, 0.0), float(score or 0.0))
            marks: dict[str, Any] = result.categories.model_dump(by_alias=True)
            flagged |= {category for category, mark in marks.items() if mark}
        if requests and not scores:
            raise ValueError
        count = sum(tokens.count(part) for part in parts)
        use = {
            "provider": self._provider,
            "model": self.model,
            "cost_nusd": self._price.cost_nusd(Usage(prompt=count)),
            "kind": "moderation",
            "unit": "request",
            "units": requests,
            "latency_ms": latency_ms,
        }
        return Judgement(self.model, scores, tuple(sorted(flagged)), (use,) if requests else ())

    def _client(self) -> Any:
        """One client, made with all it imports later; its connections live on the loop."""
        import openai

        with self._lock:
            if not self._made:
                key, url = self._route.key, self._route.base_url
                client = openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0)
                _ = client.moderations.create  # imported when it is looked at
                self._made.append(client)
            return self._made[0]


def open_moderation(
    config: ModelSettings, model: str = "", *, timeout_s: float = TIMEOUT_S
) -> Moderation | None:
    """The judge of this name, or of the first provider with a key that has one; None without.

    Raises Invalid for a name that cannot be used.
    """
    if model:
        return Moderation(config, model, timeout_s=timeout_s)
    for name, provider in _hosted().items():
        if provider.entry.moderation and not provider.missing(config):
            return Moderation(config, f"{name}/{provider.entry.moderation}", timeout_s=timeout_s)
    return None


def _hosted() -> dict[str, Hosted]:
    known = discover()
    return {name: found for name in known if isinstance(found := known[name], Hosted)}


def _provider(config: ModelSettings, name: str) -> Hosted:
    """The provider of a judge. Raises Invalid when it is none, or has no key."""
    provider = _hosted().get(name)
    missing = provider.missing(config) if provider else "a provider that has one"
    if provider is None or missing:
        raise Invalid(
            f"MODERATION_MODEL cannot be used: {name} needs {missing}.",
            hint="Set it, or leave MODERATION_MODEL empty.",
        )
    return provider


def _price(config: ModelSettings, model: str, provider: Hosted, name: str) -> Price:
    if model in config.prices:
        return from_settings(config.prices[model], model)
    found = provider.price(name, chat=False)
    if found is None:
        raise unpriced(model)
    return found


def _parts(texts: Sequence[str]) -> Iterator[str]:
    left = PARTS_MAX
    for text in texts:
        for at in range(0, len(text), PART_CHARS):
            if left == 0:
                return
            left -= 1
            yield text[at : at + PART_CHARS]
