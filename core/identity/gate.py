"""The first gate: may this person do this at all?"""

from __future__ import annotations

import time

import sqlalchemy as sa

from core.identity.records import PERSON
from core.kernel.gates import Ask, Verdict
from core.storage.database import Database

ALLOWED = {
    "owner": {"read", "work", "approve", "govern"},
    "analyst": {"read", "work"},
    "viewer": {"read"},
}
REMEMBERED_S = 1.0  # a role taken away counts within a second


def may(role: str, permission: str) -> bool:
    """Whether `role` includes `permission`; unknown roles may nothing."""
    return permission in ALLOWED.get(role, set())


class PermissionGate:
    """Refuses steps of people who are gone, of another organisation, or without the permission."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._roles: dict[tuple[str, str], tuple[float, str]] = {}

    def ask(self, ask: Ask) -> Verdict:
        """Allow or refuse."""
        permission = ask.policy.permission
        if may(self._role(ask.who.org, ask.who.person), permission):
            return Verdict("permission")
        return Verdict(
            "permission",
            "refuse",
            "refused",
            f"You may not run {ask.operation}.",
            hint="Ask an owner of the organisation for a role that allows it.",
            details={"permission": permission},
        )

    def _role(self, org_id: str, person_id: str) -> str:
        at, role = self._roles.get((org_id, person_id), (0.0, ""))
        if time.monotonic() - at > REMEMBERED_S or not role:
            query = sa.select(PERSON.c.role)
            query = query.where(PERSON.c.id == person_id, PERSON.c.org_id == org_id)
            rows = self._database.rows(query)
            role = rows[0].role if rows else ""
            self._roles[org_id, person_id] = (time.monotonic(), role)
        return role
