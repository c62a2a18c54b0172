"""A studio in its own process: `live(URL, FOLDER, command...)`; one JSON line per command."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from core import safety, telemetry
from core.settings import load
from tests.core.kernel.proofs import ends, parts


def live(url: str, folder: str, *commands: str) -> None:
    """Open the studio, do what is asked, close it; the world is `folder`."""
    parts.WORLD.folder = parts.Path(folder)
    asked = [command.split(",") for command in commands if "=" not in command.split(",")[0]]
    kernel = parts.open_studio(url, **_options(commands))
    for verb, *words in asked:
        sys.stdout.write(parts.dumps([verb, _done(kernel, verb, words)]) + "\n")
        sys.stdout.flush()
    parts.close_studio(kernel)
    kernel.telemetry.close(60)


def _options(commands):
    """What `patience=600` and `otlp=URL` say of the studio."""
    found = dict(command.split("=", 1) for command in commands if "=" in command.split(",")[0])
    options = {}
    if "patience" in found:
        options["patience"] = timedelta(seconds=float(found["patience"]))
    if "otlp" in found:
        values = {"OTEL_EXPORTER_OTLP_ENDPOINT": found["otlp"]}
        options["telemetry"] = telemetry.open(load(values, None), safety.redact)
    return options


def _done(kernel, verb, words):
    """What the verb came to."""
    if verb == "submit":
        about = {"id": words[1], "trace": "".join(words[3:])}
        return kernel.submit(words[0], {"n": int(words[2])}, parts.ANA, **about)
    if verb == "answer":
        return kernel.answer(words[0], int(words[1]), words[2], by="bo")
    if verb == "state":
        while kernel.task(words[0]).state not in words[1:]:
            time.sleep(0.02)
        if "running" not in words[1:]:
            ends.left(words[0])
        return kernel.task(words[0]).output
    if verb == "follow":
        return [(e.id, e.type) for e in kernel.follow(words[0])]
    if verb == "cancel":
        return kernel.cancel(words[0])
    assert verb == "sleep", verb
    return time.sleep(float(words[0]))
