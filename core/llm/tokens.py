"""How many tokens a text is, by a fixed rule: for estimates, and where a provider does not tell.

The rule counts a token for every six letters begun of a word, every three digits begun of a number,
every two signs begun of a row of them, and every two bytes begun of other scripts; three more for
each message, and a fixed number for an image. It lies a little above what common tokenizers count
of prose and code.

Limits hold for any text, so nothing is held by that rule alone. `measure` is never below what
OpenAI's two tokenizers make of a text, for they are asked; tokens are held by it. Money is held by
`weigh`, which besides reads densely, for the tokenizers nobody has here: they cut names, addresses
and keys into pieces of three letters, long words too, and count lines, indentation and rare
scripts as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from core.llm.messages import Message, ToolSpec

PIECE = re.compile(r"[A-Za-z]+|[0-9]+|[^\x00-\x7F]+|[^\s\w]+|_+")
# A word among words first; then what is part of an address, a key, a name with humps.
DENSE = re.compile(
    r"(?P<word>(?<![A-Za-z0-9@./+=-])[A-Z]?[a-z]+(?![A-Za-z0-9@/+=]|\.[a-z]))"
    r"|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7F]+|[^\s\w]|_+|\s*\n\s*|\s{2,}|[\t\r]"
)
RARE = re.compile("[\u1000-\u1fff\u2070-\u2fff\ua000-\uabff\ufb00-\ufeff\U00010000-\U0010ffff]")
WORD_MAX = 12  # letters; a longer one is made of several
PER_MESSAGE = 3
PER_IMAGE = 2_000  # a large picture; what a provider really counts is settled afterwards
PER_IMAGE_MOST = 4_000  # of a model of which nobody said more
FOR_TOOLS = 440  # some providers explain tools to the model, and bill the explanation
CHUNK, CUT = 20_000, 8  # signs read at once, for tokenizers are slow on more; what a cut may add
HEADROOM, MORE = 1.25, 50  # tokenizers differ by about a fifth; wrappers add a few


def count(text: str) -> int:
    """Tokens of `text` by the rule above."""
    return sum(_piece(piece) for piece in PIECE.findall(text))


@lru_cache(maxsize=256)  # what one attempt was asked, the next one is
def measure(text: str) -> int:
    """Tokens of `text`: never fewer than `count` says, nor than OpenAI's tokenizers make of it."""
    if not text:
        return 0
    return max(count(text), *_tokenized(text))


def weigh(text: str) -> int:
    """Tokens of `text` read densely as well: never fewer than `measure` says."""
    return max(measure(text), sum(_dense(piece) for piece in DENSE.finditer(text)))


def count_prompt(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
    """Tokens of everything that is sent, tool schemas and earlier tool calls included."""
    return _prompt(messages, tools, count, PER_IMAGE)


def weigh_prompt(
    messages: Sequence[Message],
    tools: Sequence[ToolSpec] = (),
    response: Mapping[str, Any] | None = None,
    *,
    per_image: int = 0,
    of: Callable[[str], int] = weigh,
) -> int:
    """The same as `of` reads a text, with what the provider adds; `bound` of it may be billed.

    `response` is the schema an answer is bound to; `per_image` what the model counts at most.
    """
    total = _prompt(messages, tools, of, max(PER_IMAGE_MOST, per_image))
    total += FOR_TOOLS if tools else 0
    return total + (of(json.dumps(response)) if response else 0)


def bound(prompt: int) -> int:
    """At most so many tokens will a provider count where the rule counts `prompt`."""
    return int(-(-(prompt * HEADROOM) // 1)) + MORE


def _prompt(
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    of: Callable[[str], int],
    per_image: int,
) -> int:
    total = 0
    for message in messages:
        calls = sum(of(call.name) + of(json.dumps(call.arguments)) for call in message.tool_calls)
        total += of(message.content) + calls + per_image * len(message.images) + PER_MESSAGE
    return total + sum(of(tool.model_dump_json()) + PER_MESSAGE for tool in tools)


def _tokenized(text: str) -> list[int]:
    """By each of OpenAI's tokenizers; the bytes where they cannot be read, for none counts more."""
    from core.llm.hosted.bridge import tokenizers

    chunks = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    cuts = CUT * (len(chunks) - 1)
    made = [sum(len(code.encode_ordinary(c)) for c in chunks) + cuts for code in tokenizers()]
    return made or [_bytes(text)]


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _dense(found: re.Match[str]) -> int:
    piece = found.group()
    if found.lastgroup == "word" and len(piece) <= WORD_MAX:
        return -(-len(piece) // 5)
    first = piece[0]
    if first.isspace():
        return -(-len(piece) // 4)
    if not first.isascii():
        rare = "".join(RARE.findall(piece))
        return -(-(_bytes(piece) + _bytes(rare)) // 2)
    return -(-len(piece) // 3) if first.isalnum() else 1


def _piece(piece: str) -> int:
    first = piece[0]
    if not first.isascii():
        return -(-_bytes(piece) // 2)
    if first.isalpha():
        return -(-len(piece) // 6)
    return -(-len(piece) // (3 if first.isdigit() else 2))
