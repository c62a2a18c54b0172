"""kill -9, real processes."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest
import sqlalchemy as sa

from core.ledger import Accounts
from core.storage.database import Database
from tests.core.kernel.proofs import ends, parts
from tests.core.kernel.proofs.parts import WORLD

PLACES = (
    "gates",
    "admit begins",
    "admit ends",
    "act begins",
    "act ends",
    "settle begins",
    "settle ends",
)


BOOKS = "select held, spent from ledger_account where name = 'org:acme nusd'"
OF_ORG = (
    "ledger_entry where kind = 'settle' and account_id ="
    " (select id from ledger_account where name = 'org:acme nusd')"
)
CHARGED = f"select key, count(*), sum(spent) from {OF_ORG} group by 1"
SETTLED = f"select count(*) from {OF_ORG}"
USED = "select seq, count(*), sum(cost_nusd) from ledger_usage group by 1 order by 1"


def finish(process, timeout_s=120):
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, err[-3000:]
    return [json.loads(line) for line in out.splitlines()]


def query(url, sql, **values):
    engine = sa.create_engine(url)
    with engine.connect() as db:
        rows = db.execute(sa.text(sql), values).all()
    engine.dispose()
    return rows


def processes(url):
    database = Database(url)
    found = ends.known(database)
    database.close()
    return found


def nobody_hears_of(url, dead):
    """They are silent for so long that the living take over what they left."""
    database = Database(url)
    ends.silent(database, dead)
    database.close()


def sqlite_only(url):
    if not url.startswith("sqlite"):
        pytest.skip("the same path; run once")


def test_killed_at_every_boundary_and_inside_every_act(child, url):
    sqlite_only(url)
    for seq in range(1, 7):
        for place in PLACES:
            WORLD.note("deaths", f"{seq} {place}")
    process = child("submit,six,t1,6", "state,t1,done,failed")
    runs = 1
    while process.wait(120) != 0:
        assert process.returncode == -9, process.stderr.read()[-3000:]
        process = child("state,t1,done,failed")
        runs += 1
    # A refused step (3) has only gates; holds and acts and settlements of the others die each.
    assert WORLD.lines("died") == [
        f"{s} {p}" for s in range(1, 7) for p in PLACES if s != 3 or p == "gates"
    ]
    assert runs == 37
    refusal = ["Refused", "Not today.", "Ask Bo.", {"n": 7}]
    assert finish(process)[-1][1]["parts"] == [
        "hello0",
        "hello1",
        refusal,
        "hello3",
        "hello4",
        "hello5",
    ]
    acts = WORLD.lines("acts")
    # Killed at "act ends" the act runs once more, with the same key; otherwise never again.
    assert acts == [f"{s} hello{s - 1}" for s in (1, 2, 4, 5, 6) for _ in range(2)]
    charged = query(
        url,
        CHARGED,
    )
    assert sorted(charged) == [(f"t1:{s}", 1, 7) for s in (1, 2, 4, 5, 6)]
    assert query(url, BOOKS) == [(0, 35)]
    kernel = parts.open_studio(url)
    parts.books(kernel)
    events = kernel.events.since("t1")
    assert [e.id for e in events] == list(range(1, len(events) + 1))
    assert [e.type for e in events].count("step.restarted") >= 5
    parts.close_studio(kernel)


def test_killed_at_random_moments_the_books_balance(child, url):
    sqlite_only(url)
    again = ("submit,fan,t1,6", "state,t1,done,failed")  # the same id: submitted once
    for wait_s in (0.02, 0.1, 0.15, 0.2, 0.25, 0.3):
        process = child(*again)
        process.stdout.readline()
        time.sleep(wait_s)
        process.kill()
        process.wait()
    process = child(*again)
    assert finish(process)[-1][1]["parts"] == [[f"a{i}", f"b{i}"] for i in range(6)] + ["mux"]
    kernel = parts.open_studio(url)
    parts.books(kernel)
    parts.close_studio(kernel)
    assert query(url, BOOKS) == [(0, 91)]


def test_a_refusal_takes_the_same_branch_on_replay(child, url):
    WORLD.note("deaths", "2 act begins")
    process = child("submit,branch,t1,6", "state,t1,done")
    assert process.wait(120) == -9
    nobody_hears_of(url, processes(url))
    assert finish(child("state,t1,done"))[-1][1] == {"parts": [7]}
    assert WORLD.lines("acts") == ["2 7"]
    assert WORLD.lines("asked") == ["once"]  # the gate would allow it now, and is not asked


def test_the_order_of_map_is_stable_over_replay(child, url):
    WORLD.note("deaths", "9 act ends")
    process = child("submit,fan,t1,6", "state,t1,done")
    assert process.wait(120) == -9
    nobody_hears_of(url, processes(url))
    done = finish(child("state,t1,done"))[-1][1]
    assert done["parts"] == [[f"a{i}", f"b{i}"] for i in range(6)] + ["mux"]
    rows = query(url, "select seq, name from kernel_step order by seq")
    assert [n for _, n in rows][1:-1] == [
        n for i in range(6) for n in (f"shot{i}", f"a{i}", f"b{i}")
    ]
    settled = query(
        url,
        SETTLED,
    )
    assert settled == [(13,)]


def test_parking_survives_kill_9_and_repeats_nothing(child, url):
    process = child("submit,publish,t1,6", "state,t1,waiting", "sleep,300")
    process.stdout.readline()
    process.stdout.readline()
    process.kill()
    process.wait()
    finish(child("sleep,1.5"))  # a restart alone wakes nothing
    assert query(url, "select state from kernel_task") == [("waiting",)]
    assert finish(child("answer,t1,2,approved", "state,t1,done"))[-1][1]["parts"] == [
        "draft",
        "published",
        "after",
    ]
    assert WORLD.lines("acts") == ["1 draft", "2 published", "3 after"]


def test_an_answer_survives_a_kill_before_the_task_goes_on(child, url):
    sqlite_only(url)
    finish(child("submit,publish,t1,6", "state,t1,waiting"))
    engine = sa.create_engine(url)  # what `answer` commits, and then the process dies
    with engine.begin() as db:
        db.execute(sa.text("update kernel_wait set verdict = 'approved', \"by\" = 'bo'"))
        lost = "update kernel_task set state = 'queued', leg = 2, wake_at = '2020-01-01 00:00:00'"
        db.execute(sa.text(lost))
    engine.dispose()
    assert finish(child("state,t1,done"))[-1][1]["parts"] == ["draft", "published", "after"]


def test_a_cancel_that_came_before_the_restart_settles_the_step_it_left(child, url):
    """What the first try cost nobody knows: its estimate is charged, and nothing stays held."""
    sqlite_only(url)
    WORLD.note("deaths", "1 act ends")
    process = child("submit,publish,t1,6", "state,t1,waiting")
    assert process.wait(120) == -9
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.text("update kernel_task set cancel_at = created_at"))
    engine.dispose()
    finish(child("state,t1,cancelled"))
    assert query(url, "select state, cost_nusd from kernel_step") == [("cancelled", 10)]
    assert query(url, BOOKS) == [(0, 10)]
    assert WORLD.lines("acts") == ["1 draft"]


def died_at_a_price_of_10(child):
    WORLD.note("deaths", "1 act ends")
    WORLD.note("price", "10")
    process = child("submit,priced,t1,6", "state,t1,done,failed")
    assert process.wait(120) == -9


def change(url, sql):
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.text(sql))
    engine.dispose()


def limited_to(url, nusd):
    change(url, f"insert into ledger_limit values ('org:acme', 'nusd', 'total', {nusd}, 'acme')")


def books_balance(url):
    kernel = parts.open_studio(url)
    parts.books(kernel)
    parts.close_studio(kernel)


def test_a_repeat_that_may_cost_more_holds_that_before_it_acts(child, url):
    died_at_a_price_of_10(child)
    WORLD.note("price", "50")
    limited_to(url, 50)
    nobody_hears_of(url, processes(url))
    finish(child("state,t1,done"))
    assert query(url, "select overrun_nusd from kernel_step") == [(0,)]
    assert query(url, "select count(*) from ledger_entry where kind = 'overrun'") == [(0,)]
    assert query(url, BOOKS) == [(0, 47)]
    books_balance(url)


def test_a_repeat_that_no_limit_allows_is_refused_and_the_first_try_charged_as_held(child, url):
    sqlite_only(url)
    died_at_a_price_of_10(child)
    WORLD.note("price", "50")
    limited_to(url, 49)
    finish(child("state,t1,done,failed"))
    assert WORLD.lines("acts") == ["1 x"]
    assert query(url, "select json_extract(error, '$.code') from kernel_task") == [
        ("budget_exceeded",)
    ]
    assert query(url, BOOKS) == [(0, 10)]
    assert query(url, "select state from ledger_hold") == [("settled",)]
    books_balance(url)


@pytest.mark.parametrize(("left", "ends", "spent"), [(10, "done", 7), (9, "failed", 10)])
def test_a_repeat_whose_hold_has_expired_holds_again(child, url, left, ends, spent):
    sqlite_only(url)
    died_at_a_price_of_10(child)
    change(url, "update ledger_hold set lease_at = '2020-01-01 00:00:00.000000'")
    database = Database(url)
    assert Accounts(database).expire() == ["t1:1"]
    database.close()
    limited_to(url, left)
    finish(child("state,t1,done,failed"))
    assert query(url, "select state from kernel_task") == [(ends,)]
    over = query(url, "select count(*) from ledger_entry where kind = 'overrun'")
    assert (over == [(0,)]) == (ends == "done")
    assert len(WORLD.lines("acts")) == (2 if ends == "done" else 1)
    assert query(url, BOOKS) == [(0, spent)]
    books_balance(url)


def test_a_deadline_is_absolute_across_restarts(child, url):
    sqlite_only(url)
    process = child("patience=600", "submit,publish,t1,6", "state,t1,waiting", "sleep,300")
    process.stdout.readline()
    process.stdout.readline()
    process.kill()
    process.wait()
    deadline = query(url, "select deadline_at from kernel_wait")
    finish(child("patience=9000", "sleep,1.5"))
    assert query(url, "select deadline_at from kernel_wait") == deadline
    change(url, "update kernel_wait set deadline_at = '2020-01-01 00:00:00.000000'")
    finish(child("patience=9000", "state,t1,expired"))


def test_what_a_viewer_saw_before_the_kill_is_a_prefix_of_the_record(child, url):
    sqlite_only(url)
    WORLD.note("deaths", "15 act ends")
    process = child("submit,fan,t1,6", "follow,t1")
    seen = []

    def watch():  # a viewer in another process reads the committed rows, the last when it is dead
        lives = True
        while lives:
            lives = process.poll() is None
            rows = query(url, "select id, type, data from kernel_event order by id")
            assert rows[: len(seen)] == seen
            seen[:] = rows
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    while not re.search("kernel_event", str(query(url, "select name from sqlite_master"))):
        time.sleep(0.02)
    thread.start()
    thread.join()
    assert process.returncode == -9
    finish(child("state,t1,done"))
    recorded = query(url, "select id, type, data from kernel_event order by id")
    assert len(seen) > 10
    assert recorded[: len(seen)] == seen
    assert [r[0] for r in recorded] == list(range(1, len(recorded) + 1))
    assert "step.restarted" in [r[1] for r in recorded]


class TestManyProcesses:
    def test_the_living_adopt_the_tasks_of_the_dead(self, child, url):
        if url.startswith("sqlite"):
            pytest.skip("Postgres only")
        WORLD.note("deaths", "4 act ends")
        first = child("submit,six,t1,6", "sleep,300")
        first.stdout.readline()
        of_first = processes(url)
        second = child("sleep,300")
        parts.happens(lambda: first.poll() is not None or second.poll() is not None)
        of_second = [one for one in processes(url) if one not in of_first]
        nobody_hears_of(url, of_second if first.poll() is None else of_first)
        parts.happens(lambda: query(url, "select state from kernel_task") == [("done",)])
        refusal = ["Refused", "Not today.", "Ask Bo.", {"n": 7}]
        made = ["hello0", "hello1", refusal, "hello3", "hello4", "hello5"]
        assert query(url, "select output from kernel_task") == [({"parts": made},)]
        assert sorted(WORLD.lines("acts")) == [
            "1 hello0",
            "2 hello1",
            "4 hello3",
            "4 hello3",
            "5 hello4",
            "6 hello5",
        ]
        assert query(url, BOOKS) == [(0, 35)]

    def test_a_cancel_from_another_process_stops_the_act(self, child, url):
        if url.startswith("sqlite"):
            pytest.skip("Postgres only")
        runner = child("submit,stream,t1,5", "state,t1,running", "sleep,300")
        runner.stdout.readline()
        runner.stdout.readline()
        kernel = parts.open_studio(url, queues=())
        said = lambda: [e.type for e in kernel.events.since("t1")].count("delta")  # noqa: E731
        parts.happens(lambda: said() == 5)
        kernel.cancel("t1")
        parts.until(kernel, "t1", "cancelled", timeout_s=90)  # by itself it goes on for longer
        assert kernel.task("t1").error["details"]["made"] == "w0 w1 w2 w3 w4 "
        parts.books(kernel)
        parts.close_studio(kernel)

    def test_a_viewer_in_another_process_sees_everything(self, child, url):
        if url.startswith("sqlite"):
            pytest.skip("Postgres only")
        kernel = parts.open_studio(url, queues=())
        runner = child("submit,fan,t1,6", "state,t1,done")
        runner.stdout.readline()
        seen = [(e.id, e.type) for e in kernel.follow("t1")]
        recorded = [(e.id, e.type) for e in kernel.events.since("t1")]
        assert seen == recorded
        assert [i for i, _ in seen] == list(range(1, len(seen) + 1))
        finish(runner)
        parts.close_studio(kernel)
