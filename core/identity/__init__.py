"""Who is who: organisations, teams, people, their roles and sessions; and what a role may do."""

from core.identity.gate import PermissionGate, may
from core.identity.people import People, Person

__all__ = ["People", "PermissionGate", "Person", "may"]
