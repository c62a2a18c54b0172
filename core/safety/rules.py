"""Rules that need no network: patterns from data/safety.yaml over plain text.

They are honest guards against the obvious, in four languages; a rewording passes them. What must
not happen is prevented elsewhere (gates, budgets, sandboxes), never by a pattern alone.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Invalid
from core.safety.findings import Finding, Judgement, Severity
from core.settings import ROOT

Direction = Literal["input", "output"]
PATH = ROOT / "data" / "safety.yaml"
# What nobody sees: soft hyphens, joiners, directions, fillers, variants, tags; and strokes through.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\u0332-\u0338"
)
UNSEEN = re.compile(f"[{INVISIBLE}]")
SPACES = re.compile(r"\s+")
PART = re.compile(r"<(\w+)>")
AROUND = 120  # characters of an excerpt before and after what was found


class Rule(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    category: str
    severity: Severity
    score: float = Field(ge=0, le=1)
    direction: Literal["input", "output", "both"]
    needs: tuple[Annotated[str, Field(min_length=2)], ...] = Field(
        min_length=1, description="Small letters; without one of them the pattern is not tried"
    )
    pattern: str
    mask: bool = False  # in an answer it is replaced by its category
    note: str = ""


class Threshold(BaseModel):
    """From which score on a provider's category is logged, and from which it is blocked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    log: float = Field(default=0.5, ge=0, le=1)
    block: float | None = Field(default=None, ge=0, le=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parts: dict[str, str] = Field(default_factory=dict)
    rules: list[Rule]
    provider: dict[str, Threshold] = Field(default_factory=dict)


class Rules:
    """The rules of one file, ready to search."""

    def __init__(self, file: _File) -> None:
        self.rules = tuple(file.rules)
        self.patterns = {rule.name: _compiled(rule, file.parts) for rule in file.rules}
        self._thresholds = file.provider

    def of(self, direction: Direction) -> tuple[Rule, ...]:
        """The rules that look at what goes this way."""
        return tuple(rule for rule in self.rules if rule.direction in (direction, "both"))

    def find(self, text: str, direction: Direction) -> list[Finding]:
        """One finding for each rule that holds anywhere in `text`."""
        text = normal(text)
        small = text.lower()
        found = []
        for rule in self.of(direction):
            if any(word in small for word in rule.needs):
                match = self.patterns[rule.name].search(text)
                if match:
                    found.append(made(rule, around(text, match.start(), match.end())))
        return found

    def judged(self, judgement: Judgement) -> list[Finding]:
        """What a provider's scores amount to here."""
        found = []
        for category, score in judgement.scores.items():
            threshold = self._thresholds.get(category, Threshold())
            if threshold.block is not None and score >= threshold.block:
                found.append(Finding(category, score, "severe", judgement.model))
            elif score >= threshold.log or category in judgement.flagged:
                found.append(Finding(category, score, "medium", judgement.model))
        return found


def load(path: Path = PATH) -> Rules:
    """The rules of `path`. Raises Invalid with the first thing that is wrong in it."""
    hint = "data/safety.yaml has parts, rules and provider; see the lines that are there."
    try:
        found: Any = yaml.safe_load(path.read_text("utf-8"))
        return Rules(_File.model_validate(found))
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise Invalid(f"{path.name} cannot be read: {reason}.", hint=hint) from error
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise Invalid(f"{path.name} is not YAML: {first}.", hint=hint) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{path.name} is wrong at {place}: {first['msg']}.", hint=hint) from error


def normal(text: str) -> str:
    """`text` as a reader sees it: no invisible characters, one width, one space."""
    if not text.isascii():
        text = UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return SPACES.sub(" ", text)


def made(rule: Rule, excerpt: str) -> Finding:
    """The finding of a rule that holds."""
    return Finding(rule.category, rule.score, rule.severity, rule.name, excerpt)


def around(text: str, start: int, end: int) -> str:
    """What stands at this place, and whole words before and after it."""
    low, high = max(0, start - AROUND), min(len(text), end + AROUND)
    before, after = text[low:start], text[end:high]
    if low:
        before = before.partition(" ")[2]
    if high < len(text):
        after = after.rpartition(" ")[0]
    return f"{before}{text[start:end]}{after}"


def _compiled(rule: Rule, parts: dict[str, str]) -> re.Pattern[str]:
    """The rule's pattern with its parts filled in. Raises Invalid."""
    try:
        whole = PART.sub(lambda name: f"(?:{parts[name[1]]})", rule.pattern)
        return re.compile(whole, re.IGNORECASE)
    except KeyError as error:
        raise Invalid(
            f"The safety rule {rule.name!r} uses a part that is not there: {error.args[0]}.",
            hint="Parts are named under `parts` in data/safety.yaml.",
        ) from error
    except re.error as error:
        raise Invalid(
            f"The pattern of the safety rule {rule.name!r} cannot be read: {error}.",
            hint="Patterns are Python regular expressions.",
        ) from error
