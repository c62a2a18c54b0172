"""An office in its own process: `live(DATABASE, FOLDER, DESK, MODEL, TASK)`; it may finish it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.llm.batching import anthropic as anthropic_door
from tests.core.llm.batching import parts
from tests.core.llm.parts import ANA


def live(url: str, folder: str, desk_url: str, model: str, task_id: str) -> None:
    """Submit the task, wait for its end, print its output."""
    anthropic_door.DOOR._wait_s = 0.05
    kernel = parts.open_kernel(url, Path(folder))
    office = parts.Office(kernel, parts.open_gateway(kernel, desk_url), model)
    many = parts.Many(n=3, models=[model]).model_dump(mode="json")
    kernel.submit("ask_many", many, ANA, id=task_id)
    task = office.ended(task_id)
    sys.stdout.write(json.dumps({**(task.output or {}), "state": task.state}) + "\n")
    sys.stdout.flush()
    kernel.close()
