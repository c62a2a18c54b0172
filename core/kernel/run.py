"""The one path every act on the world takes: gates, admit, act, settle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from core.errors import Invalid, Misuse, Refused, ReplayMismatch, restore
from core.kernel import steps
from core.kernel.calls import Call
from core.kernel.gates import Amounts, Ask, Verdict, Who
from core.kernel.policies import Policy, beside, keep
from core.kernel.records import WAIT
from core.kernel.values import amounts, plain, text
from core.storage.database import now

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

T = TypeVar("T")
In = TypeVar("In")
ALONE = "Only leaf acts are steps: use run.group for a composite, run.map to fan out."
STATES = {"allow": "running", "refuse": "refused", "wait": "waiting"}


class Parked(BaseException):
    """The task waits for a person. Not an Exception: no operation can swallow it."""


class Run:
    """The handle an operation gets: a function that takes one may act, others are pure."""

    def __init__(
        self,
        kernel: Kernel,
        task: sa.Row[Any],
        past: dict[int, sa.Row[Any]],
        *,
        policy: Policy,
        who: Who | None = None,
        slots: Iterator[Any] | None = None,
        parent_seq: int | None = None,
        kept: dict[str, Policy] | None = None,
    ) -> None:
        self.task_id: str = task.id
        self.who = who or Who(**task.who)
        self.policy = policy
        self.studio: Any = kernel.studio  # what an operation works with; the kernel never looks
        self._kernel = kernel
        self._task = task
        self._past = past
        self._slots = slots
        self._parent_seq = parent_seq
        self._beside = beside(task.policy) if kept is None else kept
        self._operation: str = task.operation
        self._busy = ""

    def step(
        self,
        kind: str,
        name: str,
        act: Callable[[Call], Any],
        *,
        estimate: Amounts | None = None,
        stop: Callable[[], object] | None = None,
        shows: dict[str, Any] | None = None,
        content: Sequence[str] = (),
        ends: Callable[[Call], object] | None = None,
    ) -> Any:
        """What `act` returned, as JSON; recorded once, and the same on every replay.

        `estimate` is an upper bound per unit, e.g. `{"nusd": 1_200}`. `stop` interrupts the act.
        `shows` is what an approver sees, and what the approval binds to; `content` is what the
        safety gate reads. `ends` is called instead of `act` where a crash left the act unfinished
        and its task was cancelled since: it ends what goes on outside, and reports what that cost;
        without it the estimate is charged. Raises what a gate or the act raised, from its record.
        """
        kind, name = text(kind), text(name)
        with self._alone(f"{kind} {name!r}"):
            about = (amounts(estimate or {}), self._operation, plain(shows or {}, lenient=True))
            slot = self._slot()
            seq = slot.step_id
            ask = Ask(self.task_id, seq, kind, name, self.who, *about, self.policy, tuple(content))
            row = self._recall(seq, kind, name)
            if row and row.state not in ("running", "waiting"):
                return steps.result(row.outcome, self._kernel.blobs)
            call = Call(self.task_id, seq, self._kernel.events, policy=self.policy)
            if stop:
                call.on_stop(stop)
            for use in _uses(row.verdicts or ()) if row else ():
                call.use(**use)
            again = row if row and row.state == "running" else None
            self._kernel.calls.start(call, again=again is not None)
            try:
                with self._kernel.telemetry.step(ask) as span:
                    verdict = (
                        self._admit(ask, call) if row is None else self._decide(ask, row, call)
                    )
                    call.left = verdict.details.get("left", {}) if verdict else {}
                    made = self._refused(ask, verdict)
                    made = made or self._perform(slot, ask, call, act, again=again, ends=ends)
                    span.made(made)
                return steps.result(made, self._kernel.blobs)
            finally:
                self._kernel.calls.end(call)

    def shown(self, kind: str, name: str) -> list[dict[str, Any]]:
        """What the steps of this kind and name showed that wait, or waited, for a person's word."""
        here = (kind, name, "waiting")
        seqs = [seq for seq, row in self._past.items() if (row.kind, row.name, row.state) == here]
        if not seqs:
            return []
        query = sa.select(WAIT.c.shows).where(WAIT.c.task_id == self.task_id, WAIT.c.seq.in_(seqs))
        return [row.shows for row in self._kernel.database.rows(query.order_by(WAIT.c.seq))]

    def left(self) -> Amounts:
        """What the tightest limits leave now, by unit; a step that holds something is told so."""
        return self._kernel.ledger.left(self.who)

    def per_request(self) -> Amounts:
        """The most that one step may hold, by unit, as the tightest limits say."""
        return self._kernel.ledger.per_request(self.who)

    def map(
        self, fn: Callable[[Run, In], T], items: Sequence[In], *, steps_max: int = 1, width: int = 4
    ) -> list[T]:
        """`fn(branch, item)` for every item in parallel, results in order of `items`.

        Step ids are reserved in that order first, `steps_max` for each branch, so a replay finds
        the same ones. All branches end before an error is raised or the task parks.
        """
        with self._alone("map"):
            branches = [self._branch(iter([self._slot() for _ in range(steps_max)])) for _ in items]
            with ThreadPoolExecutor(width) as pool:
                futures = [
                    pool.submit(copy_context().run, fn, branch, item)
                    for branch, item in zip(branches, items, strict=True)
                ]
            errors = [error for future in futures if (error := future.exception())]
            for error in sorted(errors, key=lambda error: isinstance(error, Exception)):
                raise error  # parked or fenced first, then the first branch that failed
            return [future.result() for future in futures]

    def under(self, use_case: str) -> Run:
        """The same run under the policy of `use_case`; its steps follow those taken so far.

        It is what held when the task first asked, whatever is edited while the task lasts.
        """
        policy = self.policy if use_case == self.policy.name else self._kept(use_case)
        within = policy.name != self.policy.name  # the task's own budget holds it otherwise
        who = self._kernel.bound(self.task_id, self.who, policy, within=within)
        return self._branch(self._slots, policy=policy, who=who)

    @contextmanager
    def group(self, kind: str, name: str) -> Iterator[None]:
        """Steps taken inside have this composite as their parent; it has no act of its own."""
        kind, name = text(kind), text(name)
        if self._busy:
            raise Misuse(f"{kind} {name!r} was opened inside {self._busy}.", hint=ALONE)
        seq = self._slot().step_id
        if not self._recall(seq, kind, name):
            row = self._row(seq, kind, name, state="running")

            def begin(db: sa.Connection) -> None:
                steps.add(self._kernel, db, self.task_id, leaf=False, **row)

            self._kernel.commit(self.task_id, begin)
        above, self._parent_seq = self._parent_seq, seq
        try:
            yield
        except Exception:
            steps.close(self._kernel, self.task_id, seq, "failed")
            raise
        else:
            steps.close(self._kernel, self.task_id, seq, "done")
        finally:
            self._parent_seq = above

    # The four moves.

    def _admit(self, ask: Ask, call: Call) -> Verdict:
        """Ask the gates, then write one transaction. Returns the last verdict."""
        verdicts = self._kernel.ask(ask)
        for use in _uses(vars(verdict) for verdict in verdicts):
            call.use(**use)  # what judging the step cost is settled with it

        def admit(db: sa.Connection) -> Verdict:
            last = verdicts[-1] if verdicts else Verdict("none")
            said = [vars(verdict) for verdict in verdicts]
            if last.answer == "allow":
                last = self._kernel.ledger.hold(db, ask)
                said.append(vars(last))
            outcome = last.as_value() if last.answer == "refuse" else None
            row = self._row(ask.seq, ask.kind, ask.name, state=STATES[last.answer])
            leaf = {"leaf": True, "estimate": ask.estimate, "verdicts": said, "outcome": outcome}
            steps.add(self._kernel, db, self.task_id, **row, **leaf)
            if last.answer == "refuse":
                steps.judged(self._kernel, db, ask, call)
            steps.audit(self._kernel, db, ask, last.answer, verdicts=said)
            if last.answer == "wait":
                deadline = now() + self._kernel.patience
                wait = {"task_id": ask.task_id, "seq": ask.seq, "org_id": ask.who.org}
                wait |= {"question": last.message, "shows": ask.shows, "digest": ask.digest}
                db.execute(sa.insert(WAIT), {"deadline_at": deadline, **wait})
            return last

        verdict = self._kernel.commit(self.task_id, admit)
        if verdict.answer == "wait":
            raise Parked
        return verdict

    def _decide(self, ask: Ask, row: sa.Row[Any], call: Call) -> Verdict | None:
        """Take up a step that an earlier leg left running or waiting."""
        if row.state == "running":
            return None

        def decide(db: sa.Connection) -> Verdict:
            here = (WAIT.c.task_id == ask.task_id, WAIT.c.seq == ask.seq)
            wait = db.execute(sa.select(WAIT).where(*here)).one()
            if wait.verdict is None:
                raise Parked
            verdict = Verdict(wait.by, "refuse", wait.verdict, f"{ask.name}: {wait.verdict}.")
            if wait.verdict == "approved" and wait.digest != ask.digest:
                verdict = Verdict(wait.by, "refuse", "rejected", "Something else was approved.")
            elif wait.verdict == "approved":
                verdict = self._kernel.ledger.hold(db, ask)
            outcome = None if verdict.answer == "allow" else verdict.as_value()
            state = "expired" if wait.verdict == "expired" else STATES[verdict.answer]
            step = {"of_task": ask.task_id, "of_seq": ask.seq, "state": state, "outcome": outcome}
            db.execute(steps.CHANGE, {**step, "ended_at": now() if outcome else None})
            if verdict.answer == "refuse":
                steps.judged(self._kernel, db, ask, call)
            steps.audit(self._kernel, db, ask, verdict.answer, verdicts=[vars(verdict)])
            said = {"seq": ask.seq, "name": ask.name}
            self._kernel.events.write(db, self.task_id, (f"step.{state}", said))
            return verdict

        return self._kernel.commit(self.task_id, decide)

    def _perform(
        self,
        slot: Any,
        ask: Ask,
        call: Call,
        act: Callable[[Call], Any],
        *,
        again: sa.Row[Any] | None,
        ends: Callable[[Call], object] | None = None,
    ) -> dict[str, Any]:
        """Act behind the engine's checkpoint, then settle in one transaction.

        `again` is the row of a step whose act was begun before a crash.
        """
        held = replace(ask, estimate=again.estimate) if again else ask

        def perform() -> dict[str, Any]:
            nonlocal held
            if again:
                call.before = self._kernel.events.tries(self.task_id, ask.seq)
                call.say("step.restarted")  # what viewers saw of the first try is void
                try:
                    held = held if call.stopped else self._hold_again(ask, held, call)
                except (Refused, Invalid) as error:  # what else breaks is tried again
                    return {**steps.told(error), "spent": held.estimate, "uses": call.uses}
            ending = ends if again else None
            made = steps.outcome_of(call, act, self._kernel.blobs, ends=ending)
            if again and made.pop("unbegun", False):
                made["spent"] = held.estimate  # nobody knows what the first try cost
            return made

        began = time.perf_counter()
        outcome = self._kernel.engine.act(slot, f"{ask.kind} {ask.name}", perform)
        if call.spoke:
            self._kernel.events.flush()  # deltas come before the end of their step
        settled = self._kernel.commit(
            self.task_id, lambda db: steps.settle(self._kernel, db, held, outcome)
        )
        self._kernel.tell(held, settled, time.perf_counter() - began)
        return settled

    def _hold_again(self, ask: Ask, held: Ask, call: Call) -> Ask:
        """What is held by now covers the repeat, which may cost another sum than the first try.

        Raises what the ledger says, or a gate to more than it was asked about.
        """
        most = {u: max(n, held.estimate.get(u, 0)) for u, n in ask.estimate.items()}
        wanted = replace(ask, estimate={**held.estimate, **most})
        is_more = wanted.estimate != held.estimate
        verdicts = self._kernel.ask(wanted) if is_more else []
        for use in _uses(vars(verdict) for verdict in verdicts):
            call.use(**use)

        def hold(db: sa.Connection) -> Verdict:
            verdict = verdicts[-1] if verdicts else Verdict("none")
            if verdict.answer == "wait":
                verdict = Verdict(verdict.gate, "refuse", "rejected", "It may cost more by now.")
            if verdict.answer == "allow":
                verdict = self._kernel.ledger.hold_again(db, wanted)
            if verdict.answer == "refuse":
                raise restore(verdict.as_value())
            if is_more:
                here = {"of_task": ask.task_id, "of_seq": ask.seq}
                db.execute(steps.CHANGE, {**here, "estimate": wanted.estimate})
                steps.audit(self._kernel, db, wanted, "allow", estimate=wanted.estimate)
            return verdict

        call.left = self._kernel.commit(self.task_id, hold).details.get("left", {})
        return wanted

    # Small parts.

    def _kept(self, use_case: str) -> Policy:
        """The policy of `use_case` that the task keeps beside its own, from now on if not yet."""
        if use_case in self._beside:
            return self._beside[use_case]
        resolved = self._kernel.policy(use_case, Policy(name=use_case), self.who)
        kept = self._kernel.database.transaction(lambda db: keep(db, self.task_id, resolved))
        return self._beside.setdefault(use_case, kept)

    def _refused(self, ask: Ask, verdict: Verdict | None) -> dict[str, Any] | None:
        """The refusal as an outcome, told to telemetry; None when the step may go on."""
        if verdict is None or verdict.answer != "refuse":
            return None
        refused = verdict.as_value()
        self._kernel.tell(ask, refused, 0.0)
        return refused

    def _slot(self) -> Any:
        """The next reserved step id, in the order the operation asks."""
        if self._slots is None:
            return self._kernel.engine.reserve()
        slot = next(self._slots, None)
        if slot is None:
            raise Misuse("A branch of map took more steps than reserved.", hint="Raise steps_max.")
        return slot

    def _branch(
        self, slots: Iterator[Any] | None, *, policy: Policy | None = None, who: Who | None = None
    ) -> Run:
        parent_seq = self._parent_seq
        return Run(
            self._kernel,
            self._task,
            self._past,
            policy=policy or self.policy,
            who=who or self.who,
            slots=slots,
            parent_seq=parent_seq,
            kept=self._beside,
        )

    def _row(self, seq: int, kind: str, name: str, *, state: str) -> dict[str, Any]:
        above = self._parent_seq
        step = {"seq": seq, "parent_seq": above, "kind": kind, "name": name, "state": state}
        return {**step, "org_id": self.who.org}

    def _recall(self, seq: int, kind: str, name: str) -> sa.Row[Any] | None:
        row = self._past.get(seq)
        if row and (row.kind, row.name) != (kind, name):
            raise ReplayMismatch(
                f"Step {seq} was {row.kind} {row.name!r} and is now {kind} {name!r}.",
                hint=f"The operation changed: fork the task at step {seq}, or start it again.",
            )
        return row

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        if self._busy:
            raise Misuse(f"{what} was called inside {self._busy}.", hint=ALONE)
        self._busy = what
        try:
            yield
        finally:
            self._busy = ""


def _uses(verdicts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What gates paid for to come to their verdicts: usage rows of the step they guard."""
    return [use for said in verdicts for use in said["details"].get("uses", ())]
