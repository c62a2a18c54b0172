"""`init-db`: every table is there, however often it runs."""

from __future__ import annotations

import pytest

from core.commands import run
from core.storage.database import Database
from core.storage.migrations import is_current


def test_a_new_database_has_every_table_and_a_second_run_changes_nothing(here, capsys):
    for _ in range(2):
        assert run(["init-db"]) == 0
        assert capsys.readouterr().out == "The database is up to date.\n"
    database = Database(f"sqlite:///{here}/var/studio.db")
    assert is_current(database)
    database.close()


def test_a_database_in_use_is_told_and_given_back(here, capsys):
    other = Database(f"sqlite:///{here}/var/studio.db")
    assert run(["init-db"]) == 2
    assert "DATABASE_URL" in capsys.readouterr().err
    other.close()
    assert run(["init-db"]) == 0


@pytest.mark.usefixtures("here")
def test_a_server_that_is_not_there_is_told_without_the_password(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:sesame@127.0.0.1:1/none")
    assert run(["init-db"]) == 2
    said = capsys.readouterr()
    assert "DATABASE_URL" in said.err
    assert "sesame" not in said.out + said.err
