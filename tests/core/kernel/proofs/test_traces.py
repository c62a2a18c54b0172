"""kill -9 in the middle of a task: the next process continues the client's trace."""

from __future__ import annotations

import json

import pytest

from tests.core.kernel.proofs.parts import WORLD
from tests.loopback.sinks import otlp_server

CLIENT = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


@pytest.mark.slow
def test_the_trace_goes_on_in_another_process_after_a_crash(child, url):
    if not url.startswith("sqlite"):
        pytest.skip("the same path; run once")
    WORLD.note("deaths", "4 act begins")
    with otlp_server.open_collector() as sink:
        first = child(f"otlp={sink.url}", f"submit,six,t1,6,{CLIENT}", "state,t1,done")
        assert first.wait(120) != 0
        second = child(f"otlp={sink.url}", "state,t1,done")
        out, err = second.communicate(timeout=120)
        assert second.returncode == 0, err[-3000:]
        assert json.loads(out)[0] == "state"
    found = [span for span in sink.seen if span.get("studio.task_id") == "t1"]
    assert {span["trace_id"] for span in found} == {"ab" * 16}
    (leg,) = [span for span in found if span["name"] == "six"]  # the first one's died with it
    steps = [span for span in found if span["parent_id"] == leg["span_id"]]
    assert [span["studio.seq"] for span in steps] == [4, 5, 6]
    submitted = [span for span in sink.seen if span.get("name") == "submit six"]
    assert all(span["span_id"] == leg["parent_id"] for span in submitted)
