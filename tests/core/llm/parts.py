"""An operation that asks a model, and a look at what the kernel recorded of it."""

from __future__ import annotations

import json
import time
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from core.kernel import Kernel, Run, Who, operation
from core.llm import Gateway, Message, ModelPrice, ModelSettings, Reply, ToolSpec
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


class Asked(BaseModel):
    """What a model is asked."""

    messages: list[Message] = [Message(role="user", content="Hello, who are you?")]
    tools: list[ToolSpec] = []
    models: list[str] = ["offline"]
    tokens_max: int = 200


class Told(BaseModel):
    """What it said."""

    reply: Reply


@operation("ask_model")
def ask_model(run: Run, asked: Asked) -> Told:
    reply = GATEWAY["now"].complete(
        run, asked.messages, tools=asked.tools, models=asked.models, tokens_max=asked.tokens_max
    )
    return Told(reply=reply)


def settings(openai_url: str = "", anthropic_url: str = "", **more: Any) -> ModelSettings:
    """Every hosted provider points at a loopback server."""
    given: dict[str, Any] = {
        "openai_api_key": KEY,
        "openai_base_url": f"{openai_url}/v1",
        "anthropic_api_key": KEY,
        "anthropic_base_url": anthropic_url,
        "mistral_api_key": KEY,
        "mistral_base_url": f"{openai_url}/v1",
        "openrouter_api_key": KEY,
        "openrouter_base_url": f"{openai_url}/v1",
        "compatible_base_url": f"{openai_url}/v1",
        "compatible_api_key": KEY,
        "prices": {"openrouter/vendor/m": PRICE, "compatible/m": PRICE},
    }
    return ModelSettings(**{**given, **more})


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


def wait_for_text(kernel: Kernel, task_id: str, within_s: float = 10) -> None:
    """Viewers have seen the first words."""
    limit = time.monotonic() + within_s
    while not said(kernel, task_id):
        assert time.monotonic() < limit, "no text arrived"
        time.sleep(0.02)


def _data(event: Any) -> dict[str, Any]:
    return json.loads(event.data) if isinstance(event.data, str) else event.data
