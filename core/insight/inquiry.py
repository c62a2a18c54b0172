"""One inquiry in progress: what was looked at, in which family, and what may be said of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from core.data.profile import profile
from core.data.tables import Tables
from core.errors import Invalid
from core.insight.deck import build
from core.insight.drawer import Drawer
from core.insight.landings import LandedFile
from core.insight.prompts import ASKED_BEFORE, trouble
from core.insight.receipts import Look, Receipt, receive
from core.insight.render import check_answer
from core.insight.slides import Deck, Landed, Method
from core.insight.talk.judging import check_claims
from core.insight.talk.mending import mend, spoken
from core.insight.talk.vocabulary import gather
from core.kernel import Call, Run
from core.llm import Message, Reply, ToolCall, ToolSpec, tokens
from core.llm.messages import Role
from core.storage.database import now
from core.tools.evidence import PLACE, Outcome
from core.tools.tool import TOOLS, discover

PROFILE = "profile"
QUESTION, SWEEP = "question", "sweep"
TOLD_MAX, PENDING_MAX, NOTES_MAX = 16, 3, 2  # what a model is told, so that its context stays small
COLUMNS_MAX, VALUES_MAX, VALUE_MAX = 60, 6, 40
# Tokens of what a model is told: all profiles, all findings of an answer, the talk between.
PROFILES_TOKENS, FINDINGS_TOKENS, TALK_TOKENS = 2_400, 2_400, 4_000
PROFILE_TOKENS_MIN = 100  # of one table among many
ROLES = ("time", "measure", "dimension", "id", "text", "constant")
COLUMN_PARAMS = ("measure", "measures", "time", "dimension", "dimensions")
# What is taken in of a model's turn. The third time it asks the same, it is going in circles.
CALLS_MAX, SAID_MAX, ARGUMENTS_MAX, REPEATS_MAX = 32, 1_000, 2_000, 3
NEAR_MAX = 3
NO_NUMBER = re.compile(r"[:\[,] -?(Infinity|NaN)\b")  # Python reads them; no wire takes them back
NO_NAME, NO_ID = re.compile(r"[^A-Za-z0-9_-]+"), re.compile(r"[^A-Za-z0-9_.:-]+")


class Inquiry:
    """Everything between the question and the deck. Replayed from recorded steps, so no clock."""

    def __init__(
        self, question: str, files: list[LandedFile], tables: Tables, allowed: set[str]
    ) -> None:
        self.question = question
        self.files = files
        self.tables = tables
        self.talk: list[Message] = []
        self.looks: list[Look] = []
        self.iterations = 0
        self.alone = False  # the model asked for one tool only
        self.stuck = False  # it asks the same again and again
        self.notes: list[str] = []  # what was left out of the deck, and why
        self._room = TALK_TOKENS
        self._head = 0  # messages of the talk that came before its first turn
        self._asked: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._columns: dict[str, list[str]] = {}
        self._profiles: list[tuple[ToolCall, Message]] = []
        self._told_of: list[tuple[Look, Message]] = []  # what can be told shorter, oldest first
        self._sweeping = False
        known = set(discover())
        unknown = sorted(allowed - known)
        if unknown:
            raise Invalid(
                f"There is no tool named {unknown[0]!r}.",
                hint=f"Known: {', '.join(sorted(known))}.",
            )
        self._allowed = (allowed or known) | {PROFILE}

    def specs(self) -> list[ToolSpec]:
        """The tools the model may call; `table` can only be one of the tables there are."""
        names = [file.table for file in self.files]
        made = []
        for name in TOOLS:
            if name in self._allowed:
                spec = json.loads(json.dumps(TOOLS[name].spec()))
                spec["parameters"]["properties"]["table"]["enum"] = names
                made.append(ToolSpec(**spec))
        return made

    def begin(self, messages: Sequence[Message]) -> None:
        """The talk begins with these."""
        self.talk, self._head = list(messages), len(messages)

    def say(self, text: str, role: Role = "user") -> None:
        """One more turn in words."""
        if text.strip():
            self.talk.append(Message(role=role, content=text[:SAID_MAX]))

    def listen(self, reply: Reply) -> list[ToolCall]:
        """The tools that the model asks for, each once, mended where their JSON was sloppy.

        They are part of the talk now, so each has to be answered with `hear` or `take`.
        """
        asked = reply.tool_calls[:CALLS_MAX]
        said = None if asked else spoken(reply.text, self._allowed)
        if said:
            asked = [ToolCall(id="", name=said[0], arguments=said[1])]
        calls = list({_key(call): call for call in map(_mended, asked)}.values())
        for call in calls:
            call.id = self._fresh_id(call.id)
        self.alone = len(calls) == 1
        text = "" if said else reply.text[:SAID_MAX]
        if calls:
            self.talk.append(Message(role="assistant", content=text, tool_calls=calls))
        else:
            self.say(text, role="assistant")
        return calls

    def repeats(self, wanted: ToolCall) -> bool:
        """Whether exactly this was asked before; then the model is told, and it may be stuck."""
        key = _key(wanted)
        self._asked[key] += 1
        if self._asked[key] == 1:
            return False
        self.stuck = self.stuck or self._asked[key] >= REPEATS_MAX
        self.hear(wanted, trouble(ASKED_BEFORE))
        return True

    def tidy(self) -> None:
        """The talk is short again: its oldest turns are gone, profiles and the newest stay."""
        kept = {id(message) for _, message in self._profiles}
        while tokens.count_prompt(self.talk) > self._room:
            starts = [
                place
                for place, message in enumerate(self.talk)
                if place >= self._head and message.role == "assistant"
            ]
            turns = [
                (start, end)
                for start, end in pairwise(starts)
                if not any(id(message) in kept for message in self.talk[start:end])
            ]
            if not turns:
                return
            start, end = turns[0]
            del self.talk[start:end]

    def tighten(self) -> bool:
        """The talk is a quarter shorter, and stays so; False when nothing in it can go."""
        long = tokens.count_prompt(self.talk)
        self._room = long * 3 // 4
        self.tidy()
        self._shorten()
        return tokens.count_prompt(self.talk) < long

    def check(self, wanted: ToolCall) -> None:
        """The tool, its table, its parameters and columns exist. Raises Invalid with near names."""
        if wanted.name not in self._allowed:
            raise Invalid(
                f"There is no tool named {wanted.name[:80]!r} here.",
                hint=f"Use one of: {', '.join(sorted(self._allowed))}.",
            )
        names = [file.table for file in self.files]
        if wanted.arguments.get("table") not in names:
            raise Invalid("There is no such table.", hint=f"Use one of: {', '.join(names)}.")
        self._check_names(wanted)

    def run_tool(self, wanted: ToolCall) -> Any:
        """What the tool says, as JSON. Raises Invalid for tools and parameters that do not fit."""
        self.check(wanted)
        if wanted.name == PROFILE:
            return profile(self.tables, wanted.arguments["table"]).model_dump(mode="json")
        return TOOLS[wanted.name](self.tables, wanted.arguments).model_dump(mode="json")

    def _check_names(self, wanted: ToolCall) -> None:
        """Every parameter and every column exists. Raises Invalid that names what is near."""
        known = list(TOOLS[wanted.name].params.model_fields)
        for name in wanted.arguments.keys() - set(known):
            raise _unknown(f"{wanted.name!r} has no parameter", name, known)
        table = wanted.arguments["table"]
        if table not in self._columns:
            self._columns[table] = list(self.tables.columns(table))
        columns = self._columns[table]
        folded = {column.casefold() for column in columns}
        for param in COLUMN_PARAMS:
            value = wanted.arguments.get(param) or []
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and name.casefold() not in folded:
                    raise _unknown(f"{table!r} has no column", name, columns)

    def _fresh_id(self, id: str) -> str:
        """The id, or another where it is none, or was taken before."""
        made, number = NO_ID.sub("", id)[:64], len(self._ids) + 1
        if not made or made in self._ids:
            made = f"call_{number}_{made}"[:64]
        self._ids.add(made)
        return made

    def take(self, wanted: ToolCall, made: dict[str, Any]) -> None:
        """Count what the tool looked at, and tell the model what it found."""
        if wanted.name == PROFILE:
            most = max(PROFILES_TOKENS // len(self.files), PROFILE_TOKENS_MIN)
            self.hear(wanted, _columns(wanted.arguments["table"], made, most))
            self._profiles.append((wanted, self.talk[-1]))
            return
        direct = not self._sweeping and self._is_direct(wanted)
        self._sweeping = self._sweeping or not direct
        look = Look(
            number=len(self.looks) + 1,
            family=QUESTION if direct else SWEEP,
            direct=direct,
            outcome=Outcome.model_validate(made),
        )
        self.looks.append(look)
        self.hear(wanted, _json(self._told(look, pending=True)))
        self._told_of.append((look, self.talk[-1]))
        self._shorten()

    def closes_question(self, wanted: ToolCall) -> bool:
        """With this call the question's own family is complete: its slides may appear."""
        first = not self._sweeping and bool(self.looks)
        return first and wanted.name != PROFILE and not self._is_direct(wanted)

    def hear(self, wanted: ToolCall, text: str) -> None:
        """The model gets this as the tool's result."""
        text = text.encode("utf-8", "replace").decode()
        self.talk.append(Message(role="tool", content=text, tool_call_id=wanted.id))

    def close(self) -> None:
        """The conversation is now what an answer needs: question, profiles, final statuses.

        Everything else was a way to get here; leaving it out keeps the last call small.
        """
        told = [finding for look in self.looks for finding in self._told(look)["findings"]]
        tellable = [finding for finding in told if finding["status"] != "not supported"]
        tellable.sort(key=lambda finding: -finding["weight"])
        left_out = len(told) - len(tellable)
        fit = _fitting(tellable[:TOLD_MAX], FINDINGS_TOKENS)
        said = {"findings": fit, "not supported": left_out}
        self.talk = self.talk[: self._head]
        for wanted, profile_told in self._profiles:
            self.talk += [Message(role="assistant", tool_calls=[wanted]), profile_told]
        self.talk.append(Message(role="user", content=_json(said)))

    def objection(self, text: str) -> str:
        """What is wrong with an answer, or nothing."""
        evidence = Drawer(self.looks, self._receipts(), [])
        known = evidence.known()
        try:
            check_answer(text, known)
            check_claims(text, known, evidence.subjects(), gather(self.tables))
        except Invalid as error:
            return f"{error.message} {error.hint}".strip()
        return ""

    def preview(self, run: Run, call: Call) -> dict[str, Any]:
        """Slides of the question's family, which is complete, while the sweep goes on."""
        return self.publish(run, call, "", None)

    def publish(self, run: Run, call: Call, answer: str, stopped: str | None) -> dict[str, Any]:
        """Build the deck, store it by its hash, and tell viewers where it is."""
        nusd, tokens = run.studio.spent(run.task_id)
        deck = build(
            self.question,
            [Landed.of(file.source, file.table, file.landing) for file in self.files],
            self.looks,
            self._receipts(),
            answer,
            Method(iterations=self.iterations, stopped=stopped, notes=self.notes),
            created_at=now(),
            spend_nusd=nusd,
            tokens=tokens,
        )
        hash = store(run.studio.blobs, deck)
        call.say("insight.deck", deck=hash, slides=len(deck.slides))
        return {"deck": hash, "slides": len(deck.slides)}

    def _shorten(self) -> None:
        """The oldest results are told by name only, until the talk is short enough."""
        while self._told_of and tokens.count_prompt(self.talk) > self._room:
            look, message = self._told_of.pop(0)
            about = {"look": look.number, "recipe": look.outcome.recipe, "findings": []}
            message.content = _json({**about, "notes": ["Told before; it counts."]})

    def _receipts(self) -> list[Receipt]:
        return receive(self.looks)

    def _is_direct(self, wanted: ToolCall) -> bool:
        """The call asks about columns by name, or is the one first thing that was asked at all.

        Open-ended looks around belong to the sweep.
        """
        named = any(wanted.arguments.get(name) for name in COLUMN_PARAMS)
        return named or (self.alone and not self.looks)

    def _told(self, look: Look, *, pending: bool = False) -> dict[str, Any]:
        receipts = {receipt.finding: receipt for receipt in self._receipts()}
        findings = []
        for finding in look.outcome.findings:
            id = f"{look.number}.{finding.key}"
            receipt = receipts[id]
            status = "supported" if receipt.supported else "not supported"
            status = "pending" if pending else status
            texts = [finding.title, *finding.details, *finding.caveats][: 1 if pending else None]
            findings.append(
                {
                    "id": id,
                    "recipe": look.outcome.recipe,
                    "status": "description" if receipt.description else status,
                    "sentences": [_sentence(PLACE.sub(rf"[[{id}.\1]]", text)) for text in texts],
                    "weight": finding.weight,
                }
            )
        if pending:
            findings = sorted(findings, key=lambda f: -f["weight"])[:PENDING_MAX]
        about = {"look": look.number, "recipe": look.outcome.recipe}
        return {**about, "findings": findings, "notes": look.outcome.notes[:NOTES_MAX]}


