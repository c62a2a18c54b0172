"""Models reached through LiteLLM, in process, on the kernel's one event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Invalid, StudioError
from core.kernel import Call
from core.llm import pricing
from core.llm.arrival import Arrival
from core.llm.chain import structured
from core.llm.config import ModelSettings
from core.llm.hosted import failures, wire
from core.llm.hosted.bridge import load, tokenizers
from core.llm.provider import Request
from core.settings.catalogue import Entry


@dataclass(frozen=True)
class Route:
    """Where a model is: LiteLLM's dialect, the address and the key. Its repr shows no key."""

    dialect: str  # "openai", "anthropic", ...
    base_url: str
    key: str

    def __repr__(self) -> str:
        return f"Route({self.dialect!r}, {self.base_url!r})"


@dataclass(frozen=True)
class Hosted:
    """A provider by its entry of data/providers.yaml. It reads no credential but its own."""

    name: str
    entry: Entry
    counts_by_rule: bool = False

    @property
    def setting(self) -> str:
        """The setting without which it is absent."""
        return self.entry.setting

    def route(self, config: ModelSettings) -> Route:
        """Its dialect, its address and its own key."""
        entry, base = self.entry, self.entry.address(config.credential)
        key = config.credential(entry.key) or entry.keyless
        return Route(entry.dialect, base and base + entry.path, key)

    def missing(self, config: ModelSettings) -> str:
        """The setting that is not set, or nothing."""
        return self.entry.missing(config.credential)

    def price(self, model: str, *, chat: bool = True) -> pricing.Price | None:
        """The published price. Raises Invalid for no model, and for one that is not for `chat`."""
        entry = self.entry
        if not model:
            raise Invalid(f"{self.name!r} is a provider.", hint=f"Name a model: {self.name}/NAME.")
        if entry.free or entry.published is None:
            return pricing.FREE if entry.free else None
        named = entry.published + model
        if chat and (purpose := pricing.purpose(named, entry.dialect)):
            raise Invalid(
                f"The model '{self.name}/{model}' is made for {purpose}, not for conversation.",
                hint="Name a model that answers in words.",
            )
        return pricing.known(named, entry.dialect)

    def warm(self) -> None:
        """LiteLLM and the tokenizers are loaded. Never call it on the loop."""
        load()
        tokenizers()

    def answer(self, config: ModelSettings, request: Request, arrival: Arrival, call: Call) -> None:
        """The stream has ended and `arrival` has all of it; raises as `Provider.answer` says."""
        self.warm()
        own = config.only(self.entry.key, self.entry.url)
        request = self._fitted(request)
        call.wait((self._stream if request.stream else self._whole)(own, request, arrival))

    def _fitted(self, request: Request) -> Request:
        """Without what is lost where LiteLLM asks a model for responses instead of chat."""
        from litellm.main import responses_api_bridge_check
        from litellm.utils import supports_native_streaming

        dialect, schema = self.entry.dialect, request.response
        about, name = responses_api_bridge_check(request.model, dialect)
        if about.get("mode") != "responses":
            return request
        # A stream that it only plays brings each call of a tool twice, and no word of a cut.
        stream = request.stream and supports_native_streaming(name, dialect)
        # Any JSON may be ordered on that wire only with the word in what people said.
        is_open = schema is not None and structured.is_open(schema)
        return replace(request, stream=stream, response=None if is_open else schema)

    async def _whole(self, config: ModelSettings, request: Request, arrival: Arrival) -> None:
        """The answer in one piece: less work for both sides, nothing kept of one that is cut."""
        import httpx
        import litellm
        import openai

        model = f"{self.name}/{request.model}"
        try:
            async with asyncio.timeout(config.timeout_s):
                arrival.sent = True
                made = await litellm.acompletion(**self._given(request, config))
        except TimeoutError:
            raise failures.timed_out(model) from None
        except (openai.OpenAIError, httpx.HTTPError) as error:
            if failures.is_unreadable(error):
                raise failures.unreadable(model) from None
            raise self.failure(error, model, config, arrival) from None
        wire.take_whole(made, arrival)
        arrival.first_at = None  # all came at once

    async def _stream(self, config: ModelSettings, request: Request, arrival: Arrival) -> None:
        import httpx
        import litellm
        import openai

        model, stream = f"{self.name}/{request.model}", None
        try:
            async with asyncio.timeout(config.timeout_s) as patience:
                arrival.sent = True
                stream = await litellm.acompletion(**self._given(request, config))
                async for chunk in stream:  # pyright: ignore[reportGeneralTypeIssues]
                    wire.take(chunk, arrival)
                    if arrival.begun:  # until then it thinks, however soon it says so
                        patience.reschedule(asyncio.get_running_loop().time() + config.idle_s)
        except TimeoutError:
            raise failures.timed_out(model) from None
        except (openai.OpenAIError, httpx.HTTPError) as error:
            raise self.failure(error, model, config, arrival) from None
        finally:
            usage = wire.counted(getattr(stream, "chunks", ()))
            arrival.usage = usage if usage and usage.prompt else None  # nobody sends nothing
            if stream is not None:
                with suppress(openai.OpenAIError, httpx.HTTPError, RuntimeError):
                    # The connection ends with the stream.
                    await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        end = _end(stream)
        if not end:
            arrival.finish_reason = ""
            raise failures.cut(model)
        wire.settle(arrival, end)

    def _given(self, request: Request, config: ModelSettings) -> dict[str, Any]:
        """LiteLLM's parameters. Key and address always, so it never looks for its own."""
        route = self.route(config)
        asked = wire.asked(request, self.entry, config.timeout_s)
        at = {"api_base": route.base_url, "api_key": route.key}
        return {"model": f"{route.dialect}/{request.model}", **at, **asked}

    def failure(
        self, error: Exception, model: str, config: ModelSettings, arrival: Arrival
    ) -> StudioError:
        """What went wrong, as an error of ours; `arrival.sent` is then whether it was billed."""
        import httpx
        import openai

        causes = failures.causes_of(error)
        # One that stood and was reset is called so too; what was sent on it may have been heard.
        reset = any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes)
        if not reset and any(isinstance(cause, httpx.ConnectError) for cause in causes):
            arrival.sent = False
            return failures.unreachable(model)
        broken = any(isinstance(cause, httpx.TransportError) for cause in causes)
        status = None if broken else failures.status_of(causes)
        if not arrival.begun and status:
            arrival.sent = False  # an error instead of an answer is not billed
            return failures.of_status(error, model, self.setting, config.secrets(), status=status)
        if isinstance(error, openai.APITimeoutError):
            return failures.timed_out(model)
        return failures.cut(model)


def _end(stream: Any) -> str:
    """Why the provider stopped, in its words; where it is silent LiteLLM would make up a "stop"."""
    known = ("received_finish_reason", "intermittent_finish_reason")
    return next((str(end) for name in known if (end := getattr(stream, name, None))), "")
