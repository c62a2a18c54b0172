"""Whatever breaks in a turn, the next one comes."""

from __future__ import annotations

import pytest

from core.telemetry import unbroken
from core.telemetry.unbroken import Unbroken


def test_any_error_is_logged_told_and_passed_over(caplog):
    turn = Unbroken("clockwork")
    assert turn.trouble == ""
    for error in (KeyError("a"), RecursionError()):
        with turn:
            raise error
        assert turn.trouble.startswith(f"{type(error).__name__} at ")
    assert caplog.text.count("The clockwork met an error and goes on.") == 2
    with turn:
        pass
    assert turn.trouble, "one good turn says little"


def test_it_is_told_for_some_minutes(monkeypatch):
    turn = Unbroken("clockwork")
    with turn:
        raise KeyError
    monkeypatch.setattr(unbroken, "TOLD_S", 0.0)
    assert turn.trouble == ""


def test_the_end_of_the_process_is_no_error():
    turn = Unbroken("clockwork")
    with pytest.raises(SystemExit), turn:
        raise SystemExit
    assert turn.trouble == ""
