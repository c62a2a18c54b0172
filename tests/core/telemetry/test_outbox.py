"""An outbox takes everything at once, keeps a bounded part, and counts the rest."""

import threading
import time

from core.telemetry.outbox import Outbox


def test_what_was_put_arrives_in_order_when_it_is_closed():
    got = []
    box = Outbox("t", lambda batch: got.extend(batch) or True, every_s=60)
    for i in range(1_000):
        box.put(i)
    box.close(60)
    assert got == list(range(1_000))
    assert box.status() == {"sent": 1_000, "failed": 0, "dropped": 0, "waiting": 0}


def test_a_sink_that_hangs_costs_neither_time_nor_more_than_the_bound():
    hangs, free, came_back = threading.Event(), threading.Event(), []

    def sink(batch):
        hangs.set()
        free.wait(300)
        came_back.append(batch)
        return True

    box = Outbox("t", sink, kept_max=300, every_s=0.01)
    box.put("first")
    assert hangs.wait(60)
    for i in range(5_000):
        box.put(i)
    assert box.status()["waiting"] <= 300
    box.close(0.2)
    status = box.status()
    assert came_back == [], "neither putting nor closing waited for it"
    free.set()
    assert status["waiting"] == 0
    assert status["dropped"] >= 5_000 - 300 - 256
    box.put("late")
    assert box.status()["dropped"] == status["dropped"] + 1


def test_what_can_be_spared_takes_at_most_half_of_the_room():
    free = threading.Event()
    box = Outbox("t", lambda _: free.wait(300), kept_max=100, every_s=60)
    for _ in range(100):
        box.put("sql", spare=True)
    for _ in range(50):
        box.put("step")
    assert box.status()["waiting"] == 100
    assert box.status()["dropped"] == 50
    free.set()
    box.close(60)


def test_a_sink_that_goes_and_comes_back_is_told_once_each(caplog):
    caplog.set_level("INFO")
    works = [False, False, True]
    box = Outbox("t", lambda _: works.pop(0), every_s=0.01)
    for sent in (1, 2, 3):
        box.put("x")
        end = time.monotonic() + 60
        while box.sent + box.failed < sent and time.monotonic() < end:
            time.sleep(0.005)
    box.close(60)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert (box.sent, box.failed) == (1, 2)


def test_a_sink_that_breaks_in_an_unforeseen_way_is_asked_again():
    answers = [KeyError("odd"), True]

    def send(_batch):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    box = Outbox("t", send, every_s=0.01)
    box.put("lost")
    end = time.monotonic() + 60
    while not box.failed and time.monotonic() < end:
        time.sleep(0.005)
    box.put("sent")
    box.close(60)
    assert (box.sent, box.failed) == (1, 1)
