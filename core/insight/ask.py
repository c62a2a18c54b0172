"""`insight.ask`: a question about files becomes a deck, one bounded iteration at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from core.data.landing import ReadOptions
from core.errors import (
    BudgetExceeded,
    Invalid,
    NotFound,
    Refused,
    Rejected,
    StudioError,
    Unavailable,
)
from core.insight.inquiry import PROFILE, Inquiry
from core.insight.landings import LandedFile, settled, table_names
from core.insight.prompts import (
    ANSWER_IN_WORDS,
    BEGIN,
    NONE_LEFT,
    UNREADABLE,
    answer_now,
    opening,
    remark,
    trouble,
)
from core.kernel import Call, Policy, Run, operation
from core.llm import Reply, ToolCall
from core.storage.blobs import Source
from core.tools.recall import recalled
from core.tools.tool import TOOLS, discover

TABLES_MAX = 20
BROKE_OFF = ("cut", "timeout")  # the same model may be asked once more
NO_ANSWER = "The model gave no answer in words that the evidence supports; the findings say it."
DOWN = (Unavailable, NotFound, Invalid)  # what a chain raises when no model of it answers


class Question(BaseModel):
    """A question, the files to answer it from, and how far the answer may go."""

    question: str = Field(min_length=3, max_length=2_000, description="What do you want to know?")
    sources: list[Source] = Field(
        min_length=1, max_length=TABLES_MAX, description="CSV, TSV, JSON, JSON lines or Parquet"
    )
    iterations: int = Field(default=12, ge=1, le=100, description="Tools it may use at most")
    tools: list[str] = Field(default_factory=list, description="Tools allowed; empty means all")
    tags: list[str] = Field(default_factory=list, max_length=20, description="Governance tags")
    read: dict[str, ReadOptions] = Field(
        default_factory=dict, description="How to read a file, by its hash, where it is in doubt"
    )


class Answered(BaseModel):
    """Where the deck is, and how the run ended."""

    deck: str = Field(description="SHA-256 of the deck's JSON")
    stopped: str | None = Field(description="Why the deck is partial; null when it is whole")
    iterations: int
    slides: int


@operation("insight.ask", policy=Policy(name="insight", flag="insight", budget_nusd=500_000_000))
def ask(run: Run, question: Question) -> Answered:
    """Answer a question from files, with evidence for every number."""
    files = [
        _land(run, question, source, table)
        for source, table in zip(question.sources, table_names(question.sources), strict=True)
    ]
    with run.studio.landings.open(files) as tables:
        allowed = _allowed(run.policy.tools, question.tools)
        inquiry = Inquiry(question.question, files, tables, allowed)
        _check_budget(run)
        stopped = _inquire(run, inquiry, question)
        answer = _conclude(run, inquiry, stopped)
        made = run.step("deck", "deck", lambda call: inquiry.publish(run, call, answer, stopped))
    return Answered(stopped=stopped, iterations=inquiry.iterations, **made)


def _land(run: Run, question: Question, source: Source, table: str) -> LandedFile:
    stop = threading.Event()

    def act(call: Call) -> LandedFile:
        call.say("progress", note=f"Reading {source.name}")
        options = question.read.get(source.hash)
        landed = run.studio.landings.land(run.who.org, source, options, table=table, stop=stop)
        return settled(landed)

    made = run.step("data", f"read {source.name}", act, stop=stop.set)
    return LandedFile.model_validate(made)


def _check_budget(run: Run) -> None:
    """The run must fit what person and team have left, before its first model call."""

    def act(_call: Call) -> dict[str, Any]:
        most = run.studio.dearest(run)
        found = run.studio.ledger.check(run.who, most)
        verdict = found.verdict
        if not found.allowed:
            raise BudgetExceeded(verdict.message, hint=verdict.hint, **verdict.details)
        return most

    run.step("check", "budget", act)


def _allowed(policy: Sequence[str] | None, wanted: Sequence[str]) -> set[str]:
    """The tools that both the policy and the question allow; empty means all. Raises Invalid."""
    if policy is None:
        return set(wanted)
    permitted = set(policy) & set(discover()) | {PROFILE}
    refused = sorted(set(wanted) & set(discover()) - permitted)
    if refused:
        raise Invalid(
            f"The policy of this use case does not allow the tool {refused[0]!r}.",
            hint=f"It allows: {', '.join(sorted(permitted))}.",
        )
    return set(wanted) or permitted


def _inquire(run: Run, inquiry: Inquiry, question: Question) -> str | None:
    """Decide, run, record, until the model is content or something stops it: then why."""
    most = min(question.iterations, run.policy.iterations_max or question.iterations)
    prompts, org_id = run.studio.prompts, run.who.org
    begun = opening(prompts, org_id, question.question, inquiry.files, run.policy.prompt)
    inquiry.begin(begun.messages)
    nudged = False
    while inquiry.iterations < most:
        reply = _next_move(run, inquiry, begun.hash)
        if isinstance(reply, str):
            return reply
        calls = inquiry.listen(reply)
        if not calls and (inquiry.iterations or nudged):
            return None if inquiry.iterations else "idle"
        if not calls:
            nudged = True
            inquiry.say(remark(BEGIN))
        try:
            for wanted in calls:
                _use(run, inquiry, wanted, of=most)
        except BudgetExceeded:
            return "budget"
        if inquiry.stuck:
            return "repeated"
    return "iterations"


def _next_move(run: Run, inquiry: Inquiry, prompt_hash: str) -> Reply | str:
    """What the model does next, or why it cannot. Raises when it never said anything."""
    inquiry.tidy()
    try:
        return _decide(run, inquiry, "decide", prompt_hash)
    except BudgetExceeded:
        return "budget"
    except (Refused, *DOWN) as error:  # what was said, not what was asked, may be what is refused
        if not inquiry.looks or isinstance(error, Rejected):
            raise
        return "model"


def _decide(run: Run, inquiry: Inquiry, name: str, prompt_hash: str) -> Reply:
    """The model's next move. An answer that broke off is asked for once more, at its own price.

    A talk that is too long for the limit of one request is made shorter.
    """

    def complete() -> Reply:
        try:
            return run.studio.llm.complete(
                run, inquiry.talk, tools=inquiry.specs(), name=name, prompt_hash=prompt_hash
            )
        except BudgetExceeded as error:
            limit = error.details.get("unit"), error.details.get("period")
            if limit != ("tokens", "request") or not inquiry.tighten():
                raise
        return complete()

    try:
        return complete()
    except Unavailable as error:
        if error.details.get("reason") not in BROKE_OFF:
            raise
    return complete()


def _use(run: Run, inquiry: Inquiry, wanted: ToolCall, *, of: int) -> None:
    """One iteration: the tool runs as a step; what goes wrong is told to the model."""
    if inquiry.stuck or inquiry.iterations >= of:
        inquiry.hear(wanted, trouble(NONE_LEFT))
        return
    inquiry.iterations += 1
    number = inquiry.iterations
    if inquiry.repeats(wanted):
        return
    if wanted.raw:
        inquiry.hear(wanted, trouble(UNREADABLE))
        return

    def act(call: Call) -> Any:
        call.say("insight.iteration", number=number, of=of, tool=wanted.name)
        return _recalled(run, inquiry, wanted, call)

    if inquiry.closes_question(wanted):
        run.step("deck", "slides so far", lambda call: inquiry.preview(run, call))
    try:
        made = run.step("tool", wanted.name[:80], act, stop=inquiry.tables.interrupt)
    except StudioError as error:
        if isinstance(error, BudgetExceeded) or error.code in ("cancelled", "unavailable"):
            raise
        inquiry.hear(wanted, trouble(f"{error.message} {error.hint}".strip()))
        return
    inquiry.take(wanted, made)


def _recalled(run: Run, inquiry: Inquiry, wanted: ToolCall, call: Call) -> Any:
    """What the tool says, or said before of the same rows; then the step says so."""
    inquiry.check(wanted)
    made, cached = recalled(
        run.studio.cache,
        org_id=run.who.org,
        tool=TOOLS[wanted.name],
        arguments=wanted.arguments,
        tables={file.table: _rows(file) for file in inquiry.files},
        make=lambda: inquiry.run_tool(wanted),
    )
    if not cached:
        return made
    call.say("tool.cached", tool=wanted.name)
    return {**made, "cached": True}


def _rows(file: LandedFile) -> str:
    """Which rows the table has: the file's bytes, how they were read, and what came of it."""
    options = file.landing.options.model_dump_json(exclude_none=True)
    return f"{file.source.hash} {file.parquet} {options}"


def _conclude(run: Run, inquiry: Inquiry, stopped: str | None) -> str:
    """The answer in words, from findings whose receipts are final. Empty: the slides say it."""
    if stopped in ("budget", "model") or (stopped and not inquiry.looks):
        return ""
    now = answer_now(run.studio.prompts, run.who.org)
    inquiry.close()
    inquiry.say(remark(now.text))
    for attempt in ("answer", "answer again"):
        try:
            reply = _decide(run, inquiry, attempt, now.hash)
        except Rejected:
            raise
        except (Refused, *DOWN):
            break
        problem = ANSWER_IN_WORDS if reply.tool_calls else inquiry.objection(reply.text)
        if not problem:
            return reply.text
        inquiry.say(reply.text, role="assistant")
        inquiry.say(remark(problem))
    inquiry.notes.append(NO_ANSWER)
    return ""
