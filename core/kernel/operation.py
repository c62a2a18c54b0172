"""An operation is a function, a policy, and two schemas. Everything else is derived from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from core.errors import Invalid
from core.kernel.policies import Policy
from core.kernel.registry import Registry
from core.kernel.values import plain


@dataclass(frozen=True)
class Operation:
    """A registered operation. `fn(run, input) -> output`, both pydantic models."""

    name: str
    fn: Callable[[Any, Any], BaseModel]
    input: type[BaseModel]
    output: type[BaseModel]
    policy: Policy

    @property
    def title(self) -> str:
        """What it does, in one line."""
        return (self.fn.__doc__ or self.name).strip().splitlines()[0].rstrip(".")

    def checked(self, input: dict[str, Any]) -> dict[str, Any]:
        """The input as JSON, whole and valid. Raises Invalid."""
        try:
            return plain(self.input.model_validate(input).model_dump(mode="json"))
        except ValidationError as error:
            raise unfit(self.name, error) from error


def unfit(what: str, error: ValidationError) -> Invalid:
    """What is wrong with an input, in a sentence; the input itself is not repeated."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = " ".join(str(part) for part in first["loc"]) or "input"
    more = f" There are {error.error_count()} such problems." if error.error_count() > 1 else ""
    return Invalid(
        f"{what} cannot use this {place}.",
        hint=f"{first['msg'].removeprefix('Value error, ')}.{more}",
    )


OPERATIONS: Registry[Operation] = Registry("operation")


def operation(name: str, *, policy: Policy | None = None) -> Callable[[Any], Any]:
    """Register `fn(run, input) -> output`."""

    def register(fn: Any) -> Any:
        hints = get_type_hints(fn)
        parameter = fn.__code__.co_varnames[1]
        found = Operation(name, fn, hints[parameter], hints["return"], policy or Policy())
        OPERATIONS.add(name, found)
        return fn

    return register
