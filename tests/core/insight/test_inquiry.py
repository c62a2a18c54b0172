"""An inquiry: families, statuses, and what a model is told."""

from __future__ import annotations

import json

import pytest

from core.data.landing import ReadOptions
from core.errors import Invalid
from core.insight.inquiry import CALLS_MAX, QUESTION, SWEEP, TALK_TOKENS, Inquiry
from core.llm import Message, Reply, ToolCall, tokens
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


def reply(text="", *calls):
    made = [ToolCall(id=f"call_{i}", **call) for i, call in enumerate(calls)]
    return Reply(text=text, tool_calls=made, provider="p", model="m")


def total(**arguments):
    return {"name": "total", "arguments": {"table": "sales", **arguments}}


def test_what_a_model_asks_for_is_part_of_the_talk_under_ids_of_its_own(inquiry):
    first = inquiry.listen(reply("Let me see.", total()))
    inquiry.hear(first[0], "{}")
    again = inquiry.listen(reply("", total(measure="amount")))
    assert (first[0].id, again[0].id) == ("call_0", "call_2_call_0")
    assert [message.role for message in inquiry.talk[2:]] == ["assistant", "tool", "assistant"]
    assert inquiry.alone


def test_equal_calls_of_one_turn_are_one_call_and_there_are_not_too_many(inquiry):
    assert len(inquiry.listen(reply("", total(), total(), total(measure=None)))) == 1
    many = [total(measure=f"m{i}") for i in range(200)]
    assert len(inquiry.listen(reply("", *many))) == CALLS_MAX
    assert not inquiry.alone


def test_sloppy_arguments_are_mended_and_hopeless_ones_marked(inquiry):
    calls = [
        {"name": "total", "raw": "{'table': 'sales',}"},
        {"name": "total", "raw": '{"table": "sal'},
        {"name": "send mail!\n" * 20, "arguments": {"x": "y" * 9_999}},
        {"name": "", "arguments": {"x": float("inf")}},
    ]
    mended, cut, long, odd = inquiry.listen(reply("", *calls))
    assert (mended.arguments, mended.raw) == ({"table": "sales"}, "")
    assert (cut.arguments, cut.raw) == ({}, '{"table": "sal')
    assert (long.arguments, odd.arguments) == ({}, {})
    assert long.raw
    assert odd.raw
    assert (len(long.name), odd.name) == (64, "unnamed")
    assert long.name.startswith("send_mail_")


def test_a_call_written_as_text_is_a_call(inquiry):
    text = json.dumps(total())
    assert inquiry.listen(reply(text))[0].name == "total"
    assert inquiry.listen(reply("I am done.")) == []
    assert inquiry.talk[-1].content == "I am done."


def test_the_same_again_is_told_and_the_third_time_it_is_stuck(inquiry):
    seen = []
    for _ in range(3):
        call = inquiry.listen(reply("", total(measure="amount", dimensions=[])))[0]
        seen.append((inquiry.repeats(call), inquiry.stuck))
    assert seen == [(False, False), (True, False), (True, True)]
    assert "asked exactly this before" in inquiry.talk[-1].content
    assert not inquiry.repeats(ToolCall(id="x", **total(measure="other")))


def test_the_talk_stays_short_and_keeps_question_profiles_and_the_newest_turn(inquiry):
    use_all = inquiry.listen(reply("", {"name": "profile", "arguments": {"table": "sales"}}))
    inquiry.take(use_all[0], inquiry.run_tool(use_all[0]))
    for number in range(200):
        call = inquiry.listen(reply("word " * 400, total(measure=f"m{number}")))[0]
        inquiry.hear(call, "no " * 200)
        inquiry.tidy()
        assert tokens.count_prompt(inquiry.talk) <= TALK_TOKENS
    assert [message.content for message in inquiry.talk[:2]] == ["s", "q"]
    assert inquiry.talk[2].tool_calls[0].name == "profile"
    assert inquiry.talk[-2].tool_calls[0].arguments["measure"] == "m199"
    asked = {call.id for message in inquiry.talk for call in message.tool_calls}
    assert {message.tool_call_id for message in inquiry.talk if message.role == "tool"} == asked


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"measure": "amuont"}, "no column 'amuont'. Did you mean 'amount'?"),
        (
            {"measures": ["x"], "measure": "amount"},
            "no parameter 'measures'. Did you mean 'measure'",
        ),
        ({"table": "sale"}, "no such table. Use one of: sales."),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_what_is_near(inquiry, arguments, why):
    with pytest.raises(Invalid) as caught:
        inquiry.run_tool(ToolCall(id="1", **total(**arguments)))
    assert why in str(caught.value)


def test_an_answer_that_turns_its_evidence_round_is_objected_to(inquiry):
    use(inquiry, "change", measure="amount", period="quarter")
    use(inquiry, "trend", measure="amount")
    told = [
        text
        for look in inquiry.looks
        for f in inquiry._told(look)["findings"]
        for text in f["sentences"]
    ]
    fell = next(text for text in told if " fell " in text)
    assert inquiry.objection(fell) == ""
    assert "its evidence says down" in inquiry.objection(fell.replace(" fell ", " rose "))
    bare = fell.rstrip(".")
    assert "tells a cause" in inquiry.objection(f"{bare} because of rain.")
    assert "tells the future" in inquiry.objection(f"{bare} and will recover.")
    assert "says 'lowest'" in inquiry.objection(f"{bare}, the lowest ever.")
    bold = fell.replace(" fell ", " <b>fell</b> ")
    assert "link or markup" in inquiry.objection(bold)
