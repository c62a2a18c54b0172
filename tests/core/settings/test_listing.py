"""The lists of settings in the tree are true."""

import subprocess
import sys

from core.settings import ROOT, Settings, load
from core.settings.fields import settable
from core.settings.listing import example, markdown


def test_env_example_in_the_tree_is_the_generated_one():
    assert (ROOT / ".env.example").read_text() == example()


def test_the_table_in_the_docs_is_the_generated_one():
    assert (ROOT / "docs" / "settings.md").read_text() == markdown()


def test_every_setting_is_listed_with_what_it_does():
    for name, field in settable().items():
        assert f"#{name.upper()}=" in example()
        assert f"| `{name.upper()}` |" in markdown()
        assert field.description


def test_a_copied_example_changes_nothing(tmp_path):
    copy = tmp_path / ".env"
    lines = [line.lstrip("#") for line in example().splitlines() if "=" in line]
    copy.write_text("\n".join(line for line in lines if not line.startswith(" ")))
    assert load({}, env_file=copy) == load({}, env_file=None) == Settings()


def test_no_secret_has_a_default():
    assert not [n for n, f in settable().items() if "Secret" in str(f.annotation) and f.default]


def test_the_command_prints_the_example_and_the_address():
    def say(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core.settings", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert say().stdout == example()
    assert say("address").stdout.count(" ") == 1
