"""Tasks from the outside: submit, answer, cancel, fork, follow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from core.errors import Invalid, NotFound, restore
from core.kernel import legs, steps
from core.kernel.calls import Calls
from core.kernel.engine import QUEUES, Engine, Queue
from core.kernel.events import EventLog
from core.kernel.gates import Amounts, Ask, Door, Gate, Ledger, Verdict, Who
from core.kernel.operation import OPERATIONS
from core.kernel.policies import Policies, Policy, declared
from core.kernel.records import OPEN, STEP, TASK, WAIT
from core.kernel.watch import Watch
from core.storage.blobs import Blobs
from core.storage.database import Database, new_id, now
from core.telemetry import Telemetry

log = logging.getLogger(__name__)
T = TypeVar("T")


class Kernel:
    """Runs tasks. Knows nothing of models, money or people; the gates and the ledger do."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        gates: Sequence[Gate] = (),
        *,
        doors: Sequence[Door] = (),
        policies: Policies = declared,
        blobs: Blobs | None = None,
        redact: Callable[[Any], Any] = lambda data: data,
        studio: Any = None,
        queues: Sequence[Queue] = QUEUES,
        patience: timedelta = timedelta(hours=24),
        silence_s: float = 15,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.database = database
        self.ledger = ledger
        self.gates = tuple(gates)
        self.doors = tuple(doors)
        self.policies = policies
        self.listeners: list[Callable[[Ask, dict[str, Any]], None]] = []  # told of settled steps
        self.blobs = blobs
        self.redact = redact
        self.studio = studio
        self.patience = patience
        self.telemetry = telemetry or Telemetry()
        self.closing = False  # what breaks from now on is not the task's fault
        self.calls = Calls()
        self.events = EventLog(database, redact)
        # SQLite is for one process, so its name is fixed and a restart finds its own tasks;
        # on Postgres every process has its own and the living adopt those of the dead.
        self.process_id = "local" if database.is_sqlite else new_id()
        self.engine = Engine(database, partial(legs.work, self), self.process_id)
        self.watch = Watch(self, silence_s)
        self.engine.launch(queues)
        self.watch.start()

    def close(self) -> None:
        """Stop working; what is unfinished stays for the next process."""
        self.watch.close()
        self.closing = True
        self.engine.close()
        self.events.close()

    # What people do with tasks.

    def submit(
        self,
        name: str,
        input: dict[str, Any],
        who: Who,
        *,
        parent_id: str | None = None,
        budget: Amounts | None = None,
        id: str = "",
        trace: str = "",
    ) -> str:
        """The id of a queued task. Inside an act give `id=call.key`, so that a repeat finds it.

        `budget` limits the whole task, e.g. `{"nusd": 500_000_000}`; None takes its policy's.
        Raises NotFound for an unknown operation, Invalid for a wrong input, and what a door says.
        """
        id = id or new_id()
        about = {"id": id, "parent_id": parent_id, "trace": trace}
        return self._insert(name, input, who, budget=budget, **about)

    def answer(
        self,
        task_id: str,
        seq: int,
        verdict: str,
        by: str,
        digest: str = "",
        *,
        org_id: str | None = None,
    ) -> None:
        """A person's verdict, "approved" or "rejected". The first one counts; later ones raise.

        `digest` names what the person saw; a verdict about anything else is Invalid. With
        `org_id` another organisation's task is NotFound, here and below.
        """
        assert verdict in ("approved", "rejected", "expired")

        def record(db: sa.Connection) -> sa.Row[Any] | None:
            query = sa.select(TASK).where(TASK.c.id == task_id).with_for_update()
            found = db.execute(query).all()
            if org_id is not None:
                _theirs(found, task_id, org_id)
            here = (WAIT.c.task_id == task_id, WAIT.c.seq == seq, WAIT.c.verdict.is_(None))
            if digest:
                here = (*here, WAIT.c.digest == digest)
            values = {"verdict": verdict, "by": by, "at": now()}
            if not db.execute(sa.update(WAIT).where(*here).values(values)).rowcount:
                raise Invalid("There is no open question here.", hint="It may be answered already.")
            ask = Ask(task_id, seq, "answer", verdict, Who(**found[0].who), {})
            steps.audit(self, db, ask, verdict, by=by)
            return legs.next_leg(self, db, task_id, "waiting")

        self.start(self.commit(task_id, record))

    def cancel(self, task_id: str, *, org_id: str | None = None) -> None:
        """The acts of the task are being stopped now; it ends as soon as they are settled."""

        def mark(db: sa.Connection) -> sa.Row[Any]:
            query = sa.select(TASK).where(TASK.c.id == task_id).with_for_update()
            task = _theirs(db.execute(query).all(), task_id, org_id)
            values: dict[str, Any] = {"cancel_at": now()}
            if task.state in ("queued", "waiting"):
                values |= {"state": "cancelled", "ended_at": now()}
                waits = (WAIT.c.task_id == task_id, WAIT.c.verdict.is_(None))
                db.execute(sa.update(WAIT).where(*waits).values(verdict="cancelled"))
                open_ = sa.or_(
                    STEP.c.state == "waiting", ~STEP.c.leaf & (STEP.c.state == "running")
                )
                ended = {"state": "cancelled", "ended_at": values["ended_at"]}
                db.execute(sa.update(STEP).where(STEP.c.task_id == task_id, open_).values(ended))
                self.events.write(db, task_id, ("task.cancelled", {}))
            if task.state in OPEN:
                db.execute(sa.update(TASK).where(TASK.c.id == task_id).values(values))
            return task

        task = self.commit(task_id, mark)
        if task.state == "running":
            self.calls.stop(task_id)
        elif task.state in OPEN:
            self.engine.cancel(task_id, task.leg)
            legs.tell(self, self.task(task_id))

    def fork(self, task_id: str, seq: int, who: Who, **changes: Any) -> str:
        """A new task that shares the steps before `seq` and goes on with a changed input."""
        task = self.task(task_id)
        for step in legs.past(self, task).values():
            if step.seq < seq and step.leaf and step.outcome is None:
                raise Invalid(f"Step {step.seq} has not ended.", hint="Fork at it or before it.")
        input = {**task.input, **changes}
        return self._insert(
            task.operation, input, who, id=new_id(), forked_from=task_id, forked_at=seq
        )

    def task(self, task_id: str, *, org_id: str | None = None) -> sa.Row[Any]:
        """The task's row as it is now. Raises NotFound."""
        found = self.database.rows(sa.select(TASK).where(TASK.c.id == task_id))
        return _theirs(found, task_id, org_id)

    def follow(self, task_id: str, after: int = 0) -> Iterator[sa.Row[Any]]:
        """Events above `after` as they are recorded, until the task has ended."""
        return self.events.follow(task_id, after)

    # What runs need.

    def ask(self, ask: Ask) -> list[Verdict]:
        """Verdicts in order of the gates, up to the first that is not "allow"."""
        verdicts = []
        for gate in self.gates:
            verdicts.append(gate.ask(ask))
            if verdicts[-1].answer != "allow":
                break
        return verdicts

    def policy(self, name: str, declared: Policy, who: Who) -> Policy:
        """The policy that holds for `who` now, and from now on its daily limit, for every task.

        Raises NotFound for an unknown use case.
        """
        policy = self.policies(name, declared, who.org, who.person)
        day = _day(policy)

        def write(db: sa.Connection) -> None:
            for unit, most in day.items():  # None: one that was taken away holds no more
                scope = f"use:{who.person}:{policy.name}"
                self.ledger.set_limit(db, scope, unit, "day", most, org_id=who.org)

        if any(most is not None for most in day.values()):
            self.database.transaction(write)
        return policy

    def bound(self, task_id: str, who: Who, policy: Policy, *, within: bool = False) -> Who:
        """`who`, paying from the use case's daily limit as well when the policy has one.

        `within`: it is a use case within the task, which then has a budget of its own too. How
        high the daily limit is, the policy says that was resolved last, not one that a task kept.
        """
        scopes = dict.fromkeys(who.scopes)
        if any(most is not None for most in _day(policy).values()):
            scopes[f"use:{who.person}:{policy.name}"] = None
        budget, own = policy.budget_nusd, f"task:{task_id}:{policy.name}"
        if within and budget is not None and own not in scopes:
            scopes[own] = None
            self.database.transaction(
                lambda db: self.ledger.set_limit(db, own, "nusd", "total", budget, org_id=who.org)
            )
        return who.model_copy(update={"scopes": tuple(scopes)})

    def tell(self, ask: Ask, outcome: dict[str, Any], took_s: float) -> None:
        """Listeners hear of a settled step; they return at once, and one that breaks harms none."""
        heard = partial(self.telemetry.settled, took_s=took_s)
        for listener in (heard, *self.listeners):
            try:
                listener(ask, outcome)
            except Exception:  # the step is settled, whoever could not bear to hear of it
                log.exception("Step %s was settled, but a listener broke.", ask.key)

    def commit(self, task_id: str, act: Callable[[sa.Connection], T]) -> T:
        """One transaction, then wake the task's viewers."""
        result = self.database.transaction(act)
        self.events.announce([task_id])
        return result

    def start(self, task: sa.Row[Any] | None) -> None:
        """Hand the queued task to the engine; calling it twice starts one leg."""
        if task:
            self.engine.start(task.id, task.leg, task.queue, task.org_id)

    def _insert(
        self,
        name: str,
        input: dict[str, Any],
        who: Who,
        *,
        id: str,
        budget: Amounts | None = None,
        **values: Any,
    ) -> str:
        operation = OPERATIONS[name]
        checked = operation.checked(input)
        policy = self.policy(name, operation.policy, who)
        if values.get("parent_id") is None:  # a task of a task was let in with it
            self._enter(name, who, policy, id)
        if budget is None and policy.budget_nusd is not None:
            budget = {"nusd": policy.budget_nusd}
        who = self.bound(id, who, policy)
        if budget:
            who = who.model_copy(update={"scopes": (*who.scopes, f"task:{id}")})
        values["trace"] = self.telemetry.submitted(
            name, who.org, who.person, values.get("trace", "")
        )
        row = {
            "id": id,
            "operation": name,
            "org_id": who.org,
            "person_id": who.person,
            "who": who.model_dump(mode="json"),
            "queue": policy.queue,
            "policy": policy.model_dump(mode="json"),
            "input": checked,
            "wake_at": now(),
            **values,
        }

        def insert(db: sa.Connection) -> sa.Row[Any] | None:
            added = self.database.insert(TASK).values(row).on_conflict_do_nothing().returning(TASK)
            task = db.execute(added).one_or_none()
            if task:
                for unit, most in (budget or {}).items():
                    scope = f"task:{id}"
                    self.ledger.set_limit(db, scope, unit, "total", most, org_id=who.org)
                self.events.write(db, task.id, ("task.queued", {"leg": 1}))
            return task

        self.start(self.commit(id, insert))
        return id

    def _enter(self, name: str, who: Who, policy: Policy, id: str) -> None:
        """Ask the doors. Raises the first refusal; the auditors see it."""
        if self.doors and self.database.rows(sa.select(TASK.c.id).where(TASK.c.id == id)):
            return  # a repeat finds its task
        for door in self.doors:
            verdict = door.enter(name, who, policy)
            if verdict.answer != "allow":
                ask = Ask("", 0, "task", name, who, {}, name, policy=policy)
                self.database.transaction(
                    lambda db, a=ask, v=verdict: steps.audit(
                        self, db, a, "refuse", verdicts=[vars(v)]
                    )
                )
                raise restore(verdict.as_value())


def _day(policy: Policy) -> dict[str, int | None]:
    """What a person may spend a day in the use case, by unit."""
    return {"nusd": policy.daily_nusd, "tokens": policy.daily_tokens}


def _theirs(found: Sequence[sa.Row[Any]], task_id: str, org_id: str | None) -> sa.Row[Any]:
    """The task that was found, if it is that organisation's. Raises NotFound."""
    if not found or org_id not in (None, found[0].org_id):
        raise NotFound(f"No task {task_id!r}.")
    return found[0]
