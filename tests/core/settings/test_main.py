"""`python -m core.settings` for people and for the launcher."""

import pytest

from core.settings.__main__ import main
from core.settings.listing import example, markdown


def test_words_choose_what_is_printed(capsys, monkeypatch):
    monkeypatch.setenv("STUDIO_PORT", "9005")
    assert main([]) == 0
    assert capsys.readouterr().out == example()
    assert main(["markdown"]) == 0
    assert capsys.readouterr().out == markdown()
    assert main(["address"]) == 0
    assert capsys.readouterr().out.split()[-1] == "9005"


@pytest.mark.parametrize("value", ["no", "70000"])
def test_a_wrong_setting_is_told_with_exit_code_2(capsys, monkeypatch, value):
    monkeypatch.setenv("STUDIO_PORT", value)
    assert main(["address"]) == 2
    assert "STUDIO_PORT" in capsys.readouterr().err
