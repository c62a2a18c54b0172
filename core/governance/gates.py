"""Two gates: is the feature on, and must a person agree first?"""

from __future__ import annotations

from core.flags import Flags
from core.kernel.gates import Ask, Verdict
from core.kernel.operation import OPERATIONS
from core.ledger import amount


class FlagGate:
    """Refuses the steps of operations whose feature flag is off for this person."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags

    def ask(self, ask: Ask) -> Verdict:
        """Allow or refuse."""
        flag = ask.policy.flag
        if not flag or self._flags.enabled(flag, f"person:{ask.who.person}"):
            return Verdict("flags")
        return Verdict(
            "flags",
            "refuse",
            "refused",
            f"{OPERATIONS[ask.operation].title} is switched off.",
            hint=f"An owner can switch it on with FLAG_{flag.upper()}=on.",
            details={"flag": flag},
        )


class ApprovalGate:
    """Makes steps wait that their policy, or their price, puts before a person."""

    def __init__(self, above_nusd: int | None = None) -> None:
        self._above_nusd = above_nusd  # a step that may cost more asks first; None: never

    def ask(self, ask: Ask) -> Verdict:
        """Allow or wait."""
        cost = ask.estimate.get("nusd", 0)
        dear = self._above_nusd is not None and cost > self._above_nusd
        if not dear and ask.kind not in ask.policy.approve:
            return Verdict("approval")
        price = f" It may cost up to {amount('nusd', cost)}." if cost else ""
        question = f"May {ask.operation} go on with {ask.kind} {ask.name!r}?{price}"
        return Verdict("approval", "wait", message=question)
