"""What is written about a step: its row, its audit line, its events, its outcome as a value."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic_core import to_json

from core.errors import ActFailed, Cancelled, StudioError, restore
from core.kernel.calls import Call
from core.kernel.gates import Ask
from core.kernel.records import AUDIT, STEP
from core.kernel.values import plain
from core.storage.blobs import Blobs
from core.storage.database import now

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)
INLINE_MAX_BYTES = 32_768  # a larger outcome is a blob, and the row refers to it
ADD = sa.insert(STEP)
NOTE = sa.insert(AUDIT)
HERE = (STEP.c.task_id == sa.bindparam("of_task"), STEP.c.seq == sa.bindparam("of_seq"))
CHANGE = sa.update(STEP).where(*HERE)
END = CHANGE.where(STEP.c.state == "running")
OUTCOME = sa.select(STEP.c.outcome).where(*HERE)
# A library may quit or interrupt; its thread is ours.
QUITS = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)


def add(kernel: Kernel, db: sa.Connection, task_id: str, **row: Any) -> None:
    """A step begins, or is refused: `row` has seq, org_id, parent_seq, kind, name, state, leaf.

    Raises Cancelled in a task that was ended meanwhile: nothing begins there.
    """
    at = now()
    ended = {"started_at": at, "ended_at": at if row["state"] == "refused" else None}
    defaults = {"estimate": {}, "verdicts": None, "outcome": None, **ended}
    db.execute(ADD, {"task_id": task_id, **defaults, **row})
    said = {name: row[name] for name in ("seq", "parent_seq", "kind", "name")}
    if kernel.events.write(db, task_id, (f"step.{row['state']}", said)) != "running":
        raise Cancelled("The task has ended.")


def audit(kernel: Kernel, db: sa.Connection, ask: Ask, what: str, **data: Any) -> None:
    """One line for the auditors."""
    about = {"org_id": ask.who.org, "task_id": ask.task_id, "seq": ask.seq}
    db.execute(NOTE, {**about, "what": what, "data": kernel.redact(data)})


def close(kernel: Kernel, task_id: str, seq: int, state: str) -> None:
    """A composite has ended."""

    def end(db: sa.Connection) -> None:
        values = {"state": state, "outcome": {"ok": None}, "ended_at": now()}
        if db.execute(END, {"of_task": task_id, "of_seq": seq, **values}).rowcount:
            kernel.events.write(db, task_id, (f"step.{state}", {"seq": seq}))

    kernel.commit(task_id, end)


def settle(kernel: Kernel, db: sa.Connection, ask: Ask, outcome: dict[str, Any]) -> dict[str, Any]:
    """A leaf has ended with `outcome` and its true cost; if it had before, that outcome counts."""
    spent = outcome["spent"]
    cancelled = outcome.get("code") == "cancelled"
    state = "done" if "ok" in outcome or "blob" in outcome else "failed"
    state = "cancelled" if cancelled else state
    here = {"of_task": ask.task_id, "of_seq": ask.seq}
    values = {
        "state": state,
        "outcome": outcome,
        "cost_nusd": spent.get("nusd", 0),
        "tokens": spent.get("tokens", 0),
        "overrun_nusd": max(0, spent.get("nusd", 0) - ask.estimate.get("nusd", 0)),
        "ended_at": now(),
    }
    if not db.execute(END, {**here, **values}).rowcount:
        return db.execute(OUTCOME, here).scalar_one()
    said = {"seq": ask.seq, "name": ask.name, "spent": spent}
    events = [(f"step.{state}", said)]
    if ask.estimate or spent:
        if outcome.get("unbegun"):
            kernel.ledger.void(db, ask.key)
        elif over := kernel.ledger.settle(db, ask, spent):
            events.insert(0, ("ledger.overrun", {"seq": ask.seq, "over": over}))
            audit(kernel, db, ask, "overrun", over=over)
    if outcome.get("uses"):
        kernel.ledger.use(db, ask, outcome["uses"])
    audit(kernel, db, ask, state, spent=spent)
    kernel.events.write(db, ask.task_id, *events)
    return outcome


def judged(kernel: Kernel, db: sa.Connection, ask: Ask, call: Call) -> None:
    """A refused step paid nothing but for what its gates paid to judge it: that is booked."""
    if not call.uses:
        return
    kernel.ledger.use(db, ask, call.uses)
    if any(call.spent.values()):
        kernel.ledger.settle(db, ask, call.spent)
        nusd, tokens = call.spent.get("nusd", 0), call.spent.get("tokens", 0)
        here = {"of_task": ask.task_id, "of_seq": ask.seq}
        db.execute(CHANGE, {**here, "cost_nusd": nusd, "tokens": tokens})


def outcome_of(
    call: Call,
    act: Callable[[Call], Any],
    blobs: Blobs | None,
    *,
    ends: Callable[[Call], object] | None = None,
) -> dict[str, Any]:
    """Whatever `act` does, as a value; one of the two broad excepts of the house.

    `ends` is called instead where the call was stopped before: it ends what an earlier try left.
    """
    made = None
    try:
        if not call.stopped:
            call.began = True
            made = _value(act(call), blobs)
        elif ends:
            ends(call)
            call.began = True
    except QUITS as error:
        if isinstance(error, StudioError) and call.began:
            made = told(error)
        elif not (call.stopped and call.began):
            log.exception("The act of step %s failed.", call.key)
            made = told(broken(error)) if call.began else None
    if made is None:  # stopped before it began, or broken by its stop
        made = told(Cancelled("The task was cancelled.", made="".join(call.made)))
        made["unbegun"] = not call.began
    return {**made, "spent": call.spent, "uses": call.uses}


def told(error: StudioError) -> dict[str, Any]:
    """The error as a value that every row takes, whatever its details hold."""
    return plain(error.as_value(), lenient=True)


def broken(error: BaseException) -> ActFailed:
    """What people are told of an error nobody foresaw: its own words may hold anything."""
    return ActFailed(
        "Something broke that nobody foresaw.",
        hint="Try again. What happened is in the log, under the id of the task.",
        error=type(error).__name__,
    )


def result(outcome: dict[str, Any], blobs: Blobs | None) -> Any:
    """What the outcome holds; raises the error it describes, of its first class."""
    if "ok" in outcome:
        return outcome["ok"]
    if "blob" in outcome and blobs:
        with blobs.open(outcome["blob"]) as file:
            return json.load(file)
    raise restore(outcome)


def _value(made: Any, blobs: Blobs | None) -> dict[str, Any]:
    value = plain(made)
    if blobs is None:
        return {"ok": value}
    text = to_json(value)
    if len(text) <= INLINE_MAX_BYTES:
        return {"ok": value}
    return {"blob": blobs.put([text])[0]}
