"""The rules of the house hold for the tree, and each of them can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import rules
from tests.rules import ROOT

FILES = rules.tree()
SOURCES = {file: (ROOT / file).read_text("utf-8") for file in rules.python(FILES)}
ROOMS = {  # a folder where a file is known by being there -> who finds it
    "core.tools.builtin": "core.tools.tool",
    "core.tools.recipes": "core.tools.tool",
    "core.insight.exports": "core.insight.export",
    "core.llm.providers": "core.llm.provider",
    "core.llm.search.engines": "core.llm.search.engine",
    "core.llm.prompts.checks": "core.llm.prompts.check",
}
CATCH_ALL = {Path("components/shell.py")}  # the page frame; the kernel is the other place
READS_ENVIRONMENT = {
    "core/settings/environment.py",
    "core/launch.py",  # asks the terminal whether a person sits there
    "core/llm/hosted/bridge.py",  # tells LiteLLM, which listens to nothing else
}


def code(*folders: str) -> dict[Path, str]:
    return {file: SOURCES[file] for file in rules.python(FILES, *folders)}


def test_every_module_has_a_test_file():
    assert rules.untested(FILES) == []


def test_files_and_folders_stay_small():
    assert rules.too_long(SOURCES) == []
    assert rules.too_full(FILES) == []


def test_pages_talk_to_features_not_to_storage_or_vendors():
    pages = code("pages", "components") | {Path("app.py"): SOURCES[Path("app.py")]}
    found = {file: rules.imported(text) & rules.SCREEN_FORBIDDEN for file, text in pages.items()}
    assert {file: names for file, names in found.items() if names} == {}


def test_tools_keep_no_state():
    tools = {f: text for f, text in code("core").items() if f.parts[:2] == ("core", "tools")}
    found = {str(file): rules.state(text) for file, text in tools.items()}
    assert {file: wrong for file, wrong in found.items() if wrong} == {}


def test_names_say_what_things_are():
    assert [
        w for file, text in code(*rules.CODE).items() for w in rules.empty_names(file, text)
    ] == []


def test_nothing_is_mocked():
    assert [str(file) for file, text in SOURCES.items() if rules.uses_mocks(text)] == []


def test_only_the_kernel_and_the_page_frame_catch_everything():
    places = code("core", "components", "pages")
    found = {str(f): rules.broad_excepts(t) for f, t in places.items() if f not in CATCH_ALL}
    kept = {file for file, lines in found.items() if lines and not file.startswith("core/kernel/")}
    assert kept == set()


def test_only_the_settings_read_the_environment():
    places = code("core", "components", "pages")
    readers = {
        f.as_posix() for f, text in places.items() if re.search(r"\bos\.(environ|getenv)", text)
    }
    assert readers <= READS_ENVIRONMENT


def test_the_tree_tells_nothing_of_a_machine_or_an_account():
    texts = {file: (ROOT / file) for file in FILES if file.suffix in rules.TEXT}
    found = {str(f): rules.private(path.read_text("utf-8", "replace")) for f, path in texts.items()}
    assert {file: told for file, told in found.items() if told} == {}


def test_no_file_is_too_big_for_a_repository():
    sizes = {str(file): (ROOT / file).stat().st_size for file in FILES}
    assert {f: n for f, n in sizes.items() if n > rules.FILE_BYTES_MAX} == {}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this tree is no repository")
def test_what_a_run_leaves_behind_stays_out_of_the_repository():
    names = ["data/var/studio.db", ".env", ".venv/x", "core/__pycache__/x.pyc"]
    command = ["git", "check-ignore", *names]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout.split() == names


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_place(name):
    assert rules.unpinned((ROOT / name).read_text()) == []


def test_tests_run_on_the_versions_that_users_get():
    users, tests = (
        rules.pins((ROOT / name).read_text())
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert {name: tests.get(name) for name in users} == users
    assert not users["litellm"] & {"1.82.7", "1.82.8"}  # malicious releases


def test_each_ignored_lint_rule_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    block = text.split("ignore = [")[1].split("]")[0].strip().splitlines()
    assert len(block) == len(tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"])
    assert [line for line in block if "# " not in line] == []


def test_ci_can_run_and_every_part_of_check_is_in_it():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    text, make = script.read_text(), (ROOT / "Makefile").read_text()
    for tool in ("ruff format --check", "ruff check", "basedpyright", "lint-imports"):
        assert tool in text
        assert tool in make
    assert "start.py test" in text


def fresh(script: str, *words: str) -> str:
    """What a new Python prints: here everything may have been imported already."""
    command = [sys.executable, "-c", script, *words]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


SILENT = """
import importlib, pkgutil, sys
from core.kernel.registry import Registry

add, known = Registry.add, set()

def noted(self, name, item):
    frame = sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").rpartition(".")[0] not in sys.argv[1:]:
        frame = frame.f_back
    known.add(frame.f_globals["__name__"] if frame else "")
    return add(self, name, item)

Registry.add = noted
for name in sys.argv[1:]:
    room = importlib.import_module(name)
    for file in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{name}.{file.name}")
        if f"{name}.{file.name}" not in known:
            print(f"{name}.{file.name}")
