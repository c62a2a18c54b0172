"""`complete`: one prompt under a policy, answered in this terminal."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from core.errors import restore
from core.ledger import amount
from core.llm.messages import ENDED_EARLY
from core.settings import load as load_settings


def complete(
    prompt: Annotated[str, typer.Argument(help="What do you want to ask?")],
    policy: Annotated[str, typer.Option(help="The use case it runs under")] = "conversation",
    *,
    template: Annotated[str, typer.Option(help="A prompt of the registry that opens it")] = "",
    variable: Annotated[
        list[str] | None, typer.Option(help="name=value for the template; repeatable")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what each model may cost; none is asked")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> int:
    """Answer one prompt under a named policy, with its receipt."""
    from core.studio import open_studio

    settings = load_settings()
    level = "ERROR" if as_json else "WARNING"  # standard output is the answer's alone
    settings = settings.model_copy(update={"log_level": level})
    studio = open_studio(settings)
    try:
        asked = {
            "prompt": prompt,
            "policy": policy,
            "template": template,
            "variables": dict(_pair(one) for one in variable or ()),
        }
        named = "complete.estimate" if estimate else "complete"
        task_id = studio.submit(studio.people.local(), named, asked)
        for event in studio.kernel.follow(task_id):
            if not as_json:
                _show(event)
        task = studio.kernel.task(task_id)
    finally:
        studio.close()
    if task.error:
        raise restore(task.error)
    told = _quotes(task.output) if estimate else f"\n\n{_receipt(task.output)}"
    sys.stdout.write(f"{json.dumps(task.output) if as_json else told}\n")
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not name=value.")
    return name, value


def _show(event: Any) -> None:
    if event.type == "delta":
        sys.stdout.write(event.data["text"])
        sys.stdout.flush()
    elif event.type == "model.restarted":
        sys.stdout.write("\n\n(That answer does not count; here is another.)\n\n")


def _quotes(made: dict[str, Any]) -> str:
    return "\n".join(map(_quote, made["quotes"]))


def _quote(one: dict[str, Any]) -> str:
    how = "counted" if one["counted"] == "exact" else "estimated"
    tokens = f"{one['input_tokens']:,} tokens {how} + up to {one['tokens_max']:,}"
    told = [one["model"], tokens, f"at most {amount('nusd', one['most_nusd'])}"]
    if one["missing"]:
        told.append(f"passed over: {one['missing']} is not set")
    return " · ".join(told)


def _receipt(made: dict[str, Any]) -> str:
    usage, cost = made["usage"], amount("nusd", made["cost_nusd"])
    cost = "free, from the cache" if made["cached"] else cost
    tokens = f"{usage['prompt']:,} + {usage['completion']:,} tokens"
    left = made["budget"].get("nusd")
    told = [made["model"], tokens, cost, f"{made['latency_ms'] / 1_000:.1f} s"]
    if made["estimated"]:
        told.append("estimated")
    if made["finish_reason"] in ENDED_EARLY:
        told.append(ENDED_EARLY[made["finish_reason"]])
    if left is not None:
        told.append(f"{amount('nusd', left)} left")
    return " · ".join(told)
