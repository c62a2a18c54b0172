"""Log lines, traces, metrics and critical errors. Off and silent until a sink is set."""

from core.telemetry.here import current, valid
from core.telemetry.lines import Lines, start_logs
from core.telemetry.telemetry import Telemetry, open  # noqa: A004 - `telemetry.open` reads as what it does

__all__ = ["Lines", "Telemetry", "current", "open", "start_logs", "valid"]
