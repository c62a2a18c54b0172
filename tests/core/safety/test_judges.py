"""A judge that fails rests; what it said is remembered."""

from __future__ import annotations

import pytest

from core.safety.judges import KEPT_MAX, Bench, Panel
from core.safety.rules import load
from tests.core.safety.parts import Scripted


def test_after_a_failure_it_rests_and_then_is_asked_again(caplog):
    judge, at = Scripted({"violence": 0.2}, down=True), [0.0]
    bench = Bench(judge, rest_s=30, clock=lambda: at[0])
    assert bench.take(bench.begin(["a"])) is None
    assert "Built-in rules" in caplog.text
    assert bench.begin(["b"]) is None
    assert "does not answer" in bench.detail
    at[0], judge.down = 31.0, False
    assert bench.take(bench.begin(["a"])).scores == {"violence": 0.2}
    assert bench.detail == "openai/judge"
    assert judge.asked == 2


def test_what_it_does_not_take_is_no_reason_to_rest(caplog):
    judge = Scripted({"violence": 0.2}, down=True, reason="request")
    bench = Bench(judge)
    assert bench.take(bench.begin(["a"])) is None
    assert "Built-in rules" in caplog.text
    assert bench.detail == "openai/judge"
    judge.down = False
    assert bench.take(bench.begin(["b"])).scores == {"violence": 0.2}


def test_what_was_judged_in_part_is_told_and_judged_again(caplog):
    judge = Scripted({}, note="openai/judge read 2 of 3 parts")
    bench = Bench(judge)
    for _ in range(2):
        assert bench.take(bench.begin(["a"])).note == judge.note
    assert judge.asked == 2
    assert judge.note in caplog.text


def test_a_remembered_judgement_costs_nothing():
    bench = Bench(Scripted({"violence": 0.2}))
    assert len(bench.take(bench.begin(["a"])).uses) == 1
    assert bench.take(bench.begin(["a"])).uses == ()


@pytest.mark.parametrize(
    "other", [(["a", "b"], []), (["ab"], ["c"]), (["a"], ["b"]), (["b", "a"], [])]
)
def test_other_texts_are_other_judgements(other):
    judge = Scripted({})
    bench = Bench(judge)
    bench.begin(["ab"])
    bench.begin(*other)
    assert judge.asked == 2


def test_it_does_not_remember_without_end():
    judge = Scripted({})
    bench = Bench(judge)
    for n in range(KEPT_MAX + 1):
        bench.begin([str(n)])
    bench.begin(["0"])
    assert judge.asked == KEPT_MAX + 2


def test_a_panel_of_silence_asks_nobody():
    judge = Scripted({})
    panel = Panel(Bench(judge), load(), lambda use: use)
    panel.hear("  ")
    panel.end()
    assert list(panel.said(wait=True)) == []
    assert judge.asked == 0