"""


def test_every_file_of_an_extension_folder_registers_what_it_holds():
    rooms = [room for room in ROOMS if (ROOT / room.replace(".", "/")).is_dir()]
    assert len(rooms) >= 3
    assert fresh(SILENT, *rooms) == ""


PLANTED = """
import importlib, sys
room, finder, folder = sys.argv[1:]
importlib.import_module(room).__path__.append(folder)
importlib.import_module(finder).discover()
print(f"{room}.planted" in sys.modules)
"""


@pytest.mark.parametrize("room", ROOMS)
def test_one_new_file_is_found_and_nothing_else_was_edited(room, tmp_path):
    if not (ROOT / room.replace(".", "/")).is_dir():
        pytest.skip(f"{room} is not built yet")
    (tmp_path / "planted.py").write_text("")
    assert fresh(PLANTED, room, ROOMS[room], str(tmp_path)) == "True\n"


def test_every_file_of_the_commands_is_a_command():
    listed = (
        "from core.commands import line as l;"
        "print(*l.OWN, *(command.name for command in l.app().registered_commands))"
    )
    files = {f.stem for f in FILES if f.parts[:2] == ("core", "commands")} - {"__init__"}
    assert {name.replace("-", "_") for name in fresh(listed).split()} == files


def test_every_operation_is_documented():
    names = fresh(
        "import core.studio; from core.kernel.operation import OPERATIONS; print(*OPERATIONS)"
    ).split()
    papers = [f for f in FILES if f.suffix == ".md" and f.parts[0] != "decisions"]
    text = "\n".join((ROOT / file).read_text() for file in papers)
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_readme_says_how_to_start_and_where_the_settings_are():
    readme = (ROOT / "README.md").read_text()
    for words in ("python3 start.py", "start.py test", "docs/settings.md"):
        assert words in readme


# --- the rules can fail


def test_a_module_without_tests_is_seen():
    files = [Path("core/room/door.py"), Path("tests/core/room/test_door.py"), Path("core/a.py")]
    assert rules.untested(files) == ["core/a.py has no tests/core/test_a.py"]
    assert rules.untested([Path("core/__main__.py")]) == [
        "core/__main__.py has no tests/core/test_main.py"
    ]


def test_a_long_file_and_a_full_folder_are_seen():
    texts = {Path("core/a.py"): "\n" * 401, Path("pages/a.py"): "\n" * 151}
    assert len(rules.too_long(texts)) == 2
    assert rules.too_long({Path("core/a.py"): "\n" * 400, Path("pages/a.py"): "\n" * 150}) == []
    assert rules.too_full([Path(f"core/a{i}.py") for i in range(16)]) == ["core has 16 files of 15"]


def test_a_forbidden_import_is_seen_wherever_it_stands():
    assert rules.imported("def f():\n    from sqlmodel.main import x") == {"sqlmodel"}
    assert rules.imported("import a.b, redis") == {"a", "redis"}


@pytest.mark.parametrize(
    "source",
    [
        "SEEN = {}",
        "SEEN: list[str] = []",
        "SEEN = defaultdict(list)\nSEEN = set()",
        "N = 0\ndef f():\n    global N\n    N = 1",
        "A = {1: 2}\ndef f():\n    A[3] = 4",
        "A = [1]\ndef f():\n    A.append(2)",
    ],
)
def test_state_of_a_module_is_seen(source):
    assert rules.state(source)


def test_constants_and_local_state_are_no_state_of_a_module():
    source = "A = {1: 2}\n__all__ = []\ndef f():\n    b = []\n    b.append(A[1])\n    return b"
    assert rules.state(source) == []


def test_an_empty_name_is_seen():
    wrong = rules.empty_names(Path("core/utils/a.py"), "class TaskManager: ...\nclass LeadV1: ...")
    assert len(wrong) == 3
    assert rules.empty_names(Path("core/ledger/accounts.py"), "class Accounts: ...") == []


def test_a_mock_is_seen():
    planted = ["from unittest import mock", "import unittest.mock", "def test(mocker): ..."]
    assert all(rules.uses_mocks(source) for source in planted)


def test_a_broad_except_is_seen_unless_it_raises_again():
    kept = "try:\n    f()\nexcept (OSError, Exception):\n    pass"
    assert rules.broad_excepts(kept) == [3]
    assert rules.broad_excepts("try:\n    f()\nexcept:\n    pass") == [3]
    assert rules.broad_excepts("try:\n    f()\nexcept BaseException:\n    g()\n    raise") == []


def test_a_key_and_a_folder_of_one_machine_are_seen():
    for text in ("sk" + "-" + "a1B2" * 8, "AKIA" + "A" * 16, "-----BEGIN PRIVATE " + "KEY-----"):
        assert rules.private(f"x = '{text}'")
    for text in ("/home" + "/ana/x", "/root" + "/.ssh", "/Users" + "/Ana/x"):
        assert rules.private(f"open('{text}')")
    assert rules.private("GET /v1/users/ana and a/root/of/it") == []


def test_an_unpinned_requirement_is_seen():
    good = "a==1 \\\n    --hash=sha256:0\n"
    assert rules.unpinned(good) == []
    bad = ["b", "c==2", "--index-url http://x", "d @ https://y/z.whl --hash=sha256:0"]
    assert [len(rules.unpinned(good + line)) for line in bad] == [1] * 4
