"""One command on a bare machine: what it installs, what it writes, what it says when it cannot."""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("start", ROOT / "start.py")
assert SPEC
assert SPEC.loader
start = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(start)


def wheel(folder: Path, name: str, version: str) -> str:
    """A real, tiny wheel in the folder; its line in a requirements file."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {
        path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        for path, text in files.items()
    }
    record = [f"{path},sha256={sums[path]},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for inside, text in files.items():
            made.writestr(inside, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with start.py that has been set up with two packages, and the wheels' folder."""
    folder, wheels = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheels")
    shutil.copy(ROOT / "start.py", folder)
    other = "other==1 ; sys_platform == 'nowhere' \\\n    --hash=sha256:" + "0" * 64 + "\n"
    (folder / "requirements.txt").write_text(
        wheel(wheels, "one", "1") + wheel(wheels, "two", "1") + other
    )
    ran = run(folder, wheels, "setup")
    assert ran.returncode == 0, ran.stderr
    return folder, wheels, ran


def run(folder: Path, wheels: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """start.py run in the folder, with packages from `wheels` only."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "SECRET_", "API_KEY_"))
    }
    kept |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "start.py", *words]
    return subprocess.run(
        command, cwd=folder, env={**kept, **env}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_it_needs_nothing_but_the_standard_library_and_old_pythons_can_read_it():
    tree = ast.parse((ROOT / "start.py").read_text(), feature_version=(3, 8))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) if n.module}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_old_python_is_told_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(start, "OLDEST", (99, 0))
    assert start.main(["setup"]) == 1
    assert "needs Python 3.11 or newer; this is Python 3." in capsys.readouterr().err


def test_setup_installs_the_pinned_packages_and_says_how_far_it_is(clone):
    folder, _, ran = clone
    assert "Packages  2 of 2 · " in ran.stdout
    python = folder / start.PYTHON.relative_to(start.ROOT)
    command = [python, "-c", "import one, two; print(one.VERSION, two.VERSION)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1 1\n"


def test_setup_writes_the_secrets_for_the_owner_only(clone):
    file = clone[0] / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line.split("=")[0] for line in file.read_text().splitlines()] == list(start.SECRETS)
    assert not list(clone[0].glob(".env-*"))


def test_a_second_setup_does_nothing(clone):
    folder, _, _ = clone
    before = (folder / ".env").read_text()
    files = {file: file.lstat().st_mtime_ns for file in folder.rglob("*")}
    ran = run(folder, Path("/nowhere"), "setup")
    assert ran.returncode == 0
    assert "Packages" not in ran.stdout
    assert (folder / ".env").read_text() == before
    assert {file: file.lstat().st_mtime_ns for file in folder.rglob("*")} == files


def test_changed_pins_are_installed_at_the_next_start(clone):
    folder, wheels, _ = clone
    (folder / "requirements.txt").write_text(wheel(wheels, "one", "2") + wheel(wheels, "two", "1"))
    assert "2 of 2" in run(folder, wheels, "setup").stdout
    assert (next(folder.glob(".venv/[Ll]ib/**/one.py"))).read_text() == "VERSION = '2'\n"


def test_it_hands_over_to_the_studio_with_the_installed_python(clone):
    folder, wheels, _ = clone
    (folder / "core").mkdir(exist_ok=True)
    (folder / "core" / "launch.py").write_text(
        "import sys\nprint('here', sys.prefix)\nsys.exit(7)\n"
    )
    ran = run(folder, wheels)
    assert ran.returncode == 7
    assert f"here {folder / '.venv'}" in ran.stdout


def test_a_venv_that_no_longer_works_is_made_anew(clone):
    folder, wheels, _ = clone
    python = folder / start.PYTHON.relative_to(start.ROOT)
    python.unlink()
    ran = run(folder, wheels, "setup")
    assert ran.returncode == 0
    assert ".venv made" in ran.stdout
    assert "2 of 2" in ran.stdout


def test_a_package_that_is_not_the_pinned_one_is_refused(clone):
    folder, wheels, _ = clone
    good = (folder / "requirements.txt").read_text()
    wheel(wheels, "three", "1")
    bad = "three==1 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    (folder / "requirements.txt").write_text(bad)
    ran = run(folder, wheels, "setup")
    (folder / "requirements.txt").write_text(good)
    assert ran.returncode == 1
    assert "is not the one that was pinned" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_a_network_it_says_so(clone):
    folder, wheels, _ = clone
    good = (folder / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text("four==1 --hash=sha256:" + "0" * 64 + "\n")
    closed = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    ran = run(folder, wheels, "setup", **closed)
    (folder / "requirements.txt").write_text(good)
    assert ran.returncode == 1
    assert "The package index cannot be reached" in ran.stderr


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("OSError: [Errno 30] Read-only file system: 'x'", "Move the studio"),
        ("ERROR: [Errno 13] Permission denied: 'x'", "Move the studio"),
        ("ERROR: No matching distribution found for x==1", "no build for this machine"),
        ("something else", "What it said last"),
    ],
)
def test_what_pip_says_is_put_into_a_sentence(said, hint):
    stop = start.explained("The packages could not be installed.", f"first\n{said}")
    assert hint in stop.hint
    assert said in stop.hint
    assert all(len(line) < 300 for line in stop.hint.splitlines())


def test_a_disk_without_room_is_told_even_where_nothing_said_so(monkeypatch):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    assert "The disk is full" in start.explained("x", "ensurepip returned exit status 1").hint


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "ROOT", tmp_path / "gone")
    monkeypatch.setattr(start, "PYTHON", tmp_path / "gone" / "python")
    with pytest.raises(start.Stop, match="cannot be written to"):
        start.make_venv()


def test_secrets_that_are_there_are_never_changed(tmp_path):
    file = tmp_path / ".env"
    file.write_text("export SECRET_KEY='mine'\nLOG_LEVEL=DEBUG")
    start.write_secrets(file)
    lines = file.read_text().splitlines()
    assert lines[:2] == ["export SECRET_KEY='mine'", "LOG_LEVEL=DEBUG"]
    assert [line.split("=")[0] for line in lines[2:]] == ["API_KEY_SALT"]


@pytest.mark.parametrize(
    "line", ["SECRET_KEY=", "SECRET_KEY=''", "#SECRET_KEY=x", "OTHER=SECRET_KEY=x"]
)
def test_an_empty_or_commented_secret_counts_as_missing(tmp_path, line):
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    start.write_secrets(file)
    assert len([w for w in file.read_text().splitlines() if w.startswith("SECRET_KEY=")]) >= 1
    assert len(file.read_text().splitlines()[-2].removeprefix("SECRET_KEY=")) > 40


def test_secrets_of_the_environment_or_of_files_are_not_written_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "from the environment")
    (tmp_path / ".env").write_text("API_KEY_SALT_FILE=/run/secrets/salt\n")
    start.write_secrets(tmp_path / ".env")
    assert (tmp_path / ".env").read_text() == "API_KEY_SALT_FILE=/run/secrets/salt\n"


def test_a_linked_env_file_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("")
    (tmp_path / ".env").symlink_to(tmp_path / "real")
    start.write_secrets(tmp_path / ".env")
    assert (tmp_path / ".env").is_symlink()
    assert "SECRET_KEY=" in (tmp_path / "real").read_text()


def test_two_studios_have_different_secrets(tmp_path):
    for name in ("a", "b"):
        start.write_secrets(tmp_path / name)
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_an_unknown_word_prints_the_commands(capsys):
    assert start.main(["strat"]) == 2
    assert "start.py setup" in capsys.readouterr().out
    assert start.main(["--help"]) == 0


def test_a_stamp_that_cannot_be_read_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "STAMP", tmp_path / "stamp")
    assert start.read_stamp() == {}
    (tmp_path / "stamp").write_text("{")
    assert start.read_stamp() == {}
    (tmp_path / "stamp").write_text(json.dumps({"requirements.txt": "x"}))
    assert start.read_stamp() == {"requirements.txt": "x"}


def test_the_progress_is_sparse_where_nobody_watches(capsys):
    progress = start.Progress("Packages")
    for n in range(50):
        progress.show(f"{n} of 50")
    progress.show("50 of 50", last=True)
    assert capsys.readouterr().out.count("\n") == 2
