"""Where readers leave rows and how they are stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.data.reading.staged import Place
from core.errors import Cancelled


def test_a_place_is_left_alone_until_somebody_says_stop():
    stop = threading.Event()
    place = Place(Path(), stop)
    place.check()
    Place(Path()).check()
    stop.set()
    with pytest.raises(Cancelled):
        place.check()
