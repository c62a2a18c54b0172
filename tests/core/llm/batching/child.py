"""An office in its own process: `child.py DATABASE FOLDER DESK MODEL TASK`, which it may finish."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.llm.batching import anthropic as anthropic_door
from tests.core.llm.batching import parts
from tests.core.llm.parts import ANA

url, folder, desk_url, model, task_id = sys.argv[1:]
anthropic_door.DOOR._wait_s = 0.05
kernel = parts.open_kernel(url, Path(folder))
office = parts.Office(kernel, parts.open_gateway(kernel, desk_url), model)
kernel.submit("ask_many", parts.Many(n=3, models=[model]).model_dump(mode="json"), ANA, id=task_id)
sys.stdout.write(json.dumps(office.ended(task_id).output) + "\n")
sys.stdout.flush()
kernel.close()
