"""The real studio, with an operation that emits tokens and nothing else."""

from __future__ import annotations

from pydantic import BaseModel

from app import ROOT
from app import app as studio_app
from components import session
from core.insight import Question
from core.kernel import Policy, Run, operation
from core.kernel.calls import Call
from tests.benchmarks import stamps


class Nothing(BaseModel):
    """Neither in nor out."""


@operation("bench.tokens", policy=Policy(queue="interactive"))
def tokens(run: Run, given: Nothing) -> Nothing:
    """Say tokens as a model would."""

    def speak(call: Call) -> None:
        for token in stamps.emitted():
            call.keep(token)

    run.step("model", "speak", speak)
    return given


def _speak() -> str:
    """The id of a task that waits for its viewer, then speaks."""
    stamps.GO.clear()
    studio = session.studio()
    return studio.kernel.submit("bench.tokens", {}, studio.people.local().who())


def _ask() -> str:
    """The id of a finished question about the sample data."""
    studio = session.studio()
    person = studio.people.local()
    sample = ROOT / "data" / "samples" / "coffee_sales.csv"
    source = studio.add_source(person, sample.name, [sample.read_bytes()])
    asked = Question(question="Why did revenue fall in the last quarter?", sources=[source])
    task_id = studio.ask(person, asked)
    for _ in studio.kernel.follow(task_id):
        pass
    return task_id


app = stamps.measured(studio_app, {"speak": _speak, "ask": _ask})
