"""A studio in its own process: `child.py URL command...`; one JSON line per command."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from core import safety, telemetry
from core.settings import load
from tests.core.kernel.proofs import parts

url, *commands = sys.argv[1:]
options = {}
if commands and commands[0].startswith("patience="):
    options["patience"] = timedelta(seconds=float(commands.pop(0).split("=")[1]))
if commands and commands[0].startswith("silence="):
    options["silence_s"] = float(commands.pop(0).split("=")[1])
if commands and commands[0].startswith("otlp="):
    values = {"OTEL_EXPORTER_OTLP_ENDPOINT": commands.pop(0).split("=")[1]}
    options["telemetry"] = telemetry.open(load(values, None), safety.redact)
kernel = parts.open_studio(url, **options)
for command in commands:
    verb, *words = command.split(",")
    if verb == "submit":
        about = {"id": words[1], "trace": "".join(words[3:])}
        answer = kernel.submit(words[0], {"n": int(words[2])}, parts.ANA, **about)
    elif verb == "answer":
        answer = kernel.answer(words[0], int(words[1]), words[2], by="bo")
    elif verb == "state":
        while kernel.task(words[0]).state not in words[1:]:
            time.sleep(0.02)
        answer = kernel.task(words[0]).output
    elif verb == "follow":
        answer = [(e.id, e.type) for e in kernel.follow(words[0])]
    elif verb == "cancel":
        answer = kernel.cancel(words[0])
    elif verb == "sleep":
        answer = time.sleep(float(words[0]))
    sys.stdout.write(parts.dumps([verb, answer]) + "\n")
    sys.stdout.flush()
parts.close_studio(kernel)
kernel.telemetry.close()
