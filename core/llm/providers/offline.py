"""The built-in model: "offline". Rules, no key, no network, no cost."""

from __future__ import annotations

import json
from concurrent.futures import CancelledError

from core.kernel import Call
from core.llm.arrival import Arrival
from core.llm.config import ModelSettings
from core.llm.offline.model import answer, pieces
from core.llm.pricing import FREE, Price
from core.llm.provider import PROVIDERS, Request


class Offline:
    """Answers in the act's own thread."""

    counts_by_rule = True

    def missing(self, config: ModelSettings) -> str:
        """Nothing is."""
        return ""

    def price(self, model: str) -> Price | None:
        """Free."""
        return FREE

    def warm(self) -> None:
        """Nothing is needed."""

    def answer(self, config: ModelSettings, request: Request, arrival: Arrival, call: Call) -> None:
        """Word by word; a cancel ends it between two words."""
        made = answer(request.messages, request.tools, request.tokens_max)
        arrival.sent = True
        for word in pieces(made.text):
            if call.stopped:
                raise CancelledError
            arrival.text(word)
        for index, wanted in enumerate(made.tool_calls):
            arguments = json.dumps(wanted.arguments)
            arrival.call(index, id=wanted.id, name=wanted.name, arguments=arguments)
        arrival.usage, arrival.finish_reason = made.usage, made.finish_reason


PROVIDERS.add("offline", Offline())
