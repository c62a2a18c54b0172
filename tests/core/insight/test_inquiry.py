"""An inquiry: families, statuses, and what a model is told."""

from __future__ import annotations

import json

import pytest

from core.data.landing import ReadOptions
from core.errors import Invalid
from core.insight.inquiry import QUESTION, SWEEP, Inquiry
from core.llm import Message, ToolCall
from tests.core.insight.asking import give, sales


@pytest.fixture
def inquiry(studio):
    source = give(studio, data=sales(3))
    landed = studio.landings.land(studio.people.local().org_id, source, ReadOptions())
    with studio.landings.open([landed]) as tables:
        made = Inquiry("Why did amount fall in the last quarter?", [landed], tables, set())
        made.begin([Message(role="system", content="s"), Message(role="user", content="q")])
        yield made


def use(inquiry, name, **arguments):
    wanted = ToolCall(
        id=f"c{len(inquiry.talk)}", name=name, arguments={"table": "sales", **arguments}
    )
    inquiry.take(wanted, inquiry.run_tool(wanted))
    return json.loads(inquiry.talk[-1].content)


def test_columns_named_make_the_question_family_until_a_look_around(inquiry):
    use(inquiry, "profile")
    use(inquiry, "change", measure="amount", period="quarter")
    use(inquiry, "segments")
    use(inquiry, "total", measure="amount")
    assert [look.family for look in inquiry.looks] == [QUESTION, SWEEP, SWEEP]


def test_statuses_are_pending_until_every_family_is_closed(inquiry):
    told = use(inquiry, "segments")
    assert {finding["status"] for finding in told["findings"]} <= {"pending", "description"}
    inquiry.close()
    final = json.loads(inquiry.talk[-1].content)
    assert {finding["status"] for finding in final["findings"]} <= {"supported", "description"}


def test_the_last_conversation_is_smaller_than_the_whole_one(inquiry):
    use(inquiry, "profile")
    for name in ("segments", "trend", "relation", "outliers", "distribution"):
        use(inquiry, name)
    before = sum(len(message.content) for message in inquiry.talk[2:-1])
    inquiry.close()
    assert [message.role for message in inquiry.talk[:4]] == ["system", "user", "assistant", "tool"]
    assert len(inquiry.talk) == 5
    assert before > 0


def test_a_tool_that_is_not_there_and_a_table_that_is_not_ours_are_refused(inquiry):
    with pytest.raises(Invalid, match="no tool"):
        inquiry.run_tool(ToolCall(id="1", name="shell", arguments={"table": "sales"}))
    with pytest.raises(Invalid, match="no such table"):
        inquiry.run_tool(ToolCall(id="1", name="total", arguments={"table": "kernel_task"}))


def test_the_specs_offer_only_our_tables(inquiry):
    for spec in inquiry.specs():
        assert spec.parameters["properties"]["table"]["enum"] == ["sales"]


def test_an_answer_with_a_typed_number_or_an_unknown_reference_is_objected_to(inquiry):
    use(inquiry, "total", measure="amount", aggregate="sum")
    known = inquiry.looks[0].outcome.findings[0]
    figure = next(iter(known.figures))
    good = f"It was [[1.{known.key}.{figure}]]."
    assert inquiry.objection(good) == ""
    assert inquiry.objection("It fell by 12 percent.")
    assert inquiry.objection("It was [[9.no.such]].")
