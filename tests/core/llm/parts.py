"""An operation that asks a model, and a look at what the kernel recorded of it."""

from __future__ import annotations

import json
import time
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field

from core.kernel import Kernel, Run, Who, operation
from core.llm import Gateway, Message, ModelPrice, ModelSettings, Reply, ToolSpec
from core.settings.catalogue import credentials
from tests.loopback.server import KEY

ANA = Who(org="acme", person="ana")
GATEWAY: dict[str, Gateway] = {}
WEATHER = ToolSpec(
    name="weather",
    description="The weather in a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)
PRICE = ModelPrice(input="1", output="2", cached="0.1", cache_write="1.25", reasoning="3")


class City(BaseModel):
    """A structured answer."""

    name: str
    people: int = Field(ge=0)
    rivers: list[str] = []


SHAPES: dict[str, type[BaseModel]] = {"city": City}


class Asked(BaseModel):
    """What a model is asked."""

    messages: list[Message] = [Message(role="user", content="Hello, who are you?")]
    tools: list[ToolSpec] = []
    models: list[str] = ["offline"]
    tokens_max: int = 200
    policy: dict[str, Any] = {}
    shape: str = ""  # of a structured answer: a name in SHAPES


class Told(BaseModel):
    """What it said."""

    reply: Reply


@operation("ask_model")
def ask_model(run: Run, asked: Asked) -> Told:
    run.policy = run.policy.changed(**asked.policy)
    reply = GATEWAY["now"].complete(
        run,
        asked.messages,
        tools=asked.tools,
        models=asked.models,
        tokens_max=asked.tokens_max,
        response=SHAPES.get(asked.shape),
    )
    return Told(reply=reply)


def settings(openai_url: str = "", anthropic_url: str = "", **more: Any) -> ModelSettings:
    """Every hosted provider points at a loopback server."""
    given: dict[str, Any] = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{openai_url}/v1",
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": anthropic_url,
        "MISTRAL_API_KEY": KEY,
        "MISTRAL_BASE_URL": f"{openai_url}/v1",
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": f"{openai_url}/v1",
        "COMPATIBLE_BASE_URL": f"{openai_url}/v1",
        "COMPATIBLE_API_KEY": KEY,
        "OLLAMA_HOST": openai_url,
        "prices": {"openrouter/vendor/m": PRICE, "compatible/m": PRICE},
    }
    given |= {_field(name): value for name, value in more.items()}
    keys = {name: given.pop(name) for name in list(given) if name in credentials() and given[name]}
    given = {name: value for name, value in given.items() if name not in credentials()}
    return ModelSettings(credentials=keys, **given)


def _field(name: str) -> str:
    """`openai_api_key` is written as the setting it is; other fields stay."""
    return name.upper() if name.upper() in credentials() else name


def ask(kernel: Kernel, gateway: Gateway, **asked: Any) -> str:
    """The id of a task that asks `gateway`."""
    GATEWAY["now"] = gateway
    return kernel.submit("ask_model", Asked(**asked).model_dump(mode="json"), ANA)


def end(kernel: Kernel, task_id: str) -> Any:
    """The task's row once it has ended."""
    for _ in kernel.follow(task_id):
        pass
    return kernel.task(task_id)


def reply_of(kernel: Kernel, gateway: Gateway, **asked: Any) -> Reply:
    """What the model said. Fails with the task's error."""
    task = end(kernel, ask(kernel, gateway, **asked))
    assert task.error is None, task.error
    return Reply.model_validate(task.output["reply"])


def rows(kernel: Kernel, table: str, task_id: str) -> list[Any]:
    """The task's rows of a table, in order of steps."""
    query = sa.text(f"select * from {table} where task_id = :id order by seq")
    return list(kernel.database.rows(query.bindparams(id=task_id)))


def said(kernel: Kernel, task_id: str) -> str:
    """The text that viewers saw."""
    return "".join(_data(e)["text"] for e in events(kernel, task_id) if e.type == "delta")


def events(kernel: Kernel, task_id: str) -> list[Any]:
    """Everything viewers were told."""
    query = sa.text("select * from kernel_event where task_id = :id order by id")
    return list(kernel.database.rows(query.bindparams(id=task_id)))


def wait_for_text(kernel: Kernel, task_id: str, within_s: float = 60) -> None:
    """Viewers have seen the first words."""
    limit = time.monotonic() + within_s
    while not said(kernel, task_id):
        assert time.monotonic() < limit, "no text arrived"
        time.sleep(0.02)


def _data(event: Any) -> dict[str, Any]:
    return json.loads(event.data) if isinstance(event.data, str) else event.data
