"""Health says the same as /readyz, and lists the switches."""

from __future__ import annotations

from components.govern.views import health as health_view
from components.govern.views.health import NAMES
from core.serve import health
from tests import screens


def test_every_part_is_named_and_works(front):
    assert set(health.ready(front)) <= set(NAMES)
    said = screens.text(screens.shell("governance", view="health"))
    for part in ("Database", "Files", "Schema", "Models"):
        assert part in said


def test_switches_are_listed(front):
    said = screens.text(screens.shell("governance", view="health"))
    assert all(flag.name in said for flag in front.flags.status())


def test_policies_that_hold_are_counted_and_trouble_is_said():
    assert health_view.detail("policies", {"ok": True, "detail": "a, b"}) == "2 use cases"
    bad = {"ok": True, "degraded": True, "detail": "line 3: No."}
    assert health_view.detail("policies", bad) == "line 3: No."
    assert health_view.detail("cache", {"ok": True, "detail": "a, b"}) == "a, b"
