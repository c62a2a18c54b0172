"""Policies of use cases: a file that is edited while running, organisations' changes, splits."""

from core.governance.policies.arms import ArmResult, compare
from core.governance.policies.gate import PolicyGate
from core.governance.policies.lines import Faulty, Trouble
from core.governance.policies.live import FILE, Policies
from core.governance.policies.shown import as_yaml, difference

__all__ = [
    "FILE",
    "ArmResult",
    "Faulty",
    "Policies",
    "PolicyGate",
    "Trouble",
    "as_yaml",
    "compare",
    "difference",
]
