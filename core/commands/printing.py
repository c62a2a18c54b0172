"""What commands print: progress while it runs, the result when it is there."""

from __future__ import annotations

import sys
from typing import Any

from core.insight import load
from core.insight.render import plain
from core.ledger import amount


class Progress:
    """One line for each step, on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def tell(self, event: Any) -> None:
        """Say what happened, if a person would want to know."""
        if self._quiet:
            return
        if event.type in ("step.done", "step.failed", "step.refused"):
            sys.stderr.write(f"  {event.type.removeprefix('step.'):8}{event.data['name']}\n")
        elif event.type == "insight.iteration":
            sys.stderr.write(f"  {event.data['number']}/{event.data['of']} {event.data['tool']}\n")


def result(studio: Any, task_id: str) -> dict[str, Any]:
    """A finished ask as one JSON object."""
    task = studio.kernel.task(task_id)
    nusd, tokens = studio.spent(task_id)
    limits = studio.ledger.remaining(_who(task))
    limits = [row for row in limits if row.unit == "nusd" and row.period != "request"]
    tightest = limits[0] if limits else None
    resets = tightest.resets_at.isoformat() if tightest and tightest.resets_at else None
    made: dict[str, Any] = {
        "task_id": task_id,
        "status": task.state,
        "stopped": task.error["code"] if task.error else (task.output or {}).get("stopped"),
        "error": task.error,
        "answer": {"text": "", "values": []},
        "findings": [],
        "claims": [],
        "spend": {"nusd": nusd, "tokens": tokens},
        "budget": {"left_nusd": tightest.left if tightest else None, "resets_at": resets},
        "iterations": (task.output or {}).get("iterations", 0),
        "deck": (task.output or {}).get("deck"),
    }
    if made["deck"]:
        made |= _deck(load(studio.blobs, made["deck"]))
    return made


def say(made: dict[str, Any]) -> None:
    """The result for a person."""
    out = sys.stdout.write
    if made["error"]:
        out(f"{made['error']['message']}\n  {made['error']['hint']}\n")
        return
    out(f"\n{made['answer']['text']}\n")
    if made["findings"]:
        out("\nFindings\n")
        for finding in made["findings"]:
            q = finding["q"]
            out(f"  - {finding['text']}  (found among {finding['tests']} tests, q = {q:.2g})\n")
    elif made["compared"]:
        out("\nNothing here stands out from chance.\n")
    spent, left = made["spend"]["nusd"], made["budget"]["left_nusd"]
    out(f"\nCost {amount('nusd', spent)}, {made['spend']['tokens']:,} tokens")
    out(f"; {amount('nusd', left)} left.\n" if left is not None else ".\n")
    if made["stopped"]:
        out(f"The deck is partial: {made['stopped']}.\n")
    out(f"Deck {made.get('out') or made['deck']}\n")


def _deck(deck: Any) -> dict[str, Any]:
    receipts = {receipt.finding: receipt for receipt in deck.receipts}
    findings = []
    for slide in deck.slides:
        if slide.kind == "finding" and slide.key in receipts:
            receipt = receipts[slide.key]
            findings.append(
                {
                    "id": slide.key,
                    "text": plain(slide.title, deck),
                    "tests": receipt.tests,
                    "q": receipt.q,
                    "effect": receipt.effect,
                }
            )
    told = " ".join(plain(text, deck) for text in deck.answer)
    cited = [claim for id, claim in deck.claims.items() if f"[[{id}]]" in " ".join(deck.answer)]
    return {
        "answer": {
            "text": told or plain(deck.slides[1].title, deck),
            "values": [
                {"label": claim.label, "value": claim.value, "unit": claim.unit} for claim in cited
            ],
        },
        "findings": findings,
        "compared": sum(deck.method.tests.values()),
        "claims": [
            {
                "id": claim.id,
                "text": f"{claim.label}: {claim.text}",
                "value": claim.value,
                "evidence": claim.evidence.model_dump(mode="json")
                | {"sql": deck.queries[claim.evidence.query].sql},
            }
            for claim in deck.claims.values()
        ],
    }


def _who(task: Any) -> Any:
    from core.kernel import Who

    return Who(**task.who)
