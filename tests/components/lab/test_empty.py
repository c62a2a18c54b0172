"""The first screen's one action works."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_sample_data_is_one_click_away():
    at = screens.shell()
    at.button(key="sample").click().run()
    assert not at.exception
    assert at.chat_input[0].proto.disabled is False
    assert len(at.dataframe) == 1
