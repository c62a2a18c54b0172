"""A page that is not built offers nothing that pretends."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_it_says_that_it_is_not_built_and_draws_no_control():
    at = screens.shell("chat")
    assert "Not built yet" in str([badge.value for badge in at.markdown])
    assert not at.text_input
    assert not at.selectbox
