"""The engine that renders templates which people write: no code, no calls, bounded size and time.

Jinja2's sandbox keeps a template away from Python; this one also leaves out what could run for ever
or grow without end. What remains are variables, conditions, loops and a few filters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, Undefined, nodes, pass_context
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import Invalid
from core.kernel.values import plain

SOURCE_MAX, CHARS_MAX = 32_000, 400_000  # of a template; of its values, each result, the output
ROUNDS_MAX = 10_000  # of all loops of one rendering together
TIME_MAX_S = 2.0
OURS = "_allowance"
LOOP = frozenset({"index", "index0", "revindex", "first", "last", "length"})
TESTS = frozenset({"defined", "undefined", "none", "string", "number", "true", "false", "in", "eq"})
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter,
    nodes.Test, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple,
    nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call,
)  # fmt: skip
BROKEN = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
HINT = "A template has variables, if, for and filters such as join, lower, default and tojson."


class Exhausted(Exception):
    """A rendering needs more than it may have; the text says of what."""


class Allowance:
    """What one rendering may still use. Raises Exhausted when there is no more."""

    def __init__(self) -> None:
        self.rounds = ROUNDS_MAX
        self.chars = CHARS_MAX
        self.until = time.monotonic() + TIME_MAX_S

    def take(self, rounds: int = 0) -> None:
        """So many rounds of a loop are used up, and there was time for them."""
        self.rounds -= rounds
        if self.rounds < 0:
            raise Exhausted("its loops go round too often")
        if time.monotonic() > self.until:
            raise Exhausted("it takes too long")

    def print(self, piece: str) -> None:
        """The piece still fits into the text."""
        self.take()
        self.chars -= len(piece)
        if self.chars < 0:
            raise Exhausted("it grows too large")

    def weigh(self, *values: Any) -> None:
        """The values together are small enough, and there is time."""
        self.take()
        left = CHARS_MAX
        for weight in _weights(values):
            left -= weight
            if left < 0:
                raise Exhausted("it grows too large")


def parse(source: str) -> Template:
    """The template, ready to render. Raises Invalid with the line of what it may not hold."""
    if len(source) > SOURCE_MAX:
        raise Invalid("The template is too long.", hint=f"Keep it under {SOURCE_MAX:,} characters.")
    try:
        tree = ENGINE.parse(source)
        for node in tree.find_all(nodes.Node):
            _check(node)
        code = ENGINE.compile(_limited(tree))
        return Template.from_code(ENGINE, code, ENGINE.make_globals(None))
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        raise Invalid(f"The template cannot be read{where}: {error.message}.", hint=HINT) from None
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise Invalid("The template is nested too deeply to be read.", hint=HINT) from None


def variables(source: str) -> set[str]:
    """The names that a template takes from outside."""
    return find_undeclared_variables(ENGINE.parse(source)) - {"range"}


def fill(template: Template, values: Mapping[str, Any]) -> str:
    """The text with these values. Raises Invalid: a name is missing, or it is beyond all bounds."""
    allowance, made = Allowance(), []
    try:
        allowance.weigh(values)  # first: what stands in it often is copied each time
        given = plain(dict(values), lenient=True)
        allowance.weigh(given)
        for piece in template.generate({**given, OURS: allowance}):
            allowance.print(piece)
            made.append(piece)
    except Exhausted as error:
        raise Invalid(f"The template was stopped: {error}.", hint="Give it less to do.") from None
    except BROKEN as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise Invalid(
            f"The template cannot be filled: {reason[:200]}.",
            hint="Give every variable it names a value that fits.",
        ) from None
    return "".join(made).strip()


def _weights(value: Any) -> Iterator[int]:
    """Roughly the characters of everything in `value`, part by part, so that counting can stop."""
    if isinstance(value, str):
        yield len(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield len(str(key))
            yield from _weights(item)
    elif isinstance(value, list | tuple):
        yield 1
        for item in value:
            yield from _weights(item)
    else:
        yield value.bit_length() // 3 if isinstance(value, int) else 8


def _check(node: nodes.Node) -> None:
    """Raises TemplateError for what a template may not hold."""
    wrong = ""
    if not isinstance(node, ALLOWED):
        wrong = f"{type(node).__name__.lower()!r} is not part of templates"
    elif isinstance(node, nodes.Name) and node.name.startswith("_"):
        wrong = "names do not begin with '_'"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        wrong = f"there is no filter {node.name!r}"
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        wrong = f"there is no test {node.name!r}"
    elif isinstance(node, nodes.Call) and getattr(node.node, "name", "") != "range":
        wrong = "nothing but range can be called"
    if wrong:
        error = TemplateError(wrong)
        error.lineno = node.lineno  # pyright: ignore[reportAttributeAccessIssue]
        raise error


def _limited(tree: nodes.Template) -> nodes.Template:
    """The same tree whose loops are counted and whose joined texts are weighed."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = _through("_each", loop.iter)
    for joined in list(tree.find_all(nodes.Concat)):
        joined.nodes = [_through("_joined", nodes.List(joined.nodes))]
    return tree.set_environment(ENGINE)  # pyright: ignore[reportReturnType]


