"""Secrets and other people's work: neither is found in any log, row, event, error or download."""

from __future__ import annotations

import io
import logging

import pytest
import sqlalchemy as sa

from core.errors import NotFound
from core.insight import Question
from core.insight.export import discover
from core.kernel import Who
from core.serve.files import export
from core.serve.health import ready, summary
from core.settings import load
from core.studio import open_studio
from core.telemetry import start_logs
from tests.core.insight.asking import answered, deck_of, ended, give

CANARIES = {
    "OPENAI_API_KEY": "canary-openai-4711-abcdefgh",
    "ANTHROPIC_API_KEY": "canary-anthropic-4711-abcdefgh",
    "SECRET_KEY": "canary-secret-4711-" + "s" * 40,
    "API_KEY_SALT": "canary-salt-4711-" + "t" * 20,
    "STUDIO_OWNER_PASSWORD": "canary-password-4711",
    "COMPATIBLE_API_KEY": "canary-compatible-4711-abcdefgh",
}


@pytest.fixture
def open_with_keys(tmp_path):
    """A studio that holds keys and whose model cannot be reached, and all that it logs."""
    values = {
        **CANARIES,
        "STUDIO_DATA_DIR": str(tmp_path / "var"),
        "LOG_LEVEL": "DEBUG",
        "STUDIO_HOST": "0.0.0.0",
        "STUDIO_MODELS": "compatible/small",
        "COMPATIBLE_BASE_URL": "http://127.0.0.1:9/v1",
        "MODEL_PRICES": '{"compatible/small": {"input": 1, "output": 2}}',
    }
    studio = open_studio(load(values, None))
    lines = io.StringIO()
    start_logs("DEBUG", "plain", redact=lambda text: text, stream=lines)
    yield studio, lines
    studio.close()
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if handler.name != "studio"]
    root.setLevel(logging.WARNING)


def everything(studio):
    """Every cell of every table, as text."""
    with studio.database.engine.connect() as db:
        for name in sa.inspect(studio.database.engine).get_table_names():
            yield from map(str, db.execute(sa.text(f'SELECT * FROM "{name}"')).all())


def test_no_key_is_in_any_log_line_row_event_error_or_repr(open_with_keys):
    studio, lines = open_with_keys
    studio.people.ensure_password(CANARIES["STUDIO_OWNER_PASSWORD"])
    task = answered(studio)
    assert task.state == "failed"
    said = [*everything(studio), lines.getvalue(), repr(studio.settings), str(studio.settings)]
    said += [repr(studio.llm.config), studio.settings.model_dump_json(), str(ready(studio))]
    said += [str(summary(studio)), str(task.error)]
    assert "canary" not in "\n".join(said)


def test_nothing_of_one_organisation_opens_for_another(studio):
    source = give(studio)
    task = answered(studio, sources=[source], iterations=2)
    with pytest.raises(NotFound):
        export(studio, task.id, "html", "other")
    with pytest.raises(NotFound):
        studio.landings.profile("other", source)
    with pytest.raises(NotFound):
        studio.sources.check("other", source)
    for odd in ("\x00", "../" + task.id, task.id.upper(), ""):
        with pytest.raises(NotFound):
            export(studio, odd, "html", studio.people.local().org_id)
    asked = Question(question="What is it?", sources=[source]).model_dump(mode="json")
    stranger = Who(org="other", person=studio.people.local().id)
    ended_task = ended(studio, studio.kernel.submit("insight.ask", asked, stranger))
    assert (ended_task.state, ended_task.output) == ("failed", None)


def test_a_deck_tells_nothing_of_the_machine_it_was_made_on(studio):
    deck = deck_of(studio, answered(studio, iterations=4))
    page = discover()["html"].whole(deck, studio.blobs).decode()
    for told in (page, deck.model_dump_json()):
        assert str(studio.settings.studio_data_dir) not in told
        assert "/tmp/" not in told
