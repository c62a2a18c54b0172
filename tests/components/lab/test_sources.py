"""Sources: profiles, doubts that are asked, rows that were set aside."""

from __future__ import annotations

from urllib.parse import quote

from tests import screens

UNDECIDED = b"day,amount\n" + b"".join(
    b"0%d/0%d/2025,%d\n" % (i % 9 + 1, i % 7 + 1, i) for i in range(40)
)


def open_with(front, data, name="one.csv"):
    source = screens.given(front, name, data)
    return screens.shell(data=f"{source.hash}.{quote(name).replace('.', '%2E')}.")


def test_a_date_that_reads_either_way_is_asked_where_it_shows(front):
    at = open_with(front, UNDECIDED)
    assert not at.exception
    answers = [b for b in at.button if str(b.key).startswith("answer_")]
    assert {b.label for b in answers} == {"Day first", "Month first"}
    assert "Until you say, it is read with month first" in screens.text(at)
    next(b for b in answers if b.label == "Day first").click().run()
    assert "Read with day first" in screens.text(at)
    assert not [b for b in at.button if str(b.key).startswith("answer_")]


def test_an_answer_can_be_changed(front):
    at = open_with(front, UNDECIDED)
    next(b for b in at.button if b.label == "Day first").click().run()
    next(b for b in at.button if b.label == "Change").click().run()
    assert [b for b in at.button if b.label == "Day first"]


def test_a_file_that_cannot_be_read_says_why_and_can_be_removed(front):
    at = open_with(front, b"%PDF-1.7 not a table at all", "report.csv")
    assert not at.exception
    assert "PDF" in at.error[0].proto.title
    assert "Nothing is asked of this file" in at.error[0].value
    assert "Nothing can be asked yet" in screens.text(at)
    assert at.chat_input[0].disabled
    next(b for b in at.button if b.label == "Remove").click().run()
    assert at.button(key="sample")


def test_a_header_alone_is_nothing_to_ask_of(front):
    at = open_with(front, b"a,b\n", "header.csv")
    assert not at.exception
    assert "no rows" in at.error[0].proto.title
    assert at.chat_input[0].disabled


def test_rows_that_were_set_aside_are_counted_and_shown(front):
    at = open_with(front, b"a,b\n" + b"1,2\n" * 30 + b"1,2,3,4\n")
    assert "1 row set aside" in str([e.label for e in at.expander])


def test_hostile_column_names_stay_data(front):
    at = open_with(front, b'"<img src=x>","=cmd|calc","[link](http://x)"\n1,2,3\n4,5,6\n')
    assert not at.exception
    names = list(at.dataframe[0].value["column"])
    assert any("img" in name for name in names)
    assert "[link](http://x)" not in "".join(m.value for m in at.markdown)
