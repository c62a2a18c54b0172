"""Operations whose model steps report all that a gateway reports."""

from core.errors import Unavailable
from core.kernel import Call, Policy, Run, operation
from tests.core.kernel.proofs.parts import Given, Made
from tests.core.telemetry.test_facts import USE

COST = {"nusd": 2_000, "tokens": 500}


@operation("metered", policy=Policy(queue="batch"))
def metered(run: Run, given: Given) -> Made:
    """One model call that is told in full, and one tool."""

    def act(call: Call):
        call.use(**USE)
        return given.text

    run.step("model", "complete", act, estimate=COST)
    run.step("tool", "count", lambda call: call.spend(nusd=1), estimate=COST)
    return Made(parts=[])


@operation("under", policy=Policy(queue="batch"))
def under(run: Run, _given: Given) -> Made:
    """A model call under another policy than the operation's own."""

    def act(call: Call):
        call.use(**USE, use_case="conversation", variant="b")

    run.step("model", "complete", act, estimate=COST)
    return Made(parts=[])


@operation("many", policy=Policy(queue="batch"))
def many(run: Run, given: Given) -> Made:
    """As many small steps as are asked for."""
    for i in range(given.n):
        run.step("tool", f"s{i}", lambda call: call.spend(nusd=1), estimate=COST)
    return Made(parts=[])


@operation("down", policy=Policy(queue="batch"))
def down(run: Run, _given: Given) -> Made:
    """A provider that is not there."""

    def act(_call: Call):
        raise Unavailable("Nobody at ana@example.org answers.", hint="Later.")

    run.step("model", "complete", act, estimate=COST)
    return Made(parts=[])


@operation("down_under", policy=Policy(queue="batch"))
def down_under(run: Run, _given: Given) -> Made:
    """A provider that is not there, asked under another policy than the operation's own."""

    def act(_call: Call):
        raise Unavailable("Nobody answers.", hint="Later.")

    run.under("conversation").step("model", "complete", act, estimate=COST)
    return Made(parts=[])


@operation("bug", policy=Policy(queue="batch"))
def bug(_run: Run, given: Given) -> Made:
    """Broken code that quotes what it was given."""
    raise KeyError(given.text)
