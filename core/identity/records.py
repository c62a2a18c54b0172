"""Organisations, teams, people and their sessions. Every other table points here by org_id."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from core.storage.database import Utc, new_id, now
from core.storage.row import Row


class Org(Row, table=True):
    """A tenant. Nothing crosses from one to another."""

    __tablename__ = "identity_org"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    created_at: datetime = Field(default_factory=now, sa_type=Utc)


class Team(Row, table=True):
    """People who share a budget."""

    __tablename__ = "identity_team"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True, foreign_key="identity_org.id")
    name: str


class PersonRow(Row, table=True):
    """A person in one organisation. role: owner, analyst, viewer."""

    __tablename__ = "identity_person"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True, foreign_key="identity_org.id")
    team_id: str = Field(foreign_key="identity_team.id")
    name: str
    role: str
    password: str = ""  # argon2id; empty: cannot sign in by password
    created_at: datetime = Field(default_factory=now, sa_type=Utc)


class SessionRow(Row, table=True):
    """A signed-in browser. Only the hash of its token is stored."""

    __tablename__ = "identity_session"

    token_hash: str = Field(primary_key=True)
    org_id: str = Field(index=True)
    person_id: str = Field(index=True, foreign_key="identity_person.id")
    seen_at: datetime = Field(default_factory=now, sa_type=Utc)
    created_at: datetime = Field(default_factory=now, sa_type=Utc)


ORG, TEAM, PERSON, SESSION = (
    SQLModel.metadata.tables[f"identity_{name}"] for name in ("org", "team", "person", "session")
)
