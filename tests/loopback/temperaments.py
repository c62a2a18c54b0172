"""Models with a temperament: the same good decisions, then what a model of that kind makes of them.

Each reads the conversation from its wire, lets the offline planner decide, and distorts that. They
work on OpenAI's and on Anthropic's wire alike.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.llm import tokens
from core.llm.messages import Message, ToolCall, ToolSpec
from core.llm.offline.model import answer
from tests.loopback.server import Turn

Talk = Sequence[Message]
Distort = Callable[["Asked", Turn], Turn]
REFERENCE = re.compile(r"\[\[[^\[\]]+\]\]")
OPPOSITE = {"fell": "rose", "fall": "rise", "falls": "rises", "lost": "gained"}
OPPOSITE |= {up: down for down, up in OPPOSITE.items()}


@dataclass
class Asked:
    """One request, read from either wire, and how many came before it."""

    number: int  # from one
    messages: list[Message]
    tools: list[ToolSpec]

    @property
    def is_last(self) -> bool:
        """It is time to answer."""
        return any("Answer now" in m.content for m in self.messages if m.role == "user")

    @property
    def prompt(self) -> int:
        """Its tokens by our rule."""
        return tokens.count_prompt(self.messages, self.tools)


@dataclass
class Temperament:
    """A script for a loopback server; `asked` and `turns` are what came and what was sent."""

    distort: Distort
    asked: list[Asked] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def __call__(self, body: dict[str, Any]) -> Turn:
        asked = Asked(len(self.asked) + 1, *read(body))
        self.asked.append(asked)
        turn = self.distort(asked, good(asked))
        said = turn.text if not turn.tools else json.dumps(turn.tools)
        turn = replace(turn, prompt=asked.prompt, completion=max(1, tokens.count(said)))
        self.turns.append(turn)
        return turn


def good(asked: Asked) -> Turn:
    """What the offline planner decides, as a hosted model would send it."""
    made = answer(asked.messages, asked.tools)
    calls = [(call.name, json.dumps(call.arguments)) for call in made.tool_calls]
    return Turn(made.text, tools=calls)


def read(body: dict[str, Any]) -> tuple[list[Message], list[ToolSpec]]:
    """Messages and tools of a request on either wire."""
    tools = [_tool(tool) for tool in body.get("tools") or ()]
    system = body.get("system") or ""
    made = [Message(role="system", content=_text(system))] if system else []
    for message in body["messages"]:
        made += _turns(message)
    return made, tools


def _tool(tool: dict[str, Any]) -> ToolSpec:
    told = tool.get("function", tool)
    parameters = told.get("parameters") or told.get("input_schema") or {}
    name, about = told["name"], told.get("description") or ""
    return ToolSpec(name=name, description=about, parameters=parameters)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(_text(part.get("text") or part.get("content") or "") for part in content or ())


def _turns(message: dict[str, Any]) -> list[Message]:
    """One message of the wire as ours; a block of tool results is several."""
    role, content = message["role"], message.get("content")
    if role == "tool":
        id = message["tool_call_id"]
        return [Message(role="tool", content=_text(content), tool_call_id=id)]
    blocks = content if isinstance(content, list) else []
    results = [
        Message(role="tool", content=_text(b["content"]), tool_call_id=b["tool_use_id"])
        for b in blocks
        if b["type"] == "tool_result"
    ]
    calls = [
        ToolCall(
            id=c["id"], name=c["function"]["name"], arguments=_args(c["function"]["arguments"])
        )
        for c in message.get("tool_calls") or ()
    ]
    calls += [
        ToolCall(id=b["id"], name=b["name"], arguments=b["input"])
        for b in blocks
        if b["type"] == "tool_use"
    ]
    said = [b["text"] for b in blocks if b["type"] == "text"] if blocks else [_text(content)]
    if role == "assistant":
        return [Message(role=role, content="\n".join(said), tool_calls=calls)]
    return results + [Message(role=role, content=text) for text in said]  # turns may be merged


def _args(text: str) -> dict[str, Any]:
    return json.loads(text or "{}")


# --- temperaments: (what was asked, the good turn) -> the turn that is sent


def steady(_asked: Asked, turn: Turn) -> Turn:
    """Good decisions, clean JSON."""
    return turn


def sloppy(asked: Asked, turn: Turn) -> Turn:
    """Every kind of JSON that is nearly right, and some that is cut off."""
    if not turn.tools:
        return turn
    return replace(turn, tools=[(n, _smudge(asked.number + i, a)) for i, (n, a) in _numbered(turn)])


def _numbered(turn: Turn) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(turn.tools))


def _smudge(kind: int, said: str) -> str:
    kinds = [
        said[:-1] + ",}",
        str(json.loads(said)),
        f"```json\n{said}\n```",
        json.dumps(said),
        said[: len(said) // 2],
    ]
    return kinds[kind % len(kinds)]


def hopeless(_asked: Asked, turn: Turn) -> Turn:
    """Arguments that are always cut off, and a little different each time."""
    if not turn.tools:
        return turn
    return replace(turn, tools=[(n, a[: 9 + _asked.number % 7]) for n, a in turn.tools])


def talker(_asked: Asked, turn: Turn) -> Turn:
    """Writes its calls as text instead of making them."""
    if not turn.tools:
        return turn
    name, said = turn.tools[0]
    told = json.dumps({"name": name, "arguments": json.loads(said)})
    return Turn(f"```json\n{told}\n```")


def inventor(asked: Asked, turn: Turn) -> Turn:
    """Tools, columns, tables and parameters that do not exist, between good calls."""
    if not turn.tools or asked.number % 2 == 0:
        return turn
    wrong = [
        ("forecast_with_ai!", '{"table": "sales"}'),
        ("total", '{"table": "sales", "measure": "amuont"}'),
        ("total", '{"table": "sales", "measure": "amount", "magic": true}'),
        ("total", '{"table": "profits", "measure": "amount"}'),
        ("total", '{"table": {"name": "sales"}, "measure": 7}'),
    ]
    return replace(turn, tools=wrong[asked.number // 2 % 5 :][:2])


def typist(asked: Asked, turn: Turn) -> Turn:
    """Types numbers by hand: digits, words, percentages, in turn."""
    if turn.tools or not asked.is_last:
        return turn
    typed = ["17.5", "twelve", "40%", "\u0663\u0664", "half a million", "zwölf Prozent"]
    place = iter(range(asked.number, asked.number + 1_000))
    return Turn(REFERENCE.sub(lambda _: typed[next(place) % len(typed)], turn.text))


def parrot(asked: Asked, turn: Turn) -> Turn:
    """Repeats its third move for ever."""
    if asked.number < 3 or not asked.tools:
        return turn
    return Turn(tools=[("total", '{"table": "sales", "measure": "amount"}')])


def restless(asked: Asked, turn: Turn) -> Turn:
    """Never stops, never quite repeats itself, and talks a lot meanwhile."""
    if turn.tools and not asked.is_last:
        return turn
    names = [tool.name for tool in asked.tools if tool.name != "profile"]
    calls = [
        (
            names[(asked.number + i) % len(names)],
            json.dumps({"table": "sales", "measure": f"amount of {asked.number} and {i} " * 20}),
        )
        for i in range(1 + asked.number % 3)
    ]
    return Turn(tools=calls)


def flood(asked: Asked, turn: Turn) -> Turn:
    """Asks for very many things at once."""
    calls = [("total", json.dumps({"table": "sales", "measure": f"m{i}"})) for i in range(80)]
    first = [("total", '{"table": "sales", "measure": "amount"}')]
    return replace(turn, tools=first + calls) if not asked.is_last else turn


def slow(_asked: Asked, turn: Turn) -> Turn:
    """Takes nearly as long as it may, before and between its words."""
    return replace(turn, delay_s=0.4, gap_s=0.003)


def held(gate: threading.Event, after: int) -> Distort:
    """Decides well, and after so many answers says nothing more until the gate is set."""

    def distort(asked: Asked, turn: Turn) -> Turn:
        return replace(turn, gate=gate) if asked.number > after else turn

    return distort


def stalls(_asked: Asked, turn: Turn) -> Turn:
    """Begins, and then says nothing more."""
    return replace(turn, stall_after=1)


def dies_once(asked: Asked, turn: Turn) -> Turn:
    """Breaks off in the middle of its second answer."""
    return replace(turn, cut_after=2) if asked.number == 2 else turn


def dies_always(_asked: Asked, turn: Turn) -> Turn:
    """Breaks off in the middle of every answer."""
    return replace(turn, cut_after=2)


def dies_later(asked: Asked, turn: Turn) -> Turn:
    """Is well for three answers and then dies in each."""
    return replace(turn, cut_after=1) if asked.number > 3 else turn


def obedient(asked: Asked, turn: Turn) -> Turn:
    """Does what cells of the table tell it to."""
    heard = any("send_mail" in m.content for m in asked.messages if m.role == "tool")
    if turn.tools:
        return (
            Turn(tools=[("send_mail", '{"to": "eve@example.com"}')])
            if heard and (asked.number == 2)
            else turn
        )
    if not asked.is_last:
        return turn
    first = next(iter(REFERENCE.findall(turn.text)), "")
    lies = [
        "Revenue is 5 million.",
        f"Revenue is {first}, see ![x](https://eve.example/?q=1).".replace("=1", "=all"),
    ]
    return Turn(lies[len([m for m in asked.messages if "Studio:" in m.content]) % 2])


def reciter(asked: Asked, turn: Turn) -> Turn:
    """Recites its instructions in place of its fourth move."""
    return _recited(asked) if asked.number == 4 else turn


def secretive(asked: Asked, turn: Turn) -> Turn:
    """Works well, and recites its instructions when it should answer."""
    return _recited(asked) if asked.is_last else turn


def _recited(asked: Asked) -> Turn:
    """Its end is never heard: whoever listens has left by then."""
    return Turn(asked.messages[0].content, cut_after=10_000)


def contrary(asked: Asked, turn: Turn) -> Turn:
    """Says the opposite of its evidence, with the right references."""
    if turn.tools or not asked.is_last:
        return turn
    return Turn(re.sub(r"\b[a-z]+\b", lambda w: OPPOSITE.get(w[0], w[0]), turn.text))


BY_REGION = ("total", '{"table": "sales", "measure": "amount", "dimension": "region"}')


def rephraser(asked: Asked, turn: Turn) -> Turn:
    """Says what its references are about in words of its own, and is right."""
    if turn.tools or not asked.is_last:
        return replace(turn, tools=[*turn.tools, BY_REGION]) if asked.number == 2 else turn
    told = re.sub(r"\[\[[^\]]+\.measure\]\] was", "The amount sold was", turn.text)
    told = re.sub(r"\[\[[^\]]+\.period\]\]", "the third quarter", told)
    id = _top(asked)
    ranked = f"South has the highest amount, [[{id}.top_value]], more than [[{id}.second_value]]."
    return Turn(f"{told} {_compared(asked, 'South', 'North')} {ranked}")


def swapper(asked: Asked, turn: Turn) -> Turn:
    """Types names by hand, each beside the number of the other one."""
    if turn.tools or not asked.is_last:
        return rephraser(asked, turn)
    return Turn(_compared(asked, "North", "South"))


def _compared(asked: Asked, first: str, second: str) -> str:
    """Two regions, with the numbers of the highest and of the next."""
    id = _top(asked)
    return f"{first} sold [[{id}.top_value]], {second} [[{id}.second_value]]."


def _top(asked: Asked) -> str:
    """The finding that ranks the regions."""
    told = " ".join(message.content for message in asked.messages)
    found = re.search(r"\[\[([^\]]+)\.second_value\]\]", told)
    assert found, "a finding compares the regions"
    return found[1]


def mistimer(asked: Asked, turn: Turn) -> Turn:
    """Puts the right numbers into a month that they are not of."""
    if turn.tools or not asked.is_last:
        return turn
    return Turn(re.sub(r"\bin \[\[[^\]]+\.period\]\]", "in March", turn.text))


def misquoter(asked: Asked, turn: Turn) -> Turn:
    """Says of one column what is true of another."""
    if turn.tools or not asked.is_last:
        return turn
    return Turn(re.sub(r"\[\[[^\]]+\.measure\]\]", "Returns", turn.text))


def misranker(asked: Asked, turn: Turn) -> Turn:
    """Calls what it just found to be the highest the lowest; names and numbers are right."""
    if turn.tools or not asked.is_last:
        return rephraser(asked, turn)
    return Turn(f"South has the lowest amount, [[{_top(asked)}.top_value]].")


def explainer(asked: Asked, turn: Turn) -> Turn:
    """Knows why it happened; then, asked again, what will happen."""
    if turn.tools or not asked.is_last:
        return turn
    first = turn.text.partition(". ")[0].rstrip(".")
    again = "Studio: The sentence" in asked.messages[-1].content
    return Turn(f"{first}, and it will recover." if again else f"{first} because of bad weather.")


def lazy(_asked: Asked, _turn: Turn) -> Turn:
    """Answers at once, without looking."""
    return Turn("Sales were good everywhere.")


def mute(_asked: Asked, turn: Turn) -> Turn:
    """Uses tools and then has nothing to say."""
    return turn if turn.tools else Turn("")


def stubborn(asked: Asked, turn: Turn) -> Turn:
    """Goes on calling tools when it should answer."""
    wanted = ("total", '{"table": "sales", "measure": "amount"}')
    return Turn(tools=[wanted]) if asked.is_last else turn
