"""What must not be seen stays unseen, and what must not be said is not sent."""

from core.safety.gate import SafetyGate
from core.safety.hearing import Guard, Hearing
from core.safety.journal import Journal
from core.safety.judges import Bench
from core.safety.redaction import redact, redact_text
from core.safety.rules import Rules, load

__all__ = [
    "Bench",
    "Guard",
    "Hearing",
    "Journal",
    "Rules",
    "SafetyGate",
    "load",
    "redact",
    "redact_text",
]
