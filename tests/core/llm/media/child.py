"""A house in its own process: `live(FOLDER, URL, TASK)` asks for a film, and prints what it got."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.errors import StudioError
from core.llm import ModelSettings
from core.llm.media import video as door
from tests.core.llm.media.parts import open_house
from tests.loopback.server import KEY

FILM = "openai/sora-2"


def live(folder: str, url: str, task_id: str) -> None:
    """The task is submitted once, and waited for."""
    door.POLL_S = 0.05
    with open_house(Path(folder)) as house:
        credentials = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1"}
        gateway = house.use(ModelSettings(credentials=credentials))
        try:
            film = lambda run: door.video(run, gateway, "a cat walks", models=[FILM])  # noqa: E731
            made = house.open(film, id=task_id)
        except StudioError as error:
            made = error.as_value()
        sys.stdout.write(json.dumps(made) + "\n")
        sys.stdout.flush()