def _through(name: str, value: Any) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=getattr(value, "lineno", 1))


@pass_context
def _each(context: Context, value: Any) -> list[Any]:
    """What a loop goes over, counted before it is gone over."""
    allowance = context[OURS]
    if isinstance(value, Undefined) or not isinstance(value, list | tuple | dict | str):
        value = list(value)  # raises what says why not
    allowance.take(len(value) + 1)
    return list(value)


@pass_context
def _range(context: Context, *bounds: int) -> list[int]:
    """Python's range, short; the loop over it is what counts its rounds."""
    numbers = range(*bounds)
    if len(numbers) > context[OURS].rounds:
        raise Exhausted("its loops go round too often")
    return list(numbers)


def _bounded(make: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose input and result are small."""

    @pass_context
    def filtered(context: Context, value: Any, *rest: Any, **named: Any) -> Any:
        allowance = context[OURS]
        allowance.weigh(value, *rest, *named.values())
        made = make(value, *rest, **named)
        allowance.weigh(made)
        return made

    return filtered


def _join(value: Any, by: str = "") -> str:
    texts = [_shown(one) for one in value]
    if sum(map(len, texts)) + len(by) * len(texts) > CHARS_MAX:
        raise Exhausted("it grows too large")
    return by.join(texts)


def _default(value: Any, other: Any = "", empty: bool = False) -> Any:
    return other if isinstance(value, Undefined) or (empty and not value) else value


def _shown(value: Any) -> Any:
    """A value in a text: JSON where Python would show its own signs. Only data is shown."""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    if value is not None and not isinstance(value, str | int | float | Undefined):
        raise TypeError("only values can be shown")
    return "" if value is None else str(value)


def _round(value: float, places: int = 0) -> float:
    return round(value, max(-12, min(int(places), 12)))


def _truncate(value: str, chars: int = 255) -> str:
    return value if len(value) <= chars else value[: max(0, chars - 1)] + "\u2026"


FILTERS: dict[str, Callable[..., Any]] = {
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "title": lambda value: str(value).title(),
    "capitalize": lambda value: str(value).capitalize(),
    "trim": lambda value: str(value).strip(),
    "string": _shown,
    "join": _join,
    "default": _default,
    "tojson": lambda value: json.dumps(value, ensure_ascii=False),
    "items": lambda value: [list(pair) for pair in value.items()],
    "length": len,
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "sort": sorted,
    "unique": lambda value: list(dict.fromkeys(value)),
    "reverse": lambda value: value[::-1],
    "round": _round,
    "truncate": _truncate,
}


class _Engine(ImmutableSandboxedEnvironment):
    """Reads keys of mappings and what a loop knows of itself; nothing else has attributes."""

    intercepted_binops = frozenset({"+", "-"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple | str) and isinstance(argument, int | slice):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        context[OURS].weigh(left, right)
        return super().call_binop(context, operator, left, right)


def _engine() -> _Engine:
    engine = _Engine(
        undefined=StrictUndefined,
        autoescape=False,  # the text is for a model, not for a browser
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=None,
    )
    engine.filters = {name: _bounded(make) for name, make in FILTERS.items()}
    engine.filters |= {"_each": _each, "_joined": _bounded(_join)}
    engine.tests = {name: engine.tests[name] for name in TESTS}
    engine.globals = {"range": _range}
    return engine


@pass_context
def _finalize(context: Context, value: Any) -> Any:
    """What is printed, weighed first; a missing value complains."""
    if not isinstance(value, str | Undefined):
        context[OURS].weigh(value)
    return _shown(value)


ENGINE = _engine()
