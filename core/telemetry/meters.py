"""Metrics by OpenTelemetry's SDK. Imported only when a collector receives them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource

from core.telemetry.outbox import Tally

EVERY_S = 10.0
TIMEOUT_S = 10.0
PREFIX = "studio"
PEOPLE_MAX = 2_000  # each is a series at the collector; whoever comes later is "other"


class Exporter(OTLPMetricExporter):
    """The exporter, whose deliveries are counted."""

    def __init__(self, tally: Tally, endpoint: str, headers: Mapping[str, str]) -> None:
        super().__init__(
            endpoint=endpoint,
            headers=dict(headers),
            timeout=TIMEOUT_S,
            compression=Compression.Gzip,
        )
        self._tally = tally

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """All numbers so far were sent, or the tally says that they were not."""
        began = time.monotonic()
        made = MetricExportResult.FAILURE
        try:
            made = super().export(metrics_data, timeout_millis, **kwargs)
        finally:
            works = made is MetricExportResult.SUCCESS
            self._tally.tell(works=works, count=1, took_s=time.monotonic() - began)
        return made


class Meters:
    """Request count, duration, errors, cost per user, tokens and first-token time, exported."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        resource: Resource,
        *,
        salt: str = "",
        every_s: float = EVERY_S,
        dropped: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.tally = Tally("otlp metrics")
        reader = PeriodicExportingMetricReader(
            Exporter(self.tally, endpoint, headers),
            export_interval_millis=1000 * every_s,
            export_timeout_millis=1000 * TIMEOUT_S,
        )
        self.provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._people: set[str] = set()
        self._salt = salt.encode()[:64]
        self._ended: dict[str, list[int]] = {}  # operation -> tasks, and those that failed
        self._lock = threading.Lock()
        self._dropped = dropped
        meter = self.provider.get_meter(PREFIX)
        counter, histogram = meter.create_counter, meter.create_histogram
        self._requests = counter(f"{PREFIX}.requests", "1", "Finished operations")
        self._errors = counter(f"{PREFIX}.errors", "1", "Operations that failed")
        self._duration = histogram(f"{PREFIX}.request.duration", "ms", "Of an operation")
        self._steps = counter(f"{PREFIX}.steps", "1", "Settled steps by kind and state")
        self._call_duration = histogram(f"{PREFIX}.step.duration", "ms", "Of a step")
        self._cost = counter(f"{PREFIX}.cost", "nusd", "Nano-dollars by person (a pseudonym)")
        self._tokens = counter(f"{PREFIX}.tokens", "1", "Tokens by model")
        self._first = histogram(f"{PREFIX}.first_token", "ms", "Until the first token came")
        gauge = meter.create_observable_gauge
        gauge(f"{PREFIX}.error.rate", [self._rates], "1", "Share of operations that failed")
        gauge(f"{PREFIX}.telemetry.dropped", [self._lost], "1", "Spans that found no room")

    def task(self, line: Mapping[str, Any]) -> None:
        """A finished operation is measured; `line` is its log line."""
        about = {name: line[name] for name in ("operation", "use_case", "policy", "state")}
        self._requests.add(1, about)
        self._duration.record(line["latency_ms"], about)
        failed = line["state"] in ("failed", "expired")
        with self._lock:
            tally = self._ended.setdefault(line["operation"], [0, 0])
            tally[0] += 1
            tally[1] += failed
        if failed:
            self._errors.add(1, {**about, "error_code": line.get("error_code", "")})

    def call(self, line: Mapping[str, Any], *, once: bool = True) -> None:
        """A call of a settled step is measured; `line` is its log line. `once`: its first one."""
        about = {name: line[name] for name in ("kind", "use_case", "provider", "model", "state")}
        if once:
            self._steps.add(1, about)
            self._call_duration.record(line["latency_ms"], about)
        model = {name: line[name] for name in ("use_case", "provider", "model")}
        if line["tokens_used"]:
            self._tokens.add(line["tokens_used"], model)
        if line["cost_nusd"]:
            who = {"org_id": line["org_id"], "person": self._person(line)}
            self._cost.add(line["cost_nusd"], {**model, **who})
        if line.get("first_token_ms"):
            self._first.record(line["first_token_ms"], model)

    def pseudonym(self, org_id: str, person_id: str) -> str:
        """The same word for the same person, and nobody can say for whom without the salt."""
        return blake2b(f"{org_id}:{person_id}".encode(), key=self._salt, digest_size=8).hexdigest()

    def _person(self, line: Mapping[str, Any]) -> str:
        person = self.pseudonym(line["org_id"], line["user_id"])
        if len(self._people) < PEOPLE_MAX:
            self._people.add(person)
        return person if person in self._people else "other"

    def close(self, within_s: float) -> None:
        """The last numbers were sent, if the collector took them in time."""
        self.provider.shutdown(timeout_millis=1000 * within_s)

    def _rates(self, _options: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            rates = {name: failed / count for name, (count, failed) in self._ended.items()}
        for operation, rate in rates.items():
            yield Observation(rate, {"operation": operation})

    def _lost(self, _options: CallbackOptions) -> Iterable[Observation]:
        for sink, count in self._dropped().items():
            yield Observation(count, {"sink": sink})