def _mended(call: ToolCall) -> ToolCall:
    """The call as it can be kept: readable arguments, a name that wires accept."""
    arguments, raw = call.arguments, call.raw
    if raw:
        mended = mend(raw)
        arguments, raw = (mended, "") if mended is not None else ({}, raw)
    said = _json(arguments)
    if len(said) > ARGUMENTS_MAX or NO_NUMBER.search(said):
        arguments, raw = {}, said
    name = NO_NAME.sub("_", call.name)[:64] or "unnamed"
    return ToolCall(id=call.id, name=name, arguments=arguments, raw=raw[:ARGUMENTS_MAX])


def _key(call: ToolCall) -> str:
    """The same for calls that ask the same."""
    said = {name: value for name, value in call.arguments.items() if value not in (None, [], "")}
    return json.dumps([call.name, said, call.raw], sort_keys=True)


def _unknown(what: str, name: str, known: Sequence[str]) -> Invalid:
    near = get_close_matches(name, known, n=NEAR_MAX, cutoff=0.5)
    meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return Invalid(f"{what} {name[:80]!r}.", hint=f"{meant}There are: {', '.join(known)[:300]}.")


def _columns(table: str, made: dict[str, Any], tokens_max: int) -> str:
    """A profile as a model is told it: the columns that matter first, not all ten thousand."""
    wanted = ("name", "type", "role", "missing", "distinct", "min", "max")
    ranked = sorted(made["columns"], key=lambda column: ROLES.index(column["role"]))
    told = [
        {name: column[name] for name in wanted if column.get(name) is not None} | _values(column)
        for column in ranked[:COLUMNS_MAX]
    ]
    kept = _fitting(told, tokens_max)
    left = len(ranked) - len(kept) + made.get("more", 0)
    more = {"more columns": left} if left else {}
    return _json({"table": table, "rows": made["rows"], "columns": kept, **more})


def _fitting(told: list[dict[str, Any]], tokens_max: int) -> list[dict[str, Any]]:
    """As many as fit, from the first; one at least."""
    left = tokens_max
    for place, one in enumerate(told):
        left -= tokens.count(_json(one))
        if left < 0:
            return told[: max(place, 1)]
    return told


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # escapes cost a model three times as much


def _values(column: dict[str, Any]) -> dict[str, Any]:
    """The commonest values of a dimension: a question may name one of them."""
    if column["role"] != "dimension":
        return {}
    values = [str(one["value"])[:VALUE_MAX] for one in column["top"][:VALUES_MAX]]
    return {"top": [{"value": value} for value in values]}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def store(blobs: Any, deck: Deck) -> str:
    """The hash under which the deck's JSON is kept."""
    return blobs.put([deck.model_dump_json().encode()])[0]


def load(blobs: Any, hash: str) -> Deck:
    """The deck that was stored under `hash`. Raises NotFound."""
    with blobs.open(hash) as file:
        return Deck.model_validate_json(file.read())
