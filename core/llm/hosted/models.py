"""Models reached through LiteLLM, in process, on the kernel's one event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from core.errors import Invalid
from core.kernel import Call
from core.llm import pricing
from core.llm.arrival import Arrival
from core.llm.config import ModelSettings
from core.llm.hosted import failures
from core.llm.hosted.bridge import load
from core.llm.messages import Message, ToolSpec, Usage
from core.llm.provider import Request


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
    """A provider by configuration. `setting` names what is missing when it is absent."""

    name: str
    setting: str
    route: Callable[[ModelSettings], Route]
    published: str | None = None  # prefix of its models in the price map; None: not in it
    free: bool = False
    counts_by_rule: bool = False

    def missing(self, config: ModelSettings) -> str:
        """The setting that is not set, or nothing."""
        route = self.route(config)
        return "" if route.key and route.base_url else self.setting

    def price(self, model: str) -> pricing.Price | None:
        """The published price."""
        if self.free:
            return pricing.FREE
        return None if self.published is None else pricing.known(self.published + model)

    def answer(self, config: ModelSettings, request: Request, arrival: Arrival, call: Call) -> None:
        """The stream has ended and `arrival` has all of it; raises as `Provider.answer` says."""
        if not request.model:
            raise Invalid(f"{self.name!r} is a provider.", hint=f"Name a model: {self.name}/NAME.")
        load()  # seconds, once; never on the loop
        call.wait(self._stream(config, request, arrival))

    async def _stream(self, config: ModelSettings, request: Request, arrival: Arrival) -> None:
        import httpx
        import litellm
        import openai

        model, stream = f"{self.name}/{request.model}", None
        try:
            async with asyncio.timeout(config.timeout_s) as patience:
                arrival.sent = True
                stream = await litellm.acompletion(
                    **_arguments(self.route(config), request, config)
                )
                async for chunk in stream:  # pyright: ignore[reportGeneralTypeIssues]
                    patience.reschedule(asyncio.get_running_loop().time() + config.idle_s)
                    _take(chunk, arrival)
        except (TimeoutError, openai.APITimeoutError):
            raise failures.timed_out(model) from None
        except (openai.OpenAIError, httpx.HTTPError) as error:
            raise self._failure(error, model, config, arrival) from None
        finally:
            arrival.usage = _usage(getattr(stream, "chunks", ()))
            with suppress(openai.OpenAIError, httpx.HTTPError, RuntimeError, AttributeError):
                await stream.aclose()  # pyright: ignore - the connection ends with the stream
        if not _has_ended(stream):
            arrival.finish_reason = ""
            raise failures.cut(model)

    def _failure(
        self, error: Exception, model: str, config: ModelSettings, arrival: Arrival
    ) -> Any:
        import httpx
        import openai

        causes = _causes(error)
        if any(isinstance(cause, httpx.ConnectError) for cause in causes):
            arrival.sent = False
            return failures.unreachable(model)
        answered = isinstance(error, openai.APIStatusError) and not any(
            isinstance(cause, httpx.TransportError) for cause in causes
        )
        if arrival.begun or not answered:
            return failures.cut(model)
        arrival.sent = False  # an error instead of an answer is not billed
        return failures.of_status(error, model, self.setting, config.secrets())


def _arguments(route: Route, request: Request, config: ModelSettings) -> dict[str, Any]:
    """LiteLLM's parameters. Key and address are always given, so it never looks for its own."""
    given: dict[str, Any] = {
        "model": f"{route.dialect}/{request.model}",
        "api_base": route.base_url,
        "api_key": route.key,
        "messages": [_message(message) for message in request.messages],
        "max_tokens": request.tokens_max,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},  # else nothing is counted
        "timeout": config.timeout_s,
        "num_retries": 0,  # every attempt is ours, with its own hold
        "max_retries": 0,
        "drop_params": True,  # some models accept no temperature
    }
    if request.tools:
        given["tools"] = [_tool(tool) for tool in request.tools]
    return given


def _message(message: Message) -> dict[str, Any]:
    """OpenAI's shape, which LiteLLM translates for the others."""
    made: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "tool":
        made["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        made["content"] = message.content or None
        made["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in message.tool_calls
        ]
    return made


def _tool(tool: ToolSpec) -> dict[str, Any]:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _take(chunk: Any, arrival: Arrival) -> None:
    """Add one piece of LiteLLM's stream to what has arrived."""
    for choice in chunk.choices:
        delta = choice.delta
        arrival.thought(getattr(delta, "reasoning_content", None) or "")
        arrival.text(delta.content or "")
        for call in delta.tool_calls or ():
            made = call.function
            arrival.call(
                call.index, id=call.id or "", name=made.name or "", arguments=made.arguments or ""
            )
        arrival.finish_reason = choice.finish_reason or arrival.finish_reason


def _has_ended(stream: Any) -> bool:
    """The provider said why it stopped; where it is silent LiteLLM would make up a "stop"."""
    known = ("received_finish_reason", "intermittent_finish_reason")
    return any(getattr(stream, name, None) for name in known)


def _usage(chunks: Any) -> Usage | None:
    """What the provider itself counted; LiteLLM's own guess, made when it is silent, is not it."""
    found = [usage for chunk in chunks if (usage := getattr(chunk, "usage", None))]
    made = [_counts(usage) for usage in found]
    if not made:
        return None
    return Usage(**{kind: max(usage[kind] for usage in made) for kind in made[0]})


def _counts(usage: Any) -> dict[str, int]:
    read, wrote = usage.prompt_tokens_details, usage.completion_tokens_details
    return {
        "prompt": usage.prompt_tokens or 0,
        "completion": usage.completion_tokens or 0,
        "cached": getattr(read, "cached_tokens", 0) or 0,
        "cache_write": getattr(read, "cache_creation_tokens", 0) or 0,
        "reasoning": getattr(wrote, "reasoning_tokens", 0) or 0,
    }


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error and everything behind it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def secret(value: SecretStr | None) -> str:
    """The key itself, or nothing."""
    return value.get_secret_value() if value else ""
