"""The built-in model: "offline". Rules, no key, no network, no cost."""

from __future__ import annotations

import json
from concurrent.futures import CancelledError

from core.errors import NotFound
from core.kernel import Call
from core.llm import tokens
from core.llm.arrival import Arrival
from core.llm.chain import structured
from core.llm.config import ModelSettings
from core.llm.offline.model import Answer, answer, pieces
from core.llm.pricing import FREE, Price
from core.llm.provider import PROVIDERS, Request


class Offline:
    """Answers in the act's own thread."""

    entry = None
    counts_by_rule = True

    def missing(self, config: ModelSettings) -> str:
        """Nothing is."""
        return ""

    def price(self, model: str) -> Price | None:
        """Free. Raises NotFound for any other name than its own."""
        if model not in ("", "rules"):
            raise NotFound(f"There is no built-in model {model!r}.", hint='It is named "offline".')
        return FREE

    def warm(self) -> None:
        """Nothing is needed."""

    def answer(self, config: ModelSettings, request: Request, arrival: Arrival, call: Call) -> None:
        """Word by word; a cancel ends it between two words."""
        made = _answer(request)
        arrival.sent = True
        for word in pieces(made.text):
            if call.stopped:
                raise CancelledError
            arrival.text(word)
        for index, wanted in enumerate(made.tool_calls):
            arguments = json.dumps(wanted.arguments)
            arrival.call(index, id=wanted.id, name=wanted.name, arguments=arguments)
        arrival.usage, arrival.finish_reason = made.usage, made.finish_reason


def _answer(request: Request) -> Answer:
    """What the rules say; where any JSON object is asked for, their words as one."""
    made = answer(request.messages, request.tools, request.tokens_max)
    if not made.text or request.response is None or not structured.is_open(request.response):
        return made
    whole = _as_object(made)
    over = whole.usage.completion - request.tokens_max
    if over <= 0:
        return whole
    room = max(1, request.tokens_max - over)
    return _as_object(answer(request.messages, request.tools, room))


def _as_object(made: Answer) -> Answer:
    text = json.dumps({"answer": made.text}, ensure_ascii=False)
    usage = made.usage.model_copy(update={"completion": tokens.count(text)})
    return made.model_copy(update={"text": text, "usage": usage})


PROVIDERS.add("offline", Offline())
