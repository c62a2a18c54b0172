"""What a door to batches does, and what passes through it."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from json import JSONDecodeError
from typing import Any, Protocol

from core.errors import Unavailable
from core.llm.hosted import failures
from core.llm.messages import ToolCall, Usage

SERVER_FAILED = 500  # from here on a request may have been taken all the same


@dataclass(frozen=True)
class Place:
    """Where a batch is handed over, and what is said of it in errors. Its repr shows no key."""

    base_url: str
    key: str = field(repr=False)
    model: str  # "openai/gpt-4o-mini"
    setting: str = ""  # the setting of the key
    timeout_s: float = 60.0

    @contextmanager
    def explained(self, sdk: Any, broken: type[Exception]) -> Iterator[None]:
        """What the provider's library raises becomes an error of ours; no secret passes.

        `broken` is what its transport raises. details["unsure"]: the request left and nobody
        knows what became of it.
        """
        try:
            yield
        except sdk.APIStatusError as error:
            made = failures.of_status(error, self.model, self.setting, [self.key])
            if error.status_code >= SERVER_FAILED:
                made.details["unsure"] = True
            raise made from None
        except sdk.APITimeoutError as error:
            raise _unsure(failures.timed_out(self.model), error) from None
        except (
            sdk.APIConnectionError,
            sdk.APIResponseValidationError,
            broken,
            JSONDecodeError,
        ) as error:
            raise _unsure(failures.unreachable(self.model), error) from None


@dataclass(frozen=True)
class Job:
    """A batch as it is handed over: the bodies of its requests, in order."""

    key: str  # of the act: the same when it is repeated
    bodies: Sequence[dict[str, Any]]
    since: datetime  # it cannot have been handed over earlier

    def name(self, index: int) -> str:
        """What request number `index` is called at the provider."""
        return f"{self.tag}-{index}"

    @property
    def tag(self) -> str:
        """The key in letters and digits, short enough for every provider."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:24]

    def index(self, name: str) -> int | None:
        """Which request is called so; None when it is none of this batch."""
        tag, _, number = name.partition("-")
        fits = tag == self.tag and number.isdecimal() and int(number) < len(self.bodies)
        return int(number) if fits else None


@dataclass(frozen=True)
class Pace:
    """How often a batch is looked at, and how long it is waited for."""

    first_s: float = 5.0
    growth: float = 1.5
    most_s: float = 300.0
    window_s: float = 25 * 3600.0  # providers give up after 24 hours
    stop_s: float = 300.0  # that a cancelled task waits for what was done


@dataclass(frozen=True)
class Progress:
    """How far a batch is. `failed` says why none of it will be done."""

    ended: bool
    done: int
    failed: str = ""


@dataclass(frozen=True)
class Answer:
    """What one request got: an answer, or why it got none (`code` and the provider's words)."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: Usage | None = None  # None: the provider did not say
    code: str = ""  # expired, cancelled, or the provider's own
    said: str = ""


Finished = Mapping[int, Answer]  # by the number of the request; what is missing got nothing


class Door(Protocol):
    """A provider's batches. Every verb raises core.errors classes only, and is safe to repeat."""

    def body(self, model: str, asked: dict[str, Any]) -> dict[str, Any]:
        """One request as this provider reads it; `asked` is in OpenAI's words. Loads LiteLLM."""
        ...

    async def submit(self, place: Place, job: Job) -> str:
        """The id of a new batch. It alone is not safe to repeat: ask `find` first."""
        ...

    async def find(self, place: Place, job: Job, others: frozenset[str]) -> str:
        """The id of the batch that was handed over as `job` before, or nothing.

        `others` are batches that are known to be something else.
        """
        ...

    async def look(self, place: Place, batch_id: str) -> Progress:
        """How far it is."""
        ...

    async def cancel(self, place: Place, batch_id: str) -> None:
        """It is being stopped; what has been done stays. An ended batch is left as it is."""
        ...

    async def results(self, place: Place, job: Job, batch_id: str) -> Finished:
        """What every request got, once the batch has ended."""
        ...


def door_of(name: str) -> Door:
    """The door of that name."""
    return importlib.import_module(f"core.llm.batching.{name}").DOOR


def _unsure(error: Unavailable, cause: BaseException | None) -> Unavailable:
    """Where no connection came about, nothing was sent, and that is sure."""
    while cause is not None:
        if type(cause).__name__ in ("ConnectError", "ConnectTimeout"):
            return error
        cause = cause.__cause__ or cause.__context__
    error.details["unsure"] = True
    return error
