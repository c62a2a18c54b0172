"""The web front, outgoing HTTP and SQL make spans too, while a studio is open with tracing on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import wrapt
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.telemetry import here

# LiteLLM brings its own transport for httpx, which the instrumentation of httpx does not know.
LITELLM = "litellm.llms.custom_httpx.aiohttp_transport"
CARRIER = "LiteLLMAiohttpTransport"


class Libraries:
    """Instrumentation, until it is closed."""

    def __init__(self, traces: Any, metrics: Any | None) -> None:
        self._traces = traces
        self._metrics = metrics or NoOpMeterProvider()
        self._tracer = traces.get_tracer("studio.http")
        self._open = True
        self._fronts: dict[int, Any] = {}
        self._http = HTTPXClientInstrumentor()
        self._sql = SQLAlchemyInstrumentor()
        self._http.instrument(tracer_provider=self._traces, meter_provider=self._metrics)
        wrapt.when_imported(LITELLM)(self._wrap)

    def watch(self, engine: Any) -> None:
        """Statements of this engine are spans: with their text, never with their parameters."""
        self._sql.instrument(
            engine=engine,
            tracer_provider=self._traces,
            meter_provider=NoOpMeterProvider(),  # its names of pools are addresses
            skip_dep_check=True,  # it knows SQLAlchemy to 2.0; tests hold it for ours
        )

    def front(self, app: Any) -> Any:
        """The ASGI app with a span around each request."""
        if id(app) not in self._fronts:
            self._fronts[id(app)] = OpenTelemetryMiddleware(
                inside(app),
                tracer_provider=self._traces,
                meter_provider=self._metrics,
                default_span_details=named,
                exclude_spans=["receive", "send"],
            )
        return self._fronts[id(app)]

    def close(self) -> None:
        """Nothing of ours is left in the libraries."""
        self._open = False
        self._http.uninstrument()
        if self._sql.is_instrumented_by_opentelemetry:
            self._sql.uninstrument()
        carrier = getattr(sys.modules.get(LITELLM), CARRIER, None)
        found = getattr(carrier, "handle_async_request", None)
        if carrier and found and hasattr(found, "__wrapped__"):
            carrier.handle_async_request = found.__wrapped__

    def _wrap(self, module: Any) -> None:
        if self._open:
            wrapt.wrap_function_wrapper(module, f"{CARRIER}.handle_async_request", self._carry)

    async def _carry(
        self, wrapped: Callable[..., Any], _instance: Any, args: Any, kwargs: Any
    ) -> Any:
        """A request of LiteLLM's as a span, which the provider is told as its parent."""
        request = kwargs.get("request") or args[0]
        about = {"http.method": request.method, "http.url": str(request.url)}
        kind = SpanKind.CLIENT
        with self._tracer.start_as_current_span(
            request.method, kind=kind, attributes=about, record_exception=False
        ) as span:
            propagate.inject(request.headers)
            with suppress_instrumentation():
                response = await wrapped(*args, **kwargs)
            span.set_attribute("http.status_code", response.status_code)
            if response.status_code >= 400:
                span.set_status(Status(StatusCode.ERROR))
            return response


def named(scope: Any) -> tuple[str, dict[str, Any]]:
    """The name of a request's span: the method and the first part of the path, never an id."""
    first = scope.get("path", "").lstrip("/").partition("/")[0]
    return f"{scope.get('method', 'HTTP')} /{first}", {}


def inside(app: Any) -> Any:
    """The app, its log lines and tasks naming the span of the request."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        with here.entered(**_ids(trace.get_current_span().get_span_context())):
            await app(scope, receive, send)

    return called


def _ids(span: trace.SpanContext) -> dict[str, str]:
    names = (trace.format_trace_id(span.trace_id), trace.format_span_id(span.span_id))
    return here.named(here.written(*names))
