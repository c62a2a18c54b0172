"""Critical errors go to a Sentry server: every log line at ERROR, redacted, without content."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from core.telemetry import here

KEPT_MAX = 100
NEVER_FROM = ("sentry_sdk", "urllib3", "opentelemetry")  # its own troubles would go in circles


class Errors(logging.Handler):
    """Listens to every logger; a broken act, a failed task and a page error are log lines."""

    def __init__(
        self, dsn: str, *, environment: str, release: str, redact: Callable[[Any], Any]
    ) -> None:
        super().__init__(logging.ERROR)
        import sentry_sdk
        from sentry_sdk.transport import HttpTransport

        self.set_name("sentry")
        self.sent = 0
        self.dropped: dict[str, int] = {}
        self._redact = redact
        errors = self

        class Counted(HttpTransport):
            def on_dropped_event(self, reason: str) -> None:
                errors.dropped[reason] = errors.dropped.get(reason, 0) + 1

        self._client = sentry_sdk.Client(
            dsn,
            environment=environment,
            release=release,
            transport=Counted,
            transport_queue_size=KEPT_MAX,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            server_name="studio",  # not the machine's
            keep_alive=False,
            shutdown_timeout=0,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line as an event. Takes a millisecond at most, and nothing is sent here."""
        if record.name.split(".")[0] in NEVER_FROM:
            return
        from sentry_sdk.utils import capture_internal_exceptions

        with capture_internal_exceptions():  # a report of trouble never makes more of it
            self._client.capture_event(event(record, self._redact))
            self.sent += 1

    def status(self) -> dict[str, int]:
        """How many events were handed over and how many of them dropped."""
        return {"sent": self.sent, "dropped": sum(self.dropped.values())}

    def close_within(self, within_s: float) -> None:
        """What is queued was sent, as far as the time allows; nothing is listened to any more."""
        logging.getLogger().removeHandler(self)
        self._client.close(timeout=within_s)


def event(record: logging.LogRecord, redact: Callable[[Any], Any]) -> Any:
    """The record in Sentry's words: sentence, error, places in the code, trace and task."""
    known = here.fields()
    made: dict[str, Any] = {
        "level": "fatal" if record.levelno >= logging.CRITICAL else "error",
        "logger": record.name,
        "timestamp": record.created,
        "logentry": {"message": redact(str(record.msg)), "formatted": redact(record.getMessage())},
        "tags": {"request_id": known["request_id"]} if "request_id" in known else {},
    }
    if "trace_id" in known:
        trace = {"trace_id": known["trace_id"], "span_id": known["span_id"]}
        made["contexts"] = {"trace": trace}
    if record.exc_info and record.exc_info[1]:
        made["exception"] = {
            "values": [_told(error, redact) for error in _chain(record.exc_info[1])]
        }
    return made


def _chain(error: BaseException) -> list[BaseException]:
    """The causes first, the error itself last."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found[::-1]


def _told(error: BaseException, redact: Callable[[Any], Any]) -> dict[str, Any]:
    """One error, with places but without variables, source or folders of this machine."""
    frames = [
        {"filename": _short(frame.filename), "function": frame.name, "lineno": frame.lineno}
        for frame in traceback.extract_tb(error.__traceback__, limit=-60)
    ]
    about = {"type": type(error).__name__, "module": type(error).__module__}
    return {**about, "value": redact(str(error)), "stacktrace": {"frames": frames}}


def _short(filename: str) -> str:
    """The last three parts of the path: enough to find it here, nothing of the machine."""
    return "/".join(filename.replace("\\", "/").split("/")[-3:])
