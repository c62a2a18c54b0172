"""Log lines on standard output: plain for people, JSON for machines, redacted for both.

A plain record begins at the margin; what follows of it is indented.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from core.telemetry import here

Redact = Callable[[str], str]
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# Libraries that tell every request at INFO: theirs begin at WARNING.
TALKATIVE = ("httpx", "httpcore", "alembic", "LiteLLM", "dbos", "uvicorn", "openai")


class Lines(logging.Formatter):
    """One record becomes one line, in plain one paragraph; its `extra` becomes fields."""

    def __init__(self, format: Literal["plain", "json"], redact: Redact) -> None:
        super().__init__()
        self._format = format
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line: every text in it has gone through `redact`."""
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "timestamp": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redact(record.getMessage()),
        }
        own = {k: self._clean(v) for k, v in vars(record).items() if k not in USUAL}
        extras = {**here.fields(), **own}
        trace = record.exc_text or (
            self.formatException(record.exc_info) if record.exc_info else ""
        )
        trace = self._redact(trace)
        if self._format == "json":
            extras |= {"error": trace} if trace else {}
            return json.dumps(extras | line, ensure_ascii=False, default=str)
        told = "".join(f" {name}={value}" for name, value in extras.items())
        text = "{timestamp} {level:7} {logger}: {message}".format_map(line) + told
        text = f"{text}\n{trace}" if trace else text
        return text.replace("\r", "\\r").replace("\n", "\n    ")  # nobody forges a record

    def _clean(self, value: Any) -> Any:
        """JSON of the same shape, every text in it redacted."""
        if isinstance(value, dict):
            return {self._clean(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._redact(str(value))


def start_logs(
    level: str = "INFO",
    format: Literal["plain", "json"] = "plain",
    *,
    redact: Redact,
    stream: TextIO | None = None,
) -> logging.Handler:
    """Every logger of the process writes lines to `stream` (standard output), and only there.

    Starting again replaces what was started before.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(Lines(format, redact))
    handler.set_name("studio")
    root = logging.getLogger()
    root.handlers = [old for old in root.handlers if old.name != "studio"] + [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()  # the server's own know no redaction
        logging.getLogger(name).propagate = True
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.NOTSET)  # as talkative as "uvicorn" may be
    return handler
