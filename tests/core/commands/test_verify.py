"""`verify`: a pack is right, or it says where not."""

from __future__ import annotations

import json

from core.commands import run
from tests.core.commands.conftest import core, write_sales


def test_a_fresh_pack_matches_without_a_studio(asked, tmp_path):
    folder, _, made = asked
    ran = core(tmp_path, "verify", str(folder / "pack.zip"), "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") == 1
    assert found["match"] >= len(made["claims"])
    assert (found["drift"], found["unverifiable"]) == (0, 0)
    assert not (tmp_path / "var").exists()


def test_other_data_drifts_and_the_exit_code_says_so(asked, here, capsys):
    folder, _, _ = asked
    (here / "other").mkdir()
    other = write_sales(here / "other" / "sales.csv", fall=20)
    words = ["verify", str(folder / "pack.zip"), "--data", str(other)]
    assert run([*words, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["drift"] > 0
    assert run(words) == 1
    assert " drift, " in capsys.readouterr().out


def test_what_is_no_pack_is_told(here, capsys):
    wrong = here / "wrong.zip"
    wrong.write_bytes(b"not a zip")
    for path in (wrong, here / "nowhere.zip"):
        assert run(["verify", str(path), "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] in ("invalid", "not_found")
