"""Where a thread is: only true W3C headers count, and fields end with their block."""

from contextvars import copy_context
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry import here

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


def test_a_header_of_the_standard_is_taken_as_it_is():
    assert here.valid(GOOD) == GOOD
    assert here.valid(f" {GOOD.upper()} ") == GOOD


def test_a_later_version_may_say_more_and_is_passed_on_as_ours():
    assert here.valid(f"01-{TRACE}-{SPAN}-00-more") == f"00-{TRACE}-{SPAN}-00"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"{GOOD}-more",
        f"00-{TRACE}-{SPAN}-01\r\nx: y",
        f"01-{TRACE}-{SPAN}-01-" + "x" * 300,
    ],
)
def test_anything_else_is_nothing(header):
    assert here.valid(header) == ""
    assert here.named(header) == {}


@given(st.text(max_size=80))
def test_what_passes_has_the_form_of_the_standard(text):
    made = here.valid(text)
    assert made == "" or here.TRACEPARENT.fullmatch(made)


def test_fields_hold_inside_and_in_threads_that_copy_the_context():
    seen = []
    with here.entered(request_id="t1", **here.named(GOOD)):
        assert here.current() == GOOD
        with here.entered(span_id="1" * 16):
            assert here.current() == f"00-{TRACE}-{'1' * 16}-01"
        thread = Thread(target=copy_context().run, args=(lambda: seen.append(here.fields()),))
        thread.start()
        thread.join()
    assert seen[0]["request_id"] == "t1"
    assert (here.current(), dict(here.fields())) == ("", {})
