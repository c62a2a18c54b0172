"""`complete`: one prompt, one object, one exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loopback import openai_server
from tests.loopback.server import KEY, Turn

ROOT = Path(__file__).parents[3]
KEYS = {
    "text", "model", "attempts", "usage", "cost_nusd", "estimated", "latency_ms",
    "first_token_ms", "cached", "budget",
}  # fmt: skip


def run(folder, *words, **env):
    return subprocess.run(
        [sys.executable, "-m", "core", "complete", *words],
        cwd=ROOT,
        env={**os.environ, "STUDIO_DATA_DIR": str(folder), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_json_is_one_object_with_the_whole_receipt(tmp_path):
    done = run(tmp_path, "Hello there", "--policy", "conversation", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made.keys() >= KEYS
    assert (made["model"], made["cost_nusd"], made["cached"]) == ("offline", 0, False)
    assert made["attempts"][-1] == {"model": "offline", "reason": "", "cost_nusd": 0}
    assert made["budget"]["tokens"] > 0


def test_a_person_reads_the_answer_and_a_line_about_it(tmp_path):
    done = run(tmp_path, "Hello there")
    assert done.returncode == 0, done.stderr
    *_, line = done.stdout.strip().splitlines()
    assert line.startswith("offline · ")
    assert "offline model" in done.stdout


def test_an_estimate_quotes_each_model_and_answers_nothing(tmp_path):
    done = run(tmp_path, "Hello there", "--estimate")
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.strip().splitlines()
    assert first.startswith("openai/gpt-4.1 · ")
    assert " tokens estimated + up to 1,500 · at most $0.0" in first
    assert first.endswith("passed over: OPENAI_API_KEY is not set")
    assert last.startswith("offline · ")
    assert last.endswith(" tokens counted + up to 1,500 · at most $0.00")


def test_an_unknown_policy_is_told_with_the_known_ones(tmp_path):
    done = run(tmp_path, "Hello", "--policy", "nonsense", "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "not_found"
    assert "lead_scoring" in error["hint"]


def test_a_variable_needs_a_name(tmp_path):
    done = run(tmp_path, "Hello", "--variable", "nonsense")
    assert done.returncode == 2
    assert "name=value" in done.stderr


@pytest.fixture
def gpt():
    with openai_server.open_server() as server:
        yield server


def hosted(gpt):
    return {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{gpt.url}/v1",
        "STUDIO_MODELS": "openai/gpt-4o-mini",
        "MODERATION": "local",
    }


def test_a_hosted_model_costs_what_it_costs(gpt, tmp_path):
    gpt.script["gpt-4o-mini"] = Turn(text="Hello to you.", prompt=12, completion=4)
    done = run(tmp_path, "Hello", "--policy", "insight", "--json", **hosted(gpt))
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["text"], made["model"]) == ("Hello to you.", "openai/gpt-4o-mini")
    assert made["cost_nusd"] == 12 * 150 + 4 * 600
    assert (made["estimated"], made["usage"]["prompt"]) == (False, 12)
    assert KEY not in done.stdout + done.stderr


def test_an_answer_that_was_cut_short_says_so(gpt, tmp_path):
    gpt.script["gpt-4o-mini"] = Turn(text="One, two,", finish="length")
    done = run(tmp_path, "Count", "--policy", "insight", **hosted(gpt))
    assert done.returncode == 0, done.stderr
    assert "cut short: the policy's tokens_max is reached" in done.stdout
