"""One inquiry in progress: what was looked at, in which family, and what may be said of it."""

from __future__ import annotations

import json
from typing import Any

from core.data.profile import profile
from core.data.tables import Tables
from core.errors import Invalid
from core.insight.deck import build, known_claims
from core.insight.landings import LandedFile
from core.insight.receipts import Look, Receipt, receive
from core.insight.render import check_answer
from core.insight.slides import Deck, Landed, Method
from core.kernel import Call, Run
from core.llm import Message, ToolCall, ToolSpec, tokens
from core.storage.database import now
from core.tools.evidence import PLACE, Outcome
from core.tools.tool import TOOLS, discover

PROFILE = "profile"
QUESTION, SWEEP = "question", "sweep"
TOLD_MAX, PENDING_MAX, NOTES_MAX = 16, 3, 2  # what a model is told, so that its context stays small
COLUMNS_MAX, VALUES_MAX, VALUE_MAX = 60, 6, 40
# Tokens of what a model is told: all profiles, all findings of an answer, the talk between.
PROFILES_TOKENS, FINDINGS_TOKENS, TALK_TOKENS = 2_400, 2_400, 5_000
PROFILE_TOKENS_MIN = 100  # of one table among many
ROLES = ("time", "measure", "dimension", "id", "text", "constant")
COLUMN_PARAMS = ("measure", "measures", "time", "dimension", "dimensions")


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

    def run_tool(self, wanted: ToolCall) -> Any:
        """What the tool says, as JSON. Raises Invalid for tools and parameters that do not fit."""
        if wanted.name not in self._allowed:
            raise Invalid(
                f"There is no tool named {wanted.name[:80]!r} here.",
                hint=f"Use one of: {', '.join(sorted(self._allowed))}.",
            )
        if wanted.arguments.get("table") not in [file.table for file in self.files]:
            raise Invalid("There is no such table.", hint="Use a table of the question.")
        if wanted.name == PROFILE:
            return profile(self.tables, wanted.arguments["table"]).model_dump(mode="json")
        return TOOLS[wanted.name](self.tables, wanted.arguments).model_dump(mode="json")

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
        self.talk = self.talk[:2]
        for wanted, profile_told in self._profiles:
            self.talk += [Message(role="assistant", tool_calls=[wanted]), profile_told]
        self.talk.append(Message(role="user", content=_json(said)))

    def objection(self, text: str) -> str:
        """What is wrong with an answer, or nothing."""
        try:
            check_answer(text, known_claims(self.looks, self._receipts()))
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
            Method(iterations=self.iterations, stopped=stopped),
            created_at=now(),
            spend_nusd=nusd,
            tokens=tokens,
        )
        hash = store(run.studio.blobs, deck)
        call.say("insight.deck", deck=hash, slides=len(deck.slides))
        return {"deck": hash, "slides": len(deck.slides)}

    def _shorten(self) -> None:
        """The oldest results are told by name only, until the talk is short enough."""
        while self._told_of and tokens.count_prompt(self.talk) > TALK_TOKENS:
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
