"""The event log: numbered, in order, followed from any id."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from core import safety
from core.errors import NotFound
from core.kernel import Ask, Verdict
from core.kernel.records import AUDIT
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA, LONG_S, WORLD, happens, steps, until


def test_what_a_viewer_saw_is_always_a_prefix_and_resumes_by_id(kernel):
    seen: dict[int, list] = {}

    def view(k, task_id):
        after, mine = 0, seen.setdefault(k, [])
        while True:  # leave and come back every few events, as a reloaded page does
            for n, event in enumerate(kernel.follow(task_id, after)):
                mine.append((event.id, event.type, event.data))
                after = event.id
                if event.type.startswith("task.") and event.type[5:] in ("done", "failed"):
                    return
                if n == k:
                    break

    task_id = kernel.submit("fan", {"n": 6}, ANA)
    threads = [threading.Thread(target=view, args=(k, task_id)) for k in range(6)]
    [t.start() for t in threads]
    [t.join(120) for t in threads]
    recorded = [(e.id, e.type, e.data) for e in kernel.events.since(task_id)]
    assert [e[0] for e in recorded] == list(range(1, len(recorded) + 1))
    for mine in seen.values():
        assert mine == recorded
    for seq in {e[2]["seq"] for e in recorded if "seq" in e[2]}:
        kinds = [e[1] for e in recorded if e[2].get("seq") == seq]
        assert kinds in (["step.running", "delta", "step.done"], ["step.running", "step.done"])


def test_many_writers_number_without_gaps_and_each_keeps_its_order(kernel):
    task_id = until(kernel, kernel.submit("tells", {}, ANA), "done").id
    before = len(kernel.events.since(task_id))

    def write(k):
        for i in range(40):
            kernel.events.append(task_id, "delta", {"of": k, "i": i})
            if i % 9 == 0:
                kernel.events.flush()

    threads = [threading.Thread(target=write, args=(k,)) for k in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    kernel.events.flush()
    events = kernel.events.since(task_id)
    assert [event.id for event in events] == list(range(1, before + 200 + 1))
    for k in range(5):
        assert [e.data["i"] for e in events if e.data.get("of") == k] == list(range(40))


def test_an_append_is_recorded_soon_without_anybody_flushing(kernel):
    task_id = until(kernel, kernel.submit("tells", {}, ANA), "done").id
    last = kernel.events.since(task_id)[-1].id
    kernel.events.append(task_id, "delta", {"text": "late"})
    happens(lambda: kernel.events.since(task_id, last))


def test_a_viewer_is_woken_and_does_not_poll(kernel):
    kernel.events._poll_s = LONG_S
    task_id = kernel.submit("fan", {"n": 2}, ANA)
    began = time.monotonic()
    assert [event.type for event in kernel.events.follow(task_id)][-1] == "task.done"
    assert time.monotonic() - began < LONG_S


def test_nothing_is_kept_of_a_task_that_nobody_follows(kernel):
    first = kernel.submit("tells", {}, ANA)
    view = kernel.follow(first)
    next(view)
    assert list(kernel.events._versions) == [first]
    until(kernel, first, "done")
    until(kernel, kernel.submit("tells", {}, ANA), "done")
    assert [event.type for event in view][-1] == "task.done"
    assert (kernel.events._versions, kernel.events._followers) == ({}, {})


def test_following_a_task_that_is_not_there_says_so(kernel):
    with pytest.raises(NotFound):
        next(kernel.follow("nobody"))


def test_closing_lets_viewers_go_and_writes_what_was_appended(sqlite_url, tmp_path):
    WORLD.folder = tmp_path
    kernel = parts.open_studio(sqlite_url)
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    seen = []
    viewer = threading.Thread(target=lambda: seen.extend(kernel.follow(task_id)))
    viewer.start()
    kernel.events.append(task_id, "delta", {"text": "last words"})
    kernel.close()
    viewer.join(60)
    assert not viewer.is_alive()
    assert kernel.events.since(task_id)[-1].data == {"text": "last words"}
    kernel.database.close()


class Telling:
    """A gate whose answers hold an address."""

    def ask(self, ask: Ask) -> Verdict:
        said = "ana@mail.example.org may not."
        return Verdict("telling", "refuse" if ask.name == "bug" else "allow", message=said)


def test_redaction_covers_events_and_audit_and_never_what_people_get(url, tmp_path):
    WORLD.folder = tmp_path
    kernel = parts.open_studio(url, redact=safety.redact, gates=[Telling()])
    text = "write to ana@mail.example.org"
    task = until(kernel, kernel.submit("tells", {"text": text}, ANA), "done")
    refused = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    said = [e.data["text"] for e in kernel.events.since(task.id) if "text" in e.data]
    assert said == ["write to [e-mail]"] * 2
    audit = str([row.data for row in kernel.database.rows(sa.select(AUDIT))])
    assert "[e-mail] may not." in audit
    assert "ana@mail" not in audit
    assert (task.input["text"], task.output["parts"]) == (text, [text])
    assert steps(kernel, task.id)[0].outcome["ok"] == text
    assert refused.output["parts"][0][1] == "ana@mail.example.org may not."
    parts.close_studio(kernel)
