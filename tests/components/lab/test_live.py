"""Viewers hear every event once and in order, and are never stuck between events."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from components.lab import live


class Kernel:
    """A log that speaks when it is told to."""

    def __init__(self):
        self.gate = threading.Semaphore(0)
        self.said = 0

    def follow(self, task_id):
        for i in range(1, 4):
            if not self.gate.acquire(timeout=30):
                return
            yield SimpleNamespace(id=i)


def test_every_event_comes_once_and_in_order():
    kernel = Kernel()
    kernel.gate.release(3)
    seen = [event.id for events in live.follow(kernel, "a") for event in events]
    assert seen == [1, 2, 3]


def test_a_viewer_that_waits_is_woken_by_ticks():
    kernel = Kernel()
    stream = live.follow(kernel, "b")
    assert next(stream) == []  # the log has said nothing yet
    kernel.gate.release(3)
    assert [e.id for events in stream for e in events] == [1, 2, 3]


def test_who_comes_later_starts_after_what_was_seen():
    kernel = Kernel()
    kernel.gate.release(3)
    assert [e.id for events in live.follow(kernel, "c", after=2) for e in events] == [3]


def test_viewers_share_one_follower():
    kernel = Kernel()
    followers = live.Followers()
    assert followers.of(kernel, "d") is followers.of(kernel, "d")
    kernel.gate.release(3)
