"""LiteLLM is loaded once, quietly, and never reaches out by itself."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from core.llm.hosted.bridge import load

ROOT = Path(__file__).parents[4]


def test_loading_twice_gives_the_same_module_and_one_offline_provider():
    litellm = load()
    assert load() is litellm
    names = [entry["provider"] for entry in litellm.custom_provider_map]
    assert names.count("offline") == 1


def test_loading_opens_no_connection_and_reads_no_env_file(tmp_path):
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-a-file\n")
    program = """
        import os, socket, sys
        def refuse(*_, **__):
            print("CONNECTED")
            raise OSError("no network")
        socket.socket.connect = refuse
        socket.getaddrinfo = refuse
        from core.llm.hosted.bridge import load
        load()
        print(os.environ.get("OPENAI_API_KEY", "no key"))
    """
    made = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=120,
    )
    assert made.stdout.strip() == "no key", made.stderr[-2000:]
