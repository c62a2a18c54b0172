"""A view is in the sidebar by being a file."""

from __future__ import annotations

from components.govern.view import views
from tests import screens


def test_every_file_is_a_view_in_the_order_of_its_place():
    files = {
        file.stem
        for file in (screens.ROOT / "components" / "govern" / "views").glob("*.py")
        if file.stem != "__init__"
    }
    assert set(views()) == files
    places = [view.place for view in views().values()]
    assert places == sorted(set(places)), "two views stand at the same place"
    assert next(iter(views())) == "overview"
