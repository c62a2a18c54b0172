"""A call is one act in progress: its key, its meter, its voice and its off switch."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

from core.errors import Cancelled
from core.kernel.events import EventLog
from core.kernel.gates import Amounts
from core.kernel.policies import Policy
from core.kernel.values import amounts as checked
from core.kernel.values import plain, text

T = TypeVar("T")


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The one loop of all asynchronous acts, running in its own thread."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="acts", daemon=True).start()
    return made


class Call:
    """What an act is given."""

    def __init__(
        self, task_id: str, seq: int, events: EventLog, *, policy: Policy | None = None
    ) -> None:
        self.task_id = task_id
        self.seq = seq
        self.key = f"{task_id}:{seq}"  # the same when the act is repeated after a crash
        self.policy = policy or Policy()
        self.left: Amounts = {}  # of the tightest limits, after the hold; empty when unknown
        self.spent: Amounts = {}
        self.made: list[str] = []
        self.uses: list[dict[str, Any]] = []
        self.before: list[str] = []  # what viewers saw of each try that a crash cut off
        self.began = False
        self.stopped = False
        self.spoke = False
        self._events = events
        self._stops: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def spend(self, **amounts: int) -> None:
        """Add to the meter, e.g. `spend(nusd=40, tokens=12)`. It counts even if the act fails.

        Raises Misuse for what is no amount: nobody earns by spending less than nothing.
        """
        more = checked(amounts)
        self.spent |= checked({unit: self.spent.get(unit, 0) + more[unit] for unit in more})

    def use(self, *, provider: str, model: str, cost_nusd: int, **units: Any) -> None:
        """Report one completion: a usage row, and its cost and tokens on the meter.

        `units` are columns of ledger_usage: prompt_tokens, completion_tokens, cached_tokens,
        cache_write_tokens, reasoning_tokens, units, unit, breakdown, estimated, cache_hit ...
        """
        checked({unit: units[unit] for unit in units if unit.endswith("_tokens")})
        tokens = int(units.get("prompt_tokens", 0)) + int(units.get("completion_tokens", 0))
        checked({"nusd": cost_nusd, "tokens": tokens})
        names = {"provider": text(provider), "model": text(model)}
        self.uses.append({**names, "cost_nusd": cost_nusd, **units})
        self.spend(nusd=cost_nusd, tokens=tokens)

    def say(self, type: str, **data: Any) -> None:
        """Tell viewers, e.g. `say("progress", done=3, of=10)`."""
        self.spoke = True
        said = plain({"seq": self.seq, **data}, lenient=True)  # one bad event would hold up all
        self._events.append(self.task_id, type, said)

    def keep(self, text: str) -> None:
        """Stream `text` to viewers and keep it even when the act is stopped."""
        self.made.append(text)
        self.say("delta", text=text)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work` on the shared loop; a cancel interrupts it within milliseconds."""
        future = asyncio.run_coroutine_threadsafe(work, loop())
        self.on_stop(future.cancel)
        return future.result()

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Call `stop` when the task is cancelled; at once when it already was."""
        with self._lock:
            self._stops.append(stop)
            if not self.stopped:
                return
        stop()

    def stop(self) -> None:
        """Interrupt the act. Safe to call from any thread, any number of times."""
        with self._lock:
            if self.stopped:
                return
            self.stopped = True
        for stop in self._stops:
            stop()


class Calls:
    """The acts running in this process, by task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, list[Call]] = defaultdict(list)
        self._stopping: set[str] = set()

    def start(self, call: Call, *, again: bool = False) -> None:
        """Make `call` stoppable. Raises Cancelled when its task is already being stopped.

        `again`: the act was begun before a crash, so it is stopped instead, and then settled.
        """
        with self._lock:
            if call.task_id in self._stopping:
                if not again:
                    raise Cancelled("The task was cancelled.")
                call.stopped = True
            self._open[call.task_id].append(call)

    def end(self, call: Call) -> None:
        """Forget `call`."""
        with self._lock:
            calls = self._open.get(call.task_id, [])
            if call in calls:  # not when its task was abandoned
                calls.remove(call)

    def stop(self, task_id: str) -> None:
        """Stop every act of the task, and every one that would start later."""
        with self._lock:
            self._stopping.add(task_id)
            calls = list(self._open.get(task_id, ()))
        for call in calls:
            call.stop()

    def keys(self) -> list[str]:
        """Keys of the acts that run here now."""
        with self._lock:
            return [call.key for calls in self._open.values() for call in calls]

    def tasks(self) -> list[str]:
        """Ids of the tasks that act here now."""
        with self._lock:
            return [task_id for task_id, calls in self._open.items() if calls]

    def forget(self, task_id: str) -> None:
        """The task has ended here."""
        with self._lock:
            self._open.pop(task_id, None)
            self._stopping.discard(task_id)
