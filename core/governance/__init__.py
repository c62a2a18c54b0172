"""What the studio does, seen and bounded: gates, approvals, tasks and spend."""

from core.governance.gates import ApprovalGate, FlagGate
from core.governance.spend import spend, usage
from core.governance.tasks import steps, tasks, waits

__all__ = ["ApprovalGate", "FlagGate", "spend", "steps", "tasks", "usage", "waits"]
