"""What the studio tells of its work: spans, numbers, lines and errors, and to whom."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import unquote

from core.errors import Invalid
from core.settings import Settings
from core.telemetry import facts, here, langfuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.telemetry.libraries import Libraries
    from core.telemetry.meters import Meters
    from core.telemetry.outbox import Tally
    from core.telemetry.sentry import Errors
    from core.telemetry.tracing import Tracing

log = logging.getLogger("core.telemetry")
CLOSE_S = 0.9  # for all sinks together
VERSION = "0.1.0"
# They tell of every try that failed; the outbox says once that a sink is gone.
HUSHED = {"opentelemetry": logging.CRITICAL, "urllib3": logging.ERROR}
LOUD = frozenset(langfuse.TYPES)  # kinds of steps that are told at INFO; others at DEBUG


class Told(Protocol):
    """What is open: a leg or a step."""

    def made(self, outcome: Mapping[str, Any]) -> None:
        """The step has this outcome."""

    def ended(self, state: str, error: Mapping[str, Any] | None = None) -> None:
        """It ended in this state."""


class Silent:
    """A span that nobody receives; there is one, and it costs nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def made(self, outcome: Mapping[str, Any]) -> None:
        """Nothing."""

    def ended(self, state: str, error: Mapping[str, Any] | None = None) -> None:
        """Nothing."""


SILENT = Silent()


class Telemetry:
    """Hears of every task, leg and step. Without a sink it only writes log lines."""

    def __init__(
        self,
        tracing: Tracing | None = None,
        libraries: Libraries | None = None,
        meters: Meters | None = None,
        errors: Errors | None = None,
    ) -> None:
        self._tracing = tracing
        self._libraries = libraries
        self._meters = meters
        self._errors = errors
        self._closed = False

    # What the kernel tells.

    def submitted(self, operation: str, org: str, person: str, trace: str = "") -> str:
        """The traceparent to store with a new task: `trace` when it is valid, or where we are."""
        parent = here.valid(trace)
        if self._tracing is None:
            return parent or here.current()
        return self._tracing.submitted(operation, org, person, parent)

    @contextmanager
    def leg(self, task: Any) -> Iterator[Told]:
        """Everything inside belongs to this leg of the task: spans, log lines, calls."""
        with here.entered(request_id=task.id, **here.named(task.trace)):
            if self._tracing is None:
                yield SILENT
            else:
                with self._tracing.leg(task) as span:
                    yield span

    def step(self, ask: facts.Asked) -> AbstractContextManager[Told]:
        """Everything inside belongs to this step."""
        return SILENT if self._tracing is None else self._tracing.step(ask)

    def settled(self, ask: facts.Asked, outcome: Mapping[str, Any], took_s: float = 0.0) -> None:
        """The step was settled or refused: it is measured, and told in a line a call."""
        for place, line in enumerate(facts.call_lines(ask, outcome, round(1000 * took_s))):
            if self._meters:
                self._meters.call(line, once=place == 0)
            level = logging.INFO if line["kind"] in LOUD else logging.DEBUG
            if log.isEnabledFor(level):
                log.log(level, "%s %s %s", line["kind"], ask.name, line["state"], extra=line)

    def ended(self, task: Any, steps: Callable[[], list[dict[str, Any]]]) -> None:
        """The task has ended: it is measured and told in one line.

        `task` is its row as it ended; `steps` reads its leaf steps, when somebody listens.
        """
        took_ms = max(0, round(1000 * (task.ended_at - task.created_at).total_seconds()))
        is_told = log.isEnabledFor(logging.INFO)
        is_heard = is_told or self._meters is not None
        line = facts.task_line(task, steps() if is_heard else [], took_ms)
        if self._meters:
            self._meters.task(line)
        if is_told:
            with here.entered(**here.named(task.trace)) if task.trace else ExitStack():
                log.info("operation %s %s", task.operation, task.state, extra=line)

    # What the parts ask for.

    def header(self) -> str:
        """The traceparent for a call that goes out here by other means than httpx, or nothing."""
        return self._tracing.header() if self._tracing else ""

    def watch(self, engine: Any) -> None:
        """Statements of this SQLAlchemy engine are spans, when somebody receives spans."""
        if self._libraries:
            self._libraries.watch(engine)

    def front(self, app: Any) -> Any:
        """The ASGI app, each request a span when somebody receives spans."""
        return self._libraries.front(app) if self._libraries else app

    def status(self) -> dict[str, dict[str, int]]:
        """Each sink by name: sent, failed, dropped, waiting."""
        found = {sink.name: sink.status() for sink in self._sinks()}
        return found | ({"sentry": self._errors.status()} if self._errors else {})

    def down(self) -> list[str]:
        """The sinks of spans and numbers that did not take what they were sent last."""
        return [sink.name for sink in self._sinks() if not sink.works]

    def _sinks(self) -> list[Tally]:
        boxes = self._tracing.outboxes if self._tracing else []
        return [*boxes, *([self._meters.tally] if self._meters else [])]

    def close(self, within_s: float = CLOSE_S) -> None:
        """Every sink got what it took in time, and nothing runs any more; at most `within_s`."""
        if self._closed:
            return
        self._closed = True
        if self._libraries:
            self._libraries.close()
        if self._errors:
            logging.getLogger().removeHandler(self._errors)
        ends: list[Callable[[float], None]] = []
        ends += [self._tracing.close] if self._tracing else []
        ends += [self._meters.close] if self._meters else []
        ends += [self._errors.close_within] if self._errors else []
        threads = [
            threading.Thread(target=end, args=(0.9 * within_s,), daemon=True) for end in ends
        ]
        by = time.monotonic() + within_s
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, by - time.monotonic()))


