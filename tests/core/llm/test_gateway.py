"""One door: every attempt is a step that is held, streamed, settled and accounted for."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from core.errors import Invalid, NotFound, Unavailable
from core.kernel import Run, Verdict, operation
from core.llm import Gateway, Message, ModelSettings, Usage
from tests.core.llm import parts
from tests.loopback.server import Turn

ROOT = Path(__file__).parents[3]


def test_an_offline_answer_is_one_free_step_with_one_usage_row(kernel):
    task = parts.end(kernel, parts.ask(kernel, Gateway()))
    reply = task.output["reply"]
    (step,) = parts.rows(kernel, "kernel_step", task.id)
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert "offline model" in reply["text"]
    assert (step.kind, step.state, step.cost_nusd) == ("model", "done", 0)
    assert (use.provider, use.model, use.cost_nusd, bool(use.estimated)) == (
        "offline", "offline", 0, False,
    )  # fmt: skip
    assert use.prompt_tokens == reply["usage"]["prompt"] > 0
    assert use.completion_tokens == reply["usage"]["completion"] > 0


def test_what_viewers_see_is_what_the_reply_says(kernel):
    task = parts.end(kernel, parts.ask(kernel, Gateway()))
    assert parts.said(kernel, task.id) == task.output["reply"]["text"]


def test_a_model_without_its_key_is_absent_and_the_next_of_the_chain_answers(kernel):
    reply = parts.reply_of(kernel, Gateway(), models=["openai/gpt-4o-mini", "offline"])
    assert reply.model == "offline"


def test_a_chain_of_absent_models_names_the_setting(kernel):
    task = parts.end(kernel, parts.ask(kernel, Gateway(), models=["openai/gpt-4o-mini"]))
    assert "OPENAI_API_KEY" in task.error["message"]
    assert "offline" in task.error["hint"]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("ollama", "'ollama' is a provider"),
        ("openai", "'openai' is a provider"),
        ("offline/foo", "no built-in model 'foo'"),
        ("openai/text-embedding-3-small", "made for embedding, not for conversation"),
        ("openai/omni-moderation-latest", "made for moderation"),
        ("openai/gpt-image-1", "made for image generation"),
    ],
)
def test_what_is_no_model_for_conversation_is_refused_at_load(model, why):
    with pytest.raises((Invalid, NotFound), match=why):
        Gateway().check_priced([model])
    with pytest.raises((Invalid, NotFound), match=why):
        Gateway(ModelSettings(models=(model, "offline")))


def test_an_unpriced_model_is_refused_at_load_with_the_way_to_price_it():
    keys = {"COMPATIBLE_BASE_URL": "http://127.0.0.1:9/v1"}
    config = ModelSettings(models=("compatible/qwen",), credentials=keys)
    with pytest.raises(Invalid, match="no known price") as refused:
        Gateway(config)
    assert "MODEL_PRICES" in refused.value.hint
    assert "compatible/qwen" in refused.value.hint
    priced = config.model_copy(update={"prices": {"compatible/qwen": parts.PRICE}})
    assert Gateway(priced).price("compatible/qwen").input == 1_000


def test_an_unknown_provider_is_refused_with_the_known_ones():
    with pytest.raises(NotFound, match="acme") as refused:
        Gateway(ModelSettings(models=("acme/best",)))
    assert "anthropic" in refused.value.hint


def test_an_empty_chain_is_refused():
    with pytest.raises(Invalid, match="No model"):
        Gateway(ModelSettings(models=()))


def test_the_default_chain_must_have_a_model_that_is_there():
    with pytest.raises(Unavailable, match="ANTHROPIC_API_KEY"):
        Gateway(ModelSettings(models=("anthropic/claude-sonnet-4-5",)))


def test_the_estimate_covers_the_offline_answer(kernel):
    gateway = Gateway()
    messages = [Message(role="user", content="Tell me everything about " + "data " * 50)]
    estimate = gateway.estimate("offline", messages, tokens_max=300)
    reply = parts.reply_of(kernel, gateway, messages=messages, tokens_max=300)
    assert estimate["nusd"] == 0
    assert reply.usage.total <= estimate["tokens"]


def test_only_providers_with_a_key_are_warmed():
    code = "import sys; from core.llm import Gateway, ModelSettings; {};"
    code += " print('litellm' in sys.modules)"
    keyed = "ModelSettings(credentials={'OPENAI_API_KEY': 'sk-1'})"
    found = [
        subprocess.run(
            [sys.executable, "-c", code.format(f"Gateway({config}).warm()")],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        ).stdout.strip()
        for config in ("", keyed)
    ]  # fmt: skip
    assert found == ["False", "True"]


def test_a_keyless_task_never_imports_litellm(tmp_path):
    """In a process of its own, as the command line runs."""
    program = f"""
        import sys
        from core.kernel import Kernel
        from core.ledger import Accounts
        from core.storage.blobs import Folder
        from core.storage.database import Database
        from core.storage.migrations import migrate
        from pathlib import Path
        from core.llm import Gateway
        from tests.core.llm import parts
        database = Database("sqlite:///{tmp_path}/studio.db")
        migrate(database)
        kernel = Kernel(database, Accounts(database), blobs=Folder(Path("{tmp_path}/blobs")))
        reply = parts.reply_of(kernel, Gateway(), models=["openai/gpt-4o-mini", "offline"])
        kernel.close()
        heavy = {{"litellm", "openai", "anthropic", "tiktoken"}} & set(sys.modules)
        print(reply.model, sorted(heavy))
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
    assert made.stdout.strip() == "offline []", made.stderr[-2000:]


