"""Each provider's tokens are counted its own way, and by the rule where it cannot be asked."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from core.errors import NotFound
from core.llm import Message, ModelSettings, ToolCall, tokens
from core.llm.hosted import counting
from core.llm.hosted.bridge import encoding
from core.llm.hosted.counting import Counted, count_tokens
from core.settings import ROOT
from tests.core.llm import parts
from tests.loopback.server import KEY, Turn

TALK = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="Which region brought the most revenue, and why? <|endoftext|>"),
]
CLAUDE = "anthropic/claude-sonnet-4-5"


def test_an_openai_model_is_counted_by_its_own_tokenizer():
    code = encoding("gpt-4o-mini")
    text = sum(len(code.encode(m.content, disallowed_special=())) for m in TALK)
    counted = count_tokens(ModelSettings(), "openai/gpt-4o-mini", TALK)
    assert counted == Counted(text + 2 * (1 + 3) + 3, "tokenizer")  # a role is one token
    with_tool = count_tokens(ModelSettings(), "openai/gpt-4o-mini", TALK, [parts.WEATHER])
    assert with_tool.tokens > counted.tokens


@pytest.mark.parametrize("model", ["mistral/mistral-small-latest", "ollama/llama3.1", CLAUDE])
def test_where_nobody_can_be_asked_the_rule_counts(model):
    assert count_tokens(ModelSettings(), model, TALK) == Counted(tokens.count_prompt(TALK), "rule")


def test_a_model_whose_tokenizer_is_not_known_is_counted_by_the_rule():
    assert count_tokens(ModelSettings(), "compatible/qwen", TALK).how == "rule"
    assert count_tokens(ModelSettings(), "openrouter/openai/gpt-4o", TALK).how == "tokenizer"


def test_the_offline_model_counts_by_the_rule_exactly():
    assert count_tokens(ModelSettings(), "offline", TALK).how == "exact"


def test_an_unknown_provider_is_refused():
    with pytest.raises(NotFound):
        count_tokens(ModelSettings(), "acme/m", TALK)


def test_a_provider_that_counts_is_asked_by_its_own_sdk(gpt, claude):
    claude.script["claude-sonnet-4-5"] = Turn(prompt=4321)
    config = parts.settings(gpt.url, claude.url)
    talk = [
        *TALK,
        Message(role="assistant", tool_calls=[ToolCall(id="t1", name="weather")]),
        Message(role="tool", tool_call_id="t1", content="Sun."),
    ]
    assert count_tokens(config, CLAUDE, talk, [parts.WEATHER]) == Counted(4321, "exact")


@pytest.mark.parametrize("moved", ["http://127.0.0.1:9", "slow"])
def test_a_counter_that_is_down_or_slow_is_replaced_by_the_rule(gpt, claude, moved, monkeypatch):
    monkeypatch.setattr(counting, "TIMEOUT_S", 0.3)
    claude.script["claude-sonnet-4-5"] = Turn(delay_s=600)
    config = parts.settings(gpt.url, claude.url if moved == "slow" else moved)
    begun = time.monotonic()
    assert count_tokens(config, CLAUDE, TALK).how == "rule"
    assert time.monotonic() - begun < 300


def test_a_wrong_key_is_replaced_by_the_rule(gpt, claude):
    claude.script.clear()
    config = parts.settings(gpt.url, claude.url, anthropic_api_key=f"{KEY}-wrong")
    assert count_tokens(config, CLAUDE, TALK).how == "rule"


def test_a_long_text_is_not_given_to_a_slow_tokenizer():
    long = [Message(role="user", content="a" * (counting.CHARS_MAX + 1))]
    assert count_tokens(ModelSettings(), "openai/gpt-4o-mini", long).how == "rule"


def test_the_tokenizer_works_without_a_network_and_without_litellm():
    program = """
        import socket, sys
        def refuse(*_, **__):
            raise OSError("no network")
        socket.socket.connect = socket.getaddrinfo = refuse
        from core.llm import Message, ModelSettings
        from core.llm.hosted.counting import count_tokens
        said = [Message(role="user", content="Hello")]
        counted = count_tokens(ModelSettings(), "openai/gpt-4o-mini", said)
        print(counted.how, "litellm" in sys.modules)
    """
    made = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=60,
    )
    assert made.stdout.strip() == "tokenizer False", made.stderr[-2000:]
