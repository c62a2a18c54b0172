"""A provider's moderation endpoint: scores of categories for texts and pictures."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
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

TIMEOUT_S = 1.5  # of one request
PART_CHARS = 8_000  # of a text in one input
PARTS_MAX = 32  # inputs of one request
REQUEST_BYTES = 32_000  # of text in one request: never more tokens than the window of 32,768
AT_ONCE = 8  # requests of one judgement
REQUESTS_MAX = 64  # of one judgement; the rest is read by the built-in rules only, and that is told
NOT_TAKEN = (400, 413, 422)  # the judge is well, it is this text or picture that it does not take


@dataclass(frozen=True)
class _Asked:
    """One request."""

    inputs: list[Any]
    tokens: int


@dataclass(frozen=True)
class _Answer:
    """What one request found."""

    scores: dict[str, float]
    flagged: set[str]
    tokens: int


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
        asked = list(_asked(texts, images))
        return asyncio.run_coroutine_threadsafe(self._judge(asked), loop())

    def warm(self) -> None:
        """The client is there: seconds, once, which are not the judgement's. Never on the loop."""
        import openai

        with suppress(openai.OpenAIError, OSError, ValueError):  # the judgement tells of it
            self._client()

    def __call__(self, texts: Sequence[str], images: Sequence[str] = ()) -> Judgement:
        """The judgement, waited for. Raises Unavailable. Never call it on the loop."""
        return self.begin(texts, images).result()

    async def _judge(self, asked: Sequence[_Asked]) -> Judgement:
        """The highest scores of all requests; a note where some were not answered, or not made."""
        began, answers, problems = time.monotonic(), list[_Answer](), set[str]()
        within = asked[:REQUESTS_MAX]
        for at in range(0, len(within), AT_ONCE):
            wave = within[at : at + AT_ONCE]
            made = await asyncio.gather(*(self._ask(one) for one in wave))
            answers += [one for one in made if isinstance(one, _Answer)]
            problems |= {one for one in made if isinstance(one, str)}
            if "down" in problems:
                break
        if problems and not answers:
            raise self._silent("down" if "down" in problems else "request")
        return self._told(answers, len(asked), round((time.monotonic() - began) * 1_000))

    async def _ask(self, asked: _Asked) -> _Answer | str:
        """What one request found, or why it found nothing: "down" or "request"."""
        import openai

        try:
            async with asyncio.timeout(self._timeout_s):
                made = await self._client().moderations.create(model=self._name, input=asked.inputs)
            return _read(made.results, asked.tokens)
        except openai.APIStatusError as error:
            return "request" if error.status_code in NOT_TAKEN else "down"
        except (openai.OpenAIError, TimeoutError, OSError, ValueError, AttributeError, TypeError):
            return "down"

    def _silent(self, reason: str) -> Unavailable:
        """The error for no answer at all: the provider's own words may repeat the text or the key.

        By `reason` it is "down", or it does not take this "request" and answers others.
        """
        down = reason == "down"
        return Unavailable(
            f"The moderation of {self.model} does not {'answer' if down else 'take this content'}.",
            hint="Built-in rules are used; check the key, or set MODERATION_MODEL.",
            model=self.model,
            reason=reason,
        )

    def _told(self, answers: Sequence[_Answer], wanted: int, latency_ms: int) -> Judgement:
        only = f"{self.model} read {len(answers)} of {wanted} parts, built-in rules read all"
        use = {
            "provider": self._provider,
            "model": self.model,
            "cost_nusd": self._price.cost_nusd(Usage(prompt=sum(one.tokens for one in answers))),
            "kind": "moderation",
            "unit": "request",
            "units": len(answers),
            "latency_ms": latency_ms,
        }
        return Judgement(
            self.model,
            _highest(said for answer in answers for said in answer.scores.items()),
            tuple(sorted({category for answer in answers for category in answer.flagged})),
            (use,) if answers else (),
            only if len(answers) < wanted else "",
        )

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


def _asked(texts: Sequence[str], images: Sequence[str]) -> Iterator[_Asked]:
    """The requests: as many parts of texts in one as may be; one picture in one."""
    inputs, size = list[Any](), 0
    for part in _parts(texts):
        size += len(part.encode())
        if len(inputs) == PARTS_MAX or size > REQUEST_BYTES:
            yield _Asked(inputs, sum(map(tokens.count, inputs)))
            inputs, size = [], len(part.encode())
        inputs.append(part)
    if inputs:
        yield _Asked(inputs, sum(map(tokens.count, inputs)))
    for image in images:
        yield _Asked([{"type": "image_url", "image_url": {"url": image}}], 0)


def _parts(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        sent = text.encode("utf-8", "replace").decode()  # half a sign cannot be sent
        for at in range(0, len(sent), PART_CHARS):
            yield sent[at : at + PART_CHARS]


def _read(results: Sequence[Any], count: int) -> _Answer:
    """What one answer says. Raises ValueError when it has no scores."""
    said = [result.category_scores.model_dump(by_alias=True) for result in results]
    marks = [result.categories.model_dump(by_alias=True) for result in results]
    scores = _highest((name, float(score or 0.0)) for one in said for name, score in one.items())
    if not scores:
        raise ValueError
    return _Answer(scores, {name for one in marks for name, mark in one.items() if mark}, count)


def _highest(said: Iterable[tuple[str, float]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for category, score in said:
        scores[category] = max(scores.get(category, 0.0), score)
    return scores
