"""Downloads: only for those who may see the task, always as an attachment."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import NotFound
from core.insight import Question
from core.serve import files
from core.serve.sign_in import COOKIE
from tests import screens


@pytest.fixture(scope="module")
def asked(wide):
    question = Question(question="Which region is best?", sources=[screens.given(wide)])
    task_id = wide.ask(wide.people.local(), question)
    for _ in wide.kernel.follow(task_id):
        pass
    return task_id


@pytest.fixture
def browser(wide):
    routes = files.routes(lambda: wide, local=lambda: False)
    browser = TestClient(Starlette(routes=routes))
    browser.cookies.set(COOKIE, wide.people.open_session(wide.people.local()))
    return browser


@pytest.mark.parametrize("suffix", ["pptx", "html", "zip"])
def test_every_export_downloads_as_an_attachment(browser, asked, suffix):
    answer = browser.get(f"/files/{asked}.{suffix}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.content) > 1_000


def test_who_is_not_signed_in_gets_nothing(browser, asked):
    browser.cookies.clear()
    assert browser.get(f"/files/{asked}.zip").status_code == 401


def test_what_does_not_exist_is_not_found(browser, asked):
    assert browser.get(f"/files/{asked}.exe").status_code == 404
    assert browser.get(f"/files/{'0' * 32}.zip").status_code == 404


def test_another_organisation_learns_nothing_of_the_task(wide, asked):
    with pytest.raises(NotFound):
        files.export(wide, asked, "zip", "another organisation")


@pytest.mark.parametrize(
    ("title", "name"),
    [("Why did revenue fall?", "why-did-revenue-fall"), ("../../etc", "etc"), ("日本", "deck")],
)
def test_file_names_are_safe_everywhere(title, name):
    assert files.file_name(title) == name


def test_exports_may_be_text_chunks_or_files():
    import io

    assert files.as_bytes("a") == files.as_bytes([b"a"]) == files.as_bytes(io.BytesIO(b"a")) == b"a"
