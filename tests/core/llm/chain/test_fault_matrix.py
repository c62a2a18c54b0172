"""Every fault, at every moment, at every provider: the same outcome, cost and events.

The first model of a chain fails in the way of the cell, the second answers.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from core.llm import Gateway
from core.llm.pricing import known
from tests.core.llm import parts
from tests.loopback.server import Turn

BACKUP = "openai/gpt-4o"
PROVIDERS = {
    "openai/gpt-4o-mini": "gpt",
    "anthropic/claude-sonnet-4-5": "claude",
    "mistral/mistral-small-latest": "mistral",
    "ollama/llama3.1": "ollama",
    "compatible/m": "gpt",
}
CONTEXT = "This model's maximum context length is 128000 tokens."
POLICY = "Your request was rejected: content_policy_violation."


@dataclass(frozen=True)
class Cell:
    """What is done to the request, and what must come of it."""

    turn: Turn
    reason: str  # why the first attempt failed; empty: it did not
    billed: str  # nothing, estimated (from what arrived), exact
    shown: bool = False  # viewers had seen some of it


BEFORE = {
    "400 a request it does not take": Cell(Turn(status=400, error="bad"), "request", "nothing"),
    "400 more than it can read": Cell(
        Turn(status=400, error=CONTEXT, code="context_length_exceeded"), "context", "nothing"
    ),
    "400 content it refuses": Cell(
        Turn(status=400, error=POLICY, code="content_policy_violation"), "policy", "nothing"
    ),
    "401 a wrong key": Cell(Turn(status=401), "key", "nothing"),
    "402 no money there": Cell(Turn(status=402), "payment", "nothing"),
    "403 no right": Cell(Turn(status=403), "key", "nothing"),
    "404 no such model": Cell(Turn(status=404), "unknown", "nothing"),
    "408 too slow": Cell(Turn(status=408), "timeout", "nothing"),
    "429 too many": Cell(Turn(status=429), "rate_limit", "nothing"),
    "500 broken": Cell(Turn(status=500), "down", "nothing"),
    "503 overloaded": Cell(Turn(status=503), "down", "nothing"),
    "529 overloaded": Cell(Turn(status=529), "down", "nothing"),
    "silence": Cell(Turn(delay_s=600), "timeout", "estimated"),
}
AMID = {
    "the line drops": Cell(Turn(cut_after=3), "cut", "estimated", shown=True),
    "it falls silent": Cell(Turn(stall_after=3), "timeout", "estimated", shown=True),
    "the line drops amid a tool call": Cell(
        Turn(tools=[("weather", '{"city": "Paris"}')], cut_after=1), "cut", "estimated"
    ),
}
AFTER = {
    "it never says that it ended": Cell(Turn(ends=False), "cut", "estimated", shown=True),
    "it never says what it counted": Cell(Turn(counts=False), "", "estimated", shown=True),
    "nothing": Cell(Turn(), "", "exact", shown=True),
}
SILENT = {"before: silence": "timeout", "amid: it falls silent": "idle"}
# Its wire tells the count with the first line, so it is never missing.
ALWAYS_COUNTS = ("after: it never says what it counted", "anthropic/claude-sonnet-4-5")
CELLS = {
    f"{moment}: {name}": cell
    for moment, cells in (("before", BEFORE), ("amid", AMID), ("after", AFTER))
    for name, cell in cells.items()
}


# These two wires send a tool call whole: nothing can drop amid one.
IMPOSSIBLE = {
    ("amid: the line drops amid a tool call", "mistral/mistral-small-latest"),
    ("amid: the line drops amid a tool call", "ollama/llama3.1"),
}
MATRIX = [cell for cell in itertools.product(CELLS, PROVIDERS) if cell not in IMPOSSIBLE]


@pytest.fixture
def gateway(gpt, claude, places):
    gpt.script.clear()
    claude.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url, **places, timeout_s=600, idle_s=600))


SHORT = {"timeout": {"timeout_s": 1.0}, "idle": {"idle_s": 1.0}}


def wait_briefly(kernel, gateway, monkeypatch, of):
    """The first attempt is given a second, so that its silence ends; the next has all the time."""
    usual = gateway.config
    gateway.config = usual.model_copy(update=SHORT[of])
    again = lambda _ask, _outcome: setattr(gateway, "config", usual)  # noqa: E731
    monkeypatch.setattr(kernel, "listeners", [*kernel.listeners, again])


@pytest.fixture(scope="module")
def places(mistral, ollama):
    """Where the other two are."""
    mistral.script.clear()
    ollama.script.clear()
    return {"mistral_base_url": f"{mistral.url}/v1", "ollama_host": ollama.url}


@pytest.fixture(scope="module", autouse=True)
def _warm(kernel, gpt, claude, places):
    """The first call of each wire pays for imports."""
    gpt.script.clear()
    claude.script.clear()
    gateway = Gateway(parts.settings(gpt.url, claude.url, **places))
    for model in PROVIDERS:
        parts.reply_of(kernel, gateway, models=[model], tools=[parts.WEATHER])


@pytest.mark.parametrize(("name", "model"), MATRIX)
def test_a_fault_has_one_outcome_one_cost_and_one_story(  # noqa: PLR0917 - all are fixtures
    kernel, gateway, request, monkeypatch, name, model
):
    cell = CELLS[name]
    if name in SILENT:
        wait_briefly(kernel, gateway, monkeypatch, SILENT[name])
    server = request.getfixturevalue(PROVIDERS[model])
    server.script[model.partition("/")[2]] = cell.turn
    tools = [parts.WEATHER] if cell.turn.tools else []
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[model, BACKUP], tools=tools))

    assert task.state == "done", task.error
    reply = parts.Reply.model_validate(task.output["reply"])
    failed = [(model, cell.reason)] if cell.reason else []
    assert [(t.model, t.reason) for t in reply.attempts] == [
        *failed,
        (BACKUP if cell.reason else model, ""),
    ]
    steps = parts.rows(kernel, "kernel_step", task.id)
    assert [s.state for s in steps] == ["failed"] * len(failed) + ["done"]
    if (name, model) == ALWAYS_COUNTS:
        cell = replace(cell, billed="exact")
    _check_cost(kernel, task.id, cell, model, steps[0])
    _check_story(kernel, task.id, cell)
    assert parts.rows(kernel, "kernel_step", task.id)[-1].outcome


def _check_cost(kernel, task_id, cell, model, first):
    """What was billed, and that the books say so."""
    uses = [use for use in parts.rows(kernel, "ledger_usage", task_id) if use.model == model]
    free = model.startswith("ollama")
    if cell.billed == "nothing":
        assert uses == []
        assert first.cost_nusd == 0
    else:
        (use,) = uses
        assert bool(use.estimated) == (cell.billed == "estimated")
        assert use.prompt_tokens > 0
        assert (use.cost_nusd > 0) != free
        assert use.cost_nusd == first.cost_nusd
    if cell.billed == "exact" and model == "openai/gpt-4o-mini":
        price = known("gpt-4o-mini")
        assert first.cost_nusd == 100 * price.input + 20 * price.output
    query = "select sum(case when state = 'open' then 1 else 0 end) as open from ledger_hold"
    (holds,) = kernel.database.rows(sa.text(query))
    assert not holds.open


def _check_story(kernel, task_id, cell, faults=1):
    """What viewers were told: text that is void is called so, before other text comes."""
    types = [event.type for event in parts.events(kernel, task_id)]
    assert types.count("step.failed") == (faults if cell.reason else 0)
    assert ("model.restarted" in types) == bool(cell.reason and cell.shown)
    assert types[-1] == "task.done"


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"])
def test_what_was_shown_before_two_faults_is_void(kernel, gateway, request, gpt, model):
    server = request.getfixturevalue(PROVIDERS[model])
    server.script[model.partition("/")[2]] = AMID["the line drops"].turn
    gpt.script["gpt-4.1-mini"] = Turn(status=500)
    models = [model, "openai/gpt-4.1-mini", BACKUP]
    task = parts.end(kernel, parts.ask(kernel, gateway, models=models))
    reply = parts.Reply.model_validate(task.output["reply"])
    assert [tried.reason for tried in reply.attempts] == ["cut", "down", ""]
    _check_story(kernel, task.id, Cell(Turn(), "cut", "estimated", shown=True), faults=2)


def test_every_cell_is_tried_at_every_provider():
    assert len(MATRIX) == 93
