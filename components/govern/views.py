"""Governance's views by name: what the sidebar lists and the address says."""

from __future__ import annotations

VIEWS = {
    "overview": ("Overview", ":material/monitoring:"),
    "spend": ("Spend", ":material/payments:"),
    "runs": ("Runs and steps", ":material/list_alt:"),
    "limits": ("Limits", ":material/speed:"),
    "approvals": ("Approvals", ":material/approval:"),
    "health": ("Health", ":material/ecg_heart:"),
}