def test_an_image_is_held_for_as_the_model_counts_it():
    gateway = Gateway(parts.settings("http://127.0.0.1:1"))
    image = {"media_type": "image/png", "data": "QQ=="}
    seen = [Message(role="user", content="What is it?", images=[image])]
    mini = gateway.estimate("openai/gpt-4o-mini", seen, tokens_max=1)["nusd"]
    eight_tiles = Usage(prompt=2_833 + 8 * 5_667 + 10, completion=1)
    assert mini >= gateway.price("openai/gpt-4o-mini").cost_nusd(eight_tiles)
    four = gateway.estimate("openai/gpt-4o", seen, tokens_max=1)["nusd"]
    tiles = Usage(prompt=85 + 8 * 170 + 10, completion=1)
    assert four >= gateway.price("openai/gpt-4o").cost_nusd(tiles)


class Filled:
    """A registry of one prompt, whose variable stands in the system's words."""

    hash = "h"

    def render(self, _org_id, _name, variables):
        told = f"You write for {variables['style']['voice']}."
        self.messages = [Message(role="system", content=told)]
        return self


FOUND = {"lead": {"tools": ("weather",)}, "none": {"tools": ()}, "json": {"structured": True}}


@operation("executes")
def executes(run: Run, asked: parts.Asked) -> parts.Told:
    more = {"messages": asked.messages, "tools": asked.tools}
    return parts.Told(reply=parts.GATEWAY["now"].execute(run, asked.shape, **more))


@pytest.fixture
def executed(kernel, gpt, claude, monkeypatch):
    """What a use case of FOUND answers."""
    gpt.script.clear()
    parts.GATEWAY["now"] = Gateway(parts.settings(gpt.url, claude.url))

    def policy(name, declared, *_):
        return declared.changed(**FOUND.get(name, {}))

    monkeypatch.setattr(kernel, "policies", policy)

    def answered(use_case, model="openai/gpt-4o-mini", **asked):
        FOUND[use_case]["models"] = (model,)
        given = parts.Asked(shape=use_case, **asked).model_dump(mode="json")
        return parts.end(kernel, kernel.submit("executes", given, parts.ANA))

    return answered


@pytest.mark.parametrize(("use_case", "offered"), [("lead", ["weather"]), ("none", [])])
def test_a_use_case_is_offered_the_tools_that_its_policy_allows(executed, gpt, use_case, offered):
    tools = [parts.WEATHER, parts.WEATHER.model_copy(update={"name": "news"})]
    assert executed(use_case, tools=tools).error is None
    sent = gpt.seen[-1]["body"].get("tools") or []
    assert [tool["function"]["name"] for tool in sent] == offered


def test_a_structured_use_case_answers_with_an_object_though_nobody_says_which(executed, gpt):
    left = ["Gladly!", '{"score": 7}']
    gpt.script["gpt-4o-mini"] = lambda _body: Turn(text=left.pop(0))
    task = executed("json")
    assert task.output["reply"]["value"] == {"score": 7}
    assert gpt.seen[-1]["body"]["response_format"] == {"type": "json_object"}
    assert "JSON" in gpt.seen[-1]["body"]["messages"][0]["content"]


def test_what_is_no_object_is_no_answer_of_a_structured_use_case(executed, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text="[1, 2]")
    assert executed("json").error["details"]["reason"] == "unfit"


def test_a_structured_use_case_may_ask_for_tools_first(executed, gpt):
    gpt.script["gpt-4o-mini"] = Turn(tools=[("weather", '{"city": "Paris"}')])
    reply = executed("json", tools=[parts.WEATHER]).output["reply"]
    assert (reply["value"], reply["tool_calls"][0]["name"]) == (None, "weather")


def test_a_structured_use_case_works_without_a_key(executed):
    value = executed("json", model="offline").output["reply"]["value"]
    assert "offline model" in value["answer"]


@operation("fills")
def fills(run: Run, _asked: parts.Asked) -> parts.Told:
    given = {"style": {"voice": "pirates"}, "name": "Hello"}
    said = [Message(role="user", content="Hello, who are you?")]
    return parts.Told(reply=parts.GATEWAY["now"].execute(run, "mail", "t", given, messages=said))


def test_the_gates_read_what_fills_a_template_wherever_it_stands(kernel, monkeypatch):
    seen = []

    class Gate:
        def ask(self, ask):
            seen.append(ask.content)
            return Verdict("gate")

    monkeypatch.setattr(kernel, "gates", (Gate(),))
    parts.GATEWAY["now"] = Gateway(prompts=Filled())
    task = parts.end(kernel, kernel.submit("fills", {}, parts.ANA))
    assert task.error is None, task.error
    assert seen == [("voice", "pirates", "Hello, who are you?")], "and what was said, once"
