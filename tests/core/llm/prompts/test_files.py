"""The templates that come with the studio are what their heads say."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.llm.prompts import check
from core.llm.prompts.files import read, shipped
from core.llm.prompts.template import template
from core.settings import ROOT

HEAD = "---\nname: hello\nvariables: [name]\nsample: {name: Ana}\n---\n"


def written(tmp_path, text, name="hello.md"):
    file = tmp_path / name
    file.write_text(text)
    return file


def test_every_shipped_template_has_an_owner_and_passes_the_tests_it_names():
    found = shipped(ROOT / "data" / "prompts")
    assert {"insight", "insight_answer"} <= found.keys()
    for one in found.values():
        assert one.owner
        assert one.description
        assert one.requires
        assert not any(check.run(one.requires, template(one.body), one.sample).values()), one.name


def test_the_head_and_the_text_are_read(tmp_path):
    one = read(written(tmp_path, HEAD + "Hello {{ name }}.\n---\nA rule is no head."))
    assert (one.name, one.variables) == ("hello", ("name",))
    assert one.body.startswith("Hello")
    assert one.body.endswith("no head.")


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        HEAD,
        "---\nname: hello\n",
        "---\nname: [\n---\nHello",
        "---\n- name\n---\nHello",
        "---\nname: hello\nsample: {day: 2024-13-01}\n---\nHello",
        "---\nname: hello\ncolour: red\n---\nHello",
        "---\nname: other\n---\nHello",
        HEAD + "Hello {{ other }}",
        "---\nname: hello\nvariables: [name]\n---\nHello {{ name }}",
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path, text):
    with pytest.raises(Invalid) as caught:
        read(written(tmp_path, text))
    assert "hello.md" in caught.value.message or "empty" in caught.value.message
    assert caught.value.hint
