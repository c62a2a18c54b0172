"""Hours that cost far more than their own history lets expect, and exactly why."""

from core.governance.anomalies.causes import Cause, Line, cause
from core.governance.anomalies.judge import Finding, Spender, find, judge

__all__ = ["Cause", "Finding", "Line", "Spender", "cause", "find", "judge"]