def open(settings: Settings, redact: Callable[[Any], Any]) -> Telemetry:
    """Telemetry to the sinks that are set; without one no SDK is loaded and no thread started."""
    errors = _errors(settings, redact)
    sinks = _sinks(settings)
    if errors or sinks:
        for name, level in HUSHED.items():
            logging.getLogger(name).setLevel(level)
    if not sinks:
        return Telemetry(errors=errors)
    from core.telemetry.libraries import Libraries
    from core.telemetry.tracing import Tracing

    resource = {
        "service.name": settings.otel_service_name,
        "service.version": VERSION,
        "deployment.environment.name": settings.environment,
    }
    tracing = Tracing(resource, redact)
    if not tracing.works:
        log.warning("Nothing goes to %s: OTEL_SDK_DISABLED is set.", ", ".join(sinks))
        return Telemetry(errors=errors)
    for name, (endpoint, headers) in sinks.items():
        tracing.send_to(name, endpoint, headers, own=name == "langfuse")
    meters = _meters(settings, tracing)
    libraries = Libraries(tracing.provider, meters.provider if meters else None)
    return Telemetry(tracing, libraries, meters, errors)


def _sinks(settings: Settings) -> dict[str, tuple[str, dict[str, str]]]:
    """Name -> endpoint and headers of who receives spans."""
    found = {}
    if settings.otel_exporter_otlp_endpoint:
        endpoint = f"{settings.otel_exporter_otlp_endpoint}/v1/traces"
        found["otlp"] = (endpoint, _otlp_headers(settings))
    public, secret = settings.langfuse_public_key, settings.langfuse_secret_key
    if settings.langfuse_base_url and public and secret:
        keys = langfuse.headers(public.get_secret_value(), secret.get_secret_value())
        found["langfuse"] = (langfuse.endpoint(settings.langfuse_base_url), keys)
    elif settings.langfuse_base_url:
        log.warning("Langfuse gets nothing: LANGFUSE_PUBLIC_KEY or LANGFUSE_SECRET_KEY is missing.")
    elif public or secret:
        log.warning("Langfuse gets nothing: LANGFUSE_BASE_URL is missing; no other name is read.")
    return found


def _otlp_headers(settings: Settings) -> dict[str, str]:
    """The configured headers, "name=value,name=value", each percent-encoded where it must be."""
    given = settings.otel_exporter_otlp_headers
    pairs = given.get_secret_value().split(",") if given else []
    parts = [pair.partition("=") for pair in pairs if "=" in pair]
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in parts}


def _meters(settings: Settings, tracing: Tracing) -> Meters | None:
    if not settings.otel_exporter_otlp_endpoint:
        return None
    from core.telemetry.meters import Meters

    salt = settings.api_key_salt
    return Meters(
        f"{settings.otel_exporter_otlp_endpoint}/v1/metrics",
        _otlp_headers(settings),
        tracing.resource,
        salt=salt.get_secret_value() if salt else "",
        dropped=lambda: {box.name: box.dropped for box in tracing.outboxes},
    )


def _errors(settings: Settings, redact: Callable[[Any], Any]) -> Errors | None:
    """The listener for critical errors, listening. Raises Invalid for an address that is none."""
    if not settings.sentry_dsn:
        return None
    from core.telemetry.sentry import Errors

    try:
        made = Errors(
            settings.sentry_dsn.get_secret_value(),
            environment=settings.environment,
            release=f"lewis-studio@{VERSION}",
            redact=redact,
        )
    except ValueError:  # its words repeat parts of the address, which holds a key
        raise Invalid(
            "SENTRY_DSN cannot be read.",
            hint="It looks like https://KEY@HOST/NUMBER; leave it empty to report nothing.",
        ) from None
    logging.getLogger().addHandler(made)
    return made
