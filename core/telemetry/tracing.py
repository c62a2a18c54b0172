"""Spans by OpenTelemetry's SDK. Imported only when somebody receives them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.storage.database import now
from core.telemetry import facts, here, langfuse
from core.telemetry.outbox import KEPT_MAX, Outbox
from core.telemetry.scrub import scrubbed

OWN = "studio"  # the scope of our spans; those of libraries have others
TIMEOUT_S = 10.0  # of one delivery; only its own thread waits
W3C = TraceContextTextMapPropagator()  # no baggage: it would go on to providers


class Worthwhile(Sampler):
    """Everything but what hangs in the air: the polling of queues belongs to no request."""

    def should_sample(  # noqa: PLR0917 - the SDK's own signature
        self,
        parent_context: otel_context.Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Any = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        """Record it, but not a library's call outside any request, nor what is below one."""
        parent = trace.get_current_span(parent_context).get_span_context()
        alone = kind == SpanKind.CLIENT and (not parent.is_valid or name == "connect")
        below = parent.is_valid and not parent.is_remote and not parent.trace_flags.sampled
        keep = not (alone or below)
        return SamplingResult(Decision.RECORD_AND_SAMPLE if keep else Decision.DROP, attributes)

    def get_description(self) -> str:
        """Its name."""
        return "worthwhile"


class Posted(SpanProcessor):
    """Ended spans go into an outbox; `own`: only ours, not those of libraries."""

    def __init__(self, outbox: Outbox, *, own: bool) -> None:
        self._outbox = outbox
        self._own = own

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span."""
        scope = span.instrumentation_scope
        ours = scope is not None and scope.name == OWN
        if (ours or not self._own) and span.context and span.context.trace_flags.sampled:
            self._outbox.put(span, spare=not ours)


class Opened:
    """A span that began. Everything inside is below it, log lines name it, and it ends with it."""

    def __init__(self, begin: Callable[[], trace.Span]) -> None:
        self._begin = begin
        self._told = False
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._span = self._begin()
        self._began_at = now()
        about = self._span.get_span_context()
        names = {
            "trace_id": trace.format_trace_id(about.trace_id),
            "span_id": trace.format_span_id(about.span_id),
        }
        self.traceparent = here.written(**names)
        self._open.enter_context(here.entered(**names))
        token = otel_context.attach(trace.set_span_in_context(self._span))
        self._open.callback(otel_context.detach, token)
        return self

    def made(self, outcome: Mapping[str, Any]) -> None:
        """The step has this outcome."""
        told = facts.settled_attributes(outcome)
        told |= langfuse.settled_attributes(outcome, self._began_at)
        self._span.set_attributes(told)
        self.ended(told["studio.state"], outcome)

    def ended(self, state: str, error: Mapping[str, Any] | None = None) -> None:
        """What it is about ended in this state; `error` has code and message."""
        self._told = True
        self._span.set_attribute("studio.state", state)
        if error and error.get("code"):
            self._span.set_attribute("error.type", error["code"])
        if state in ("failed", "refused", "expired"):
            said = f"{(error or {}).get('code', state)}: {(error or {}).get('message', '')}"
            self._span.set_status(Status(StatusCode.ERROR, said))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._open.close()
        if kind and not self._told:
            self._span.set_attribute("studio.state", kind.__name__.lower())
            if issubclass(kind, Exception):
                self._span.set_attribute("error.type", kind.__name__)
                self._span.set_status(Status(StatusCode.ERROR, kind.__name__))
        self._span.end()


class Tracing:
    """The spans of one studio, on their way to every sink. Work never waits for a sink."""

    def __init__(self, resource: Mapping[str, str], redact: Callable[[Any], Any]) -> None:
        self.environment = resource.get("deployment.environment.name", "")
        self.resource = Resource(dict(resource))
        self.provider = TracerProvider(
            sampler=Worthwhile(), resource=self.resource, shutdown_on_exit=False
        )
        self.outboxes: list[Outbox] = []
        self._redact = redact
        self._tracer = self.provider.get_tracer(OWN)
        self.works = not isinstance(self._tracer, trace.NoOpTracer)  # so OTEL_SDK_DISABLED wants it
        self._exporters: list[OTLPSpanExporter] = []
        propagate.set_global_textmap(W3C)

    def send_to(
        self, name: str, endpoint: str, headers: Mapping[str, str], *, own: bool = False
    ) -> None:
        """Spans go to this OTLP endpoint as well."""
        exporter = OTLPSpanExporter(
            endpoint=endpoint,
            headers=dict(headers),
            timeout=TIMEOUT_S,
            compression=Compression.Gzip,
        )

        def send(spans: list[Any]) -> bool:
            clean = [self._clean(span) for span in spans]
            return exporter.export(clean) is SpanExportResult.SUCCESS

        outbox = Outbox(name, send, kept_max=KEPT_MAX)
        self._exporters.append(exporter)
        self.outboxes.append(outbox)
        self.provider.add_span_processor(Posted(outbox, own=own))

    def submitted(self, operation: str, org: str, person: str, parent: str) -> str:
        """The traceparent that every leg of the new task continues."""
        about = {
            "studio.operation": operation,
            "studio.org_id": org,
            "user.id": person,
            "langfuse.internal.is_app_root": True,
        }
        with self._opened(f"submit {operation}", SpanKind.PRODUCER, about, operation, parent) as it:
            return it.traceparent

    def leg(self, task: Any) -> Opened:
        """The span of a leg, below the submission, in whatever process it runs."""
        about = facts.task_attributes(task)
        return self._opened(task.operation, SpanKind.CONSUMER, about, task.operation, task.trace)

    def step(self, ask: facts.Asked) -> Opened:
        """The span of a step, below what is open in this thread."""
        about = {**facts.asked_attributes(ask), **langfuse.asked_attributes(ask)}
        kind = SpanKind.INTERNAL
        return self._opened(f"{ask.kind} {ask.name}", kind, about, ask.operation)

    def header(self) -> str:
        """The traceparent of the current span, a library's included."""
        carrier: dict[str, str] = {}
        W3C.inject(carrier)
        return carrier.get("traceparent", "")

    def close(self, within_s: float) -> None:
        """Outboxes were emptied, side by side, as far as the time allows."""
        by = time.monotonic() + within_s
        for outbox in self.outboxes:
            outbox.stop()
        for outbox in self.outboxes:
            outbox.close(max(0.0, by - time.monotonic()))
        for exporter in self._exporters:
            exporter.shutdown()

    def _opened(
        self, name: str, kind: SpanKind, about: Mapping[str, Any], operation: str, parent: str = ""
    ) -> Opened:
        above = W3C.extract({"traceparent": parent}) if parent else None
        attributes = {**about, **langfuse.trace_attributes(operation, self.environment)}
        known = {name: value for name, value in attributes.items() if value not in ("", None)}
        return Opened(
            lambda: self._tracer.start_span(name, context=above, kind=kind, attributes=known)
        )

    def _clean(self, span: ReadableSpan) -> ReadableSpan:
        """The span without anything that must not leave; made in the outbox's thread."""
        said = span.status.description
        attributes = scrubbed(span.attributes, self._redact)
        is_sql = "db.system" in attributes or "db.system.name" in attributes
        return ReadableSpan(
            name=span.name.partition(" ")[0] if is_sql else self._redact(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=attributes,
            events=(),  # of libraries: they quote exceptions, and those quote anything
            links=span.links,
            kind=span.kind,
            status=Status(span.status.status_code, self._redact(said) if said else None),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
