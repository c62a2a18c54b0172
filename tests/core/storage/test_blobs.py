"""Bytes by their hash: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import NotFound, Unavailable
from core.storage.blobs import CHUNK_BYTES, Folder, Source, chunks_of

ROOT = Path(__file__).parents[3]
HASH = hashlib.sha256(b"hello").hexdigest()


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_what_was_put_comes_back_under_its_hash_however_it_was_cut(chunks):
    whole = b"".join(chunks)
    with tempfile.TemporaryDirectory() as folder:
        blobs = Folder(Path(folder))
        hash, size = blobs.put(chunks)
        assert (hash, size) == (hashlib.sha256(whole).hexdigest(), len(whole))
        assert blobs.put([whole]) == (hash, size)
        with blobs.open(hash) as file, blobs.path(hash) as path:
            assert file.read() == path.read_bytes() == whole
        assert [p for p in Path(folder).rglob("*") if p.is_file()] == [path]


def test_bytes_that_are_not_there_are_not_found(tmp_path):
    blobs = Folder(tmp_path)
    assert not blobs.has(HASH)
    with pytest.raises(NotFound, match=HASH[:12]):
        blobs.open(HASH)
    with pytest.raises(NotFound), blobs.path(HASH):
        pass


@pytest.mark.parametrize("hash", ["../../etc/passwd", HASH.upper(), HASH[:-1], ""])
def test_a_source_is_named_by_a_hash_and_by_nothing_else(hash):
    with pytest.raises(ValidationError):
        Source(hash=hash, name="a.csv", size_bytes=1)


def test_a_source_of_chunks_that_breaks_leaves_nothing(tmp_path):
    def broken():
        yield b"half"
        raise ConnectionError

    with pytest.raises((ConnectionError, Unavailable)):
        Folder(tmp_path).put(broken())
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from core.storage.blobs import Folder
def chunks():
    yield b"hel"
    os.kill(os.getpid(), signal.SIGKILL)
Folder(Path(sys.argv[1])).put(chunks())
"""


def test_a_process_killed_inside_put_leaves_no_half_blob(tmp_path):
    words = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    blobs = Folder(tmp_path)
    assert not blobs.has(HASH)
    assert {p.name[:4] for p in tmp_path.iterdir()} <= {"put-"}
    assert blobs.put([b"hel", b"lo"]) == (HASH, 5)
    assert blobs.has(HASH)


LIMITED = """
import resource, sys
from pathlib import Path
from core.errors import Unavailable
from core.storage.blobs import Folder
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    Folder(Path(sys.argv[1])).put([b"x" * 60_000] * 3)
except Unavailable as error:
    print(error.message, error.hint)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_file_that_does_not_fit_is_unavailable_and_leaves_nothing(tmp_path):
    words = [sys.executable, "-c", LIMITED, str(tmp_path)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("The file could not be stored"), ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tiny(tmp_path):
    """A disk of 256 kB, where root may make one."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)]
    if (
        not shutil.which("mount")
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("a small disk needs root on Linux")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_unavailable_and_what_was_stored_stays(tiny):
    blobs = Folder(tiny)
    blobs.put([b"hello"])
    with pytest.raises(Unavailable, match="No space left") as caught:
        blobs.put([b"x" * 100_000] * 5)
    assert "Free some disk space" in caught.value.hint
    with blobs.open(HASH) as file:
        assert file.read() == b"hello"
    assert not list(tiny.glob("put-*"))


def test_many_threads_may_put_the_same_bytes(tmp_path):
    blobs, made = Folder(tmp_path), []
    threads = [
        threading.Thread(target=lambda: made.append(blobs.put([b"hello"]))) for _ in range(8)
    ]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert made == [(HASH, 5)] * 8


def test_a_file_is_read_in_pieces(tmp_path):
    file = tmp_path / "big"
    file.write_bytes(b"x" * (CHUNK_BYTES + 5))
    with file.open("rb") as opened:
        assert [len(chunk) for chunk in chunks_of(opened)] == [CHUNK_BYTES, 5]
