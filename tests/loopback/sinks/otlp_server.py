"""An OpenTelemetry collector: OTLP over HTTP in protobuf, spans and metrics read as plain data."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.requests import Request
from starlette.responses import Response

from tests.loopback.sinks.sink import Sink, receive

PROTOBUF = "application/x-protobuf"


def open_collector() -> AbstractContextManager[Sink]:
    """A collector; `seen` holds spans {"name", "trace_id", ...} and metrics {"metric", ...}."""
    return receive(read, ["/v1/traces", "/v1/metrics"])


def read(sink: Sink, request: Request, body: bytes) -> Response:
    """Keep what the request holds. A body that is no OTLP is answered 400."""
    if request.headers.get("content-type") != PROTOBUF:
        return Response(status_code=400)
    headers = dict(request.headers)
    if request.url.path.endswith("/v1/metrics"):
        sink.seen += metrics(ExportMetricsServiceRequest.FromString(body), headers)
        made = ExportMetricsServiceResponse()
    else:
        sink.seen += spans(ExportTraceServiceRequest.FromString(body), headers)
        made = ExportTraceServiceResponse()
    return Response(made.SerializeToString(), media_type=PROTOBUF)


def spans(sent: ExportTraceServiceRequest, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Each span as plain data."""
    return [
        {
            "name": span.name,
            "scope": scope.scope.name,
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
            "parent_id": span.parent_span_id.hex(),
            "error": span.status.message if span.status.code == 2 else None,
            "ms": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
            "resource": plain(resource.resource.attributes),
            "headers": headers,
            **plain(span.attributes),
        }
        for resource in sent.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def metrics(sent: ExportMetricsServiceRequest, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Each point of each metric as plain data."""
    return [
        {
            "metric": metric.name,
            "value": point.count
            if metric.HasField("histogram")
            else point.as_int or point.as_double,
            "sum": point.sum if metric.HasField("histogram") else None,
            "headers": headers,
            **plain(point.attributes),
        }
        for resource in sent.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    ]


def plain(attributes: Any) -> dict[str, Any]:
    """Attributes as a dict."""
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}
