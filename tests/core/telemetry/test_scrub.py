"""What leaves in a span says nothing of a person."""

from core.safety import redact
from core.telemetry.scrub import NEVER, address, scrubbed


def test_a_url_keeps_neither_query_nor_credentials_nor_fragment():
    url = "https://ana:secret@api.example.org:8443/v1/chat?key=sk-1&mail=a@b.org#part"
    assert address(url) == "https://api.example.org:8443/v1/chat"
    assert address("/files/1?token=abc") == "/files/1"


def test_callers_and_parameters_never_leave_and_texts_are_redacted():
    given = dict.fromkeys(NEVER, "10.20.30.40")
    given |= {"db.query.parameter.0": "ana@example.org", "http.target": "/x?mail=ana@example.org"}
    given |= {"said": "mail ana@example.org", "count": 3, "on": True}
    expected = {"http.target": "/x", "said": "mail [e-mail]", "count": 3, "on": True}
    assert scrubbed(given, redact) == expected


def test_nothing_stays_nothing():
    assert scrubbed(None, redact) == {}
