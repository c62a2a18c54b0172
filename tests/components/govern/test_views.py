"""Every view in the sidebar can be drawn."""

from __future__ import annotations

import ast

from components.govern.views import VIEWS
from tests import screens


def test_the_page_draws_exactly_the_views_that_are_listed():
    tree = ast.parse((screens.ROOT / "pages" / "governance.py").read_text())
    draw = next(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DRAW"
    )
    assert [key.value for key in draw.keys] == list(VIEWS)
