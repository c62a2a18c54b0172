"""Log lines: one a record, readable by people or machines, redacted before they are written."""

import io
import json
import logging
import re

import pytest

from core.telemetry import here, start_logs

log = logging.getLogger("core.example")


def redact(text: str) -> str:
    return re.sub(r"\S+@\S+", "[e-mail]", text)


@pytest.fixture
def lines():
    """A stream that the whole process logs to until the test is over."""
    root = logging.getLogger()
    names = ["httpx", "uvicorn", "uvicorn.error"]
    loggers = [logging.getLogger(name) for name in names]
    before = root.handlers[:], root.level
    kept = [(one, one.level, one.handlers[:], one.propagate) for one in loggers]
    yield io.StringIO()
    root.handlers, root.level = before
    for one, level, handlers, propagate in kept:
        one.level, one.handlers, one.propagate = level, handlers, propagate


def test_json_is_one_object_a_line_with_the_extra_fields(lines):
    start_logs("INFO", "json", redact=redact, stream=lines)
    log.info("step %s of %d", "two", 3, extra={"task_id": "t1", "spent": {"nusd": 12}})
    found = json.loads(lines.getvalue())
    assert found["message"] == "step two of 3"
    assert (found["level"], found["logger"], found["task_id"]) == ("INFO", "core.example", "t1")
    assert found["spent"] == {"nusd": 12}
    assert found["timestamp"].endswith("+00:00")


def test_plain_is_for_people_and_nobody_forges_a_record(lines):
    start_logs("INFO", "plain", redact=redact, stream=lines)
    forged = "x\n2026-01-01 ERROR core: forged\r2026-01-01 ERROR core: forged"
    try:
        raise_with(forged)
    except ValueError:
        log.exception("a file named %s", forged, extra={"task_id": "t1", "named": forged})
    told = lines.getvalue().splitlines()
    assert "ERROR   core.example: a file named x" in told[0]
    assert [line for line in told[1:] if not line.startswith("    ")] == []
    assert "task_id=t1" in lines.getvalue()


def raise_with(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("format", ["plain", "json"])
def test_message_arguments_extras_keys_and_traces_are_redacted(lines, format):
    start_logs("INFO", format, redact=redact, stream=lines)
    who = "ana@example.org"
    try:
        int(who)
    except ValueError:
        log.exception("mail to %s", who, extra={"who": who, "deep": [{who: (who,)}], "odd": object})
    assert "example.org" not in lines.getvalue()
    assert lines.getvalue().count("[e-mail]") >= 5
    assert "Traceback" in lines.getvalue()


def test_the_level_decides_and_talkative_libraries_begin_at_warning(lines):
    start_logs("INFO", redact=redact, stream=lines)
    log.debug("quiet")
    logging.getLogger("httpx").info("GET http://127.0.0.1/?key=1")
    log.info("loud")
    assert len(lines.getvalue().splitlines()) == 1


def test_starting_again_replaces_and_the_servers_own_lines_come_through_too(lines):
    start_logs(redact=redact, stream=io.StringIO())
    logging.getLogger("uvicorn").addHandler(logging.StreamHandler(io.StringIO()))
    start_logs(redact=redact, stream=lines)
    logging.getLogger("uvicorn.error").error("from ana@example.org")
    assert lines.getvalue().count("[e-mail]") == 1


def test_every_line_names_the_trace_and_the_task_it_belongs_to(lines):
    start_logs("INFO", "json", redact=redact, stream=lines)
    with here.entered(request_id="t1", trace_id="a" * 32, span_id="b" * 16):
        log.info("inside")
        log.info("its own", extra={"request_id": "t2"})
    log.info("outside")
    inside, own, outside = map(json.loads, lines.getvalue().splitlines())
    assert (inside["trace_id"], inside["span_id"], inside["request_id"]) == (
        "a" * 32,
        "b" * 16,
        "t1",
    )
    assert own["request_id"] == "t2"
    assert "trace_id" not in outside


@pytest.mark.usefixtures("lines")
def test_lines_go_to_standard_output(capsys):
    start_logs("INFO", "json", redact=redact)
    log.info("here")
    assert json.loads(capsys.readouterr().out)["message"] == "here"
