"""People: the owner of a fresh studio, signing in with a password, sessions."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from core.errors import NotFound
from core.identity.records import ORG, PERSON, SESSION, TEAM
from core.kernel.gates import Who
from core.storage.database import Database, new_id, now

OWNER = "owner"
TOUCH = timedelta(minutes=1)  # a session's clock is moved at most this often, or ten times an idle


@dataclass(frozen=True)
class Person:
    """Somebody, as every page and gate needs them."""

    id: str
    name: str
    org_id: str
    org_name: str
    team_id: str
    role: str

    def who(self, *, session: str = "", project: str = "") -> Who:
        """For whom a task of this person runs, with every scope that pays for it."""
        more = [f"team:{self.team_id}"]
        more += [f"project:{project}"] if project else []
        more += [f"session:{session}"] if session else []
        return Who(org=self.org_id, person=self.id, scopes=tuple(more))


class People:
    """Everyone who may use the studio."""

    def __init__(self, database: Database, *, idle: timedelta = timedelta(hours=1)) -> None:
        self._database = database
        self._idle = idle

    def local(self) -> Person:
        """The owner; made, with an organisation and a team, when the studio is new."""
        found = self._find(PERSON.c.role == OWNER)
        return found or self._found()

    def person(self, id: str) -> Person:
        """The person with this id. Raises NotFound."""
        found = self._find(PERSON.c.id == id)
        if not found:
            raise NotFound("There is no such person.")
        return found

    def set_password(self, password: str) -> None:
        """The owner signs in with `password` from now on; other sessions of theirs end."""
        from argon2 import PasswordHasher

        owner, hashed = self.local(), PasswordHasher().hash(password)

        def write(db: sa.Connection) -> None:
            db.execute(sa.update(PERSON).where(PERSON.c.id == owner.id).values(password=hashed))
            db.execute(sa.delete(SESSION).where(SESSION.c.person_id == owner.id))

        self._database.transaction(write)

    def ensure_password(self, given: str = "") -> str:
        """The owner can sign in: with `given`, or a generated password, returned only now.

        Returns "" when there is nothing new to tell.
        """
        stored = self._password_of_owner()
        if given:
            if not stored or not _matches(stored, given):
                self.set_password(given)
            return ""
        if stored:
            return ""
        made = secrets.token_urlsafe(12)
        self.set_password(made)
        return made

    def check(self, password: str) -> Person | None:
        """The owner, when `password` is theirs. Takes as long when it is not."""
        stored = self._password_of_owner()
        return self.local() if stored and _matches(stored, password) else None

    def open_session(self, person: Person) -> str:
        """The token of a new session, for the cookie; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        row = {"token_hash": _hash(token), "org_id": person.org_id, "person_id": person.id}
        row |= {"seen_at": now(), "created_at": now()}
        self._database.transaction(lambda db: db.execute(sa.insert(SESSION), row))
        return token

    def by_session(self, token: str) -> Person | None:
        """Who holds `token`; None when it is unknown or was idle too long."""
        here = SESSION.c.token_hash == _hash(token)
        rows = self._database.rows(sa.select(SESSION).where(here))
        if not rows or rows[0].seen_at < now() - self._idle:
            return None
        if rows[0].seen_at < now() - min(TOUCH, self._idle / 10):
            seen = sa.update(SESSION).where(here).values(seen_at=now())
            self._database.transaction(lambda db: db.execute(seen))
        return self._find(PERSON.c.id == rows[0].person_id)

    def end_session(self, token: str) -> None:
        """The token is worth nothing any more."""
        gone = sa.delete(SESSION).where(SESSION.c.token_hash == _hash(token))
        self._database.transaction(lambda db: db.execute(gone))

    def _found(self) -> Person:
        org, team = {"id": new_id(), "name": "My studio"}, {"id": new_id(), "name": "Everyone"}
        row = {"id": new_id(), "name": "Owner", "role": OWNER, "team_id": team["id"]}

        def write(db: sa.Connection) -> None:
            if not self._database.is_sqlite:  # one founder: two processes may start at once
                db.execute(sa.text("LOCK TABLE identity_person IN EXCLUSIVE MODE"))
            if db.execute(sa.select(PERSON.c.id).where(PERSON.c.role == OWNER)).first():
                return
            db.execute(sa.insert(ORG), {**org, "created_at": now()})
            db.execute(sa.insert(TEAM), {**team, "org_id": org["id"]})
            common = {"org_id": org["id"], "password": "", "created_at": now()}
            db.execute(sa.insert(PERSON), {**row, **common})

        self._database.transaction(write)
        found = self._find(PERSON.c.role == OWNER)
        assert found, "the founder was just written"
        return found

    def _password_of_owner(self) -> str:
        rows = self._database.rows(sa.select(PERSON.c.password).where(PERSON.c.role == OWNER))
        return rows[0].password if rows else ""

    def _find(self, condition: sa.ColumnElement[bool]) -> Person | None:
        query = sa.select(PERSON, ORG.c.name.label("org_name")).join(
            ORG, ORG.c.id == PERSON.c.org_id
        )
        rows = self._database.rows(query.where(condition).order_by(PERSON.c.created_at).limit(1))
        if not rows:
            return None
        row = rows[0]
        return Person(row.id, row.name, row.org_id, row.org_name, row.team_id, row.role)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(stored: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error

    try:
        return PasswordHasher().verify(stored, password)
    except Argon2Error:
        return False
