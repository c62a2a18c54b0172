"""A gate: may one step of this use case cost as much as it might?"""

from __future__ import annotations

from core.kernel.gates import Ask, Verdict
from core.ledger import amount


class PolicyGate:
    """Refuses a step whose estimate is above what its policy allows a request."""

    def ask(self, ask: Ask) -> Verdict:
        """Allow or refuse."""
        most, cost = ask.policy.request_nusd, ask.estimate.get("nusd", 0)
        if ask.kind == "batch":  # the limit is of one call, not of the sum
            cost = ask.shows.get("largest", {}).get("nusd", cost)
        if most is None or cost <= most:
            return Verdict("policy")
        name = ask.policy.name or ask.operation
        return Verdict(
            "policy",
            "refuse",
            "budget_exceeded",
            f"One request of {name} may cost {amount('nusd', most)} at most;"
            f" this one could cost up to {amount('nusd', cost)}.",
            hint="Ask for less, or have an owner raise request_usd of"
            f" {name!r} in Governance, Policies.",
            details={
                "scope": f"policy:{name}",
                "unit": "nusd",
                "period": "request",
                "max": most,
                "left": most,
                "estimate": cost,
                "resets_at": None,
            },
        )
