"""Tokens as each provider counts them: for people to see. Holds are made by the rule of `tokens`.

OpenAI's tokenizer lies in LiteLLM's wheel, so nothing is fetched. Providers with an endpoint that
counts are asked, briefly; where they do not answer, and for all others, the rule counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.llm import tokens
from core.llm.config import ModelSettings
from core.llm.hosted import blocks
from core.llm.hosted.bridge import encoding
from core.llm.hosted.models import Hosted
from core.llm.messages import Message, ToolSpec
from core.llm.provider import discover

PER_MESSAGE, PER_ANSWER = 3, 3  # what OpenAI's format adds
CHARS_MAX = 100_000  # a tokenizer is slow on long unbroken texts
TIMEOUT_S = 3.0
How = Literal["exact", "tokenizer", "rule"]


@dataclass(frozen=True)
class Counted:
    """So many tokens, as the provider says, as its tokenizer says, or by our rule."""

    tokens: int
    how: How


def count_tokens(
    config: ModelSettings,
    model: str,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec] = (),
) -> Counted:
    """The tokens of a prompt as exactly as they can be known. May ask the provider; never holds.

    Raises NotFound for an unknown provider.
    """
    named, _, short = model.partition("/")
    provider = discover()[named]
    found: int | None = None
    how: How = "tokenizer"
    if provider.counts_by_rule:
        how, found = "exact", tokens.count_prompt(messages, tools)
    elif isinstance(provider, Hosted) and provider.entry.counts == "endpoint":
        how, found = "exact", _asked(provider, config, short, messages, tools)
    elif isinstance(provider, Hosted) and provider.entry.counts == "tiktoken":
        found = _tokenized(short, messages, tools)
    if found is None:
        return Counted(tokens.count_prompt(messages, tools), "rule")
    return Counted(found, how)


def _tokenized(model: str, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> int | None:
    """By the tokenizer of this model, or None where it is not known."""
    texts = [text for message in messages for text in _texts(message)]
    texts += [json.dumps(tool.model_dump(mode="json")) for tool in tools]
    seen = any(message.images for message in messages)
    if seen or max(map(len, texts), default=0) > CHARS_MAX:
        return None
    code = encoding(model.rpartition("/")[2])
    if code is None:
        return None
    written = sum(len(code.encode(text, disallowed_special=())) for text in texts)
    return written + PER_MESSAGE * len(messages) + PER_ANSWER


def _texts(message: Message) -> list[str]:
    calls = [f"{call.name} {json.dumps(call.arguments)}" for call in message.tool_calls]
    return [message.role, message.content, *calls]


def _asked(
    provider: Hosted,
    config: ModelSettings,
    model: str,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
) -> int | None:
    """By the provider's own endpoint, or None where it has no key or does not answer in time."""
    if provider.missing(config):
        return None
    import anthropic

    route = provider.route(config)
    system, turns = blocks.turns(messages)
    given = blocks.tools(tools)
    try:
        with anthropic.Anthropic(
            api_key=route.key, base_url=route.base_url, timeout=TIMEOUT_S, max_retries=0
        ) as client:
            made = client.messages.count_tokens(
                model=model,
                messages=turns,
                system=system or anthropic.omit,
                tools=given or anthropic.omit,
            )
    except anthropic.AnthropicError:
        return None
    return int(made.input_tokens)
