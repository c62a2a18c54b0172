"""An answer that fits a pydantic model, or an error: never half of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from pydantic import BaseModel, RootModel, ValidationError

from core.llm.messages import Message

REASKS_MAX = 2
PROBLEMS_MAX = 8
MAPS = ("properties", "$defs")  # names of ours, not keywords of the schema
FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
ORDER = (
    "Answer with one JSON object and nothing else: no prose, no code fence."
    " It must fit this JSON schema:\n"
)


class AnyObject(RootModel[dict[str, Any]]):
    """A JSON object of whatever fields: what a structured use case answers without a schema."""


def is_open(schema: Mapping[str, Any]) -> bool:
    """Any object fits the schema."""
    return schema.get("additionalProperties") is True and "properties" not in schema


def schema_of(response: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema that is sent: strict, every property required, nothing beside them."""
    return _strict(response.model_json_schema())


def instructed(messages: Sequence[Message], response: type[BaseModel]) -> list[Message]:
    """The messages with the order to answer in JSON, for every model, whatever its wire can do.

    It stands in the first system message: providers that take the schema natively agree with it,
    the others learn it from here.
    """
    schema = json.dumps(response.model_json_schema(), ensure_ascii=False)
    order = Message(role="system", content=ORDER + schema)
    if messages and messages[0].role == "system":
        first = messages[0]
        joined = first.model_copy(update={"content": f"{first.content}\n\n{order.content}"})
        return [joined, *messages[1:]]
    return [order, *messages]


def read(text: str, response: type[BaseModel]) -> tuple[dict[str, Any] | None, str]:
    """The valid value as JSON and nothing, or nothing and what is wrong, for the model to mend."""
    given, problem = _parsed(text)
    if problem:
        return None, problem
    try:
        return response.model_validate(given).model_dump(mode="json"), ""
    except ValidationError as error:
        items = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [f"{'.'.join(map(str, item['loc'])) or 'the object'}: {item['msg']}"
                 for item in items[:PROBLEMS_MAX]]  # fmt: skip
        return None, "It does not fit: " + "; ".join(wrong) + "."


def reask(text: str, problem: str) -> list[Message]:
    """The next two messages: what was answered, and what has to be mended."""
    said = f"Studio: {problem} Answer again with the whole corrected JSON object only."
    return [Message(role="assistant", content=text), Message(role="user", content=said)]


def _parsed(text: str) -> tuple[Any, str]:
    """The first reading of a text that is JSON, or what is wrong with the last."""
    problem = ""
    for bare in _readings(text):
        try:
            return json.loads(bare, parse_constant=_never, parse_float=_finite), ""
        except (ValueError, RecursionError) as error:
            problem = f"That is not JSON: {error}."
    return None, problem


def _never(name: str) -> float:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(f"{name} is no number of JSON")


def _finite(said: str) -> float:
    value = float(said)
    return value if isfinite(value) else _never(said)


def _readings(text: str) -> Iterator[str]:
    """All of it, for a fence may stand in a string; what is fenced; from brace to brace."""
    yield text.strip()
    found = FENCED.search(text)
    if found:
        yield found[1].strip()
    first, last = text.find("{"), text.rfind("}")
    if 0 <= first < last:
        yield text[first : last + 1]


def _strict(schema: Any) -> Any:
    """Objects closed and all their properties required, as strict modes demand."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: {name: _strict(of) for name, of in value.items()} if key in MAPS else _strict(value)
        for key, value in schema.items()
        if key != "default"
    }
    if isinstance(made.get("properties"), dict):
        made |= {"additionalProperties": False, "required": list(made["properties"])}
    return made
