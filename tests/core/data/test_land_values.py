"""Cells are read as people write them, in any encoding."""

from __future__ import annotations

import csv
import io
import json

import pytest

from core.data.landing import Landing, ReadOptions
from core.errors import Invalid


def types(landing: Landing) -> dict[str, str]:
    return {column.name: column.type for column in landing.columns}


def names(landing: Landing) -> list[str]:
    return [column.name for column in landing.columns]


def refused(give, content, **more) -> Invalid:
    with pytest.raises(Invalid) as error:
        give(content, **more)
    assert error.value.hint
    return error.value


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_in_every_coat(give, encoding):
    landing, rows = give("city,amount\nKöln,1\nZürich,2\n東京,3\n", encoding=encoding)
    assert [row[0] for row in rows] == ["Köln", "Zürich", "東京"]
    assert names(landing) == ["city", "amount"]


def test_windows_text_is_read_and_said(give):
    landing, rows = give("city,price\nKöln,5 €\nŠibenik,6 €\n", encoding="cp1252")
    assert rows == [["Köln", 5], ["Šibenik", 6]]
    assert landing.options.encoding == "cp1252"
    assert any("Windows-1252" in note for note in landing.notes)


def test_bytes_windows_leaves_open_are_kept(give):
    _, rows = give(b"city,n\nK\xf6ln \x81\x8d,1\n")
    assert rows == [["Köln \x81\x8d", 1]]


def test_mixed_encodings_are_read_line_by_line_with_line_numbers(give):
    landing, rows = give("city,n\nKöln,1\n".encode() + "Zürich,2\n".encode("cp1252") + b"Bern,3\n")
    assert [row[0] for row in rows] == ["Köln", "Zürich", "Bern"]
    assert any("line 3" in note for note in landing.notes)


def test_a_given_encoding_that_does_not_fit_names_the_line(give):
    error = refused(give, b"a,b\n1,2\n\xff\xff,3\n", options=ReadOptions(encoding="utf-8"))
    assert "line 3" in error.message
    assert "encoding" in refused(give, b"a\n1\n", options=ReadOptions(encoding="klingon")).message


# Numbers


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1.5", "-.5", "2e3"], [1.5, -0.5, 2000.0]),
        (["1,234.50", "12", "-1,000,000"], [1234.5, 12, -1000000]),
        (["1.234,50", "12", "-1.000.000,1"], [1234.5, 12, -1000000.1]),
        (["0,5", "12,25"], [0.5, 12.25]),
        (["1 234,5", "2\u00a0000,5"], [1234.5, 2000.5]),
        (["1'234.50", "5.00"], [1234.5, 5.0]),
        (["$1,200", "-$3", "$ 5"], [1200, -3, 5]),
        (["1.200,00 €", "3,50 €"], [1200, 3.5]),
        (["EUR 5.10", "EUR 6"], [5.1, 6]),
        (["12%", "3.5 %"], [12, 3.5]),
        (["(3.10)", "4.00"], [-3.1, 4]),
        (["\u22125", "6"], [-5, 6]),
        ([" 7 ", "8"], [7, 8]),
        (["1", "", "n/a", "NULL", "-"], [1, None, None, None, None]),
        (["1.5", "nan", "NaN"], [1.5, None, None]),
        (["1.5", "inf", "-Infinity"], [1.5, None, None]),
        (["true", "FALSE", ""], [True, False, None]),
    ],
)
def test_amounts_are_read_as_people_write_them(give, cells, read):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["key", "value"], *[["k", cell] for cell in cells]])
    landing, rows = give(text.getvalue())
    assert [row[1] for row in rows] == read
    assert not landing.questions


@pytest.mark.parametrize(
    "cells",
    [
        ["00123", "00124", "10000"],
        ["+4917012345", "+4917012346"],
        ["99999999999999999999", "12345678901234567890"],
        ["1_000", "2_000"],
        ["$5", "€6"],
        ["5%", "0.05"],
        ["1.2.3", "10.20.30"],
        ["10.0.0.1", "10.0.0.2"],
        ["0x1F", "0x2A"],
        ["12:30", "14:45"],
        ["1-2", "3-4"],
    ],
)
def test_codes_and_mixed_units_stay_text_untouched(give, cells):
    landing, rows = give("key,value\n" + "".join(f"k,{cell}\n" for cell in cells))
    assert types(landing)["value"] == "VARCHAR"
    assert [row[1] for row in rows] == cells


def test_few_odd_cells_among_many_numbers_are_missing_and_counted(give):
    cells = [f"{i}.5" for i in range(9000)] + ["call me", "tbd", "tbd"]
    landing, rows = give("name,amount\n" + "".join(f"k,{cell}\n" for cell in cells))
    assert types(landing)["amount"] == "DOUBLE"
    assert sum(row[1] is None for row in rows) == 3
    [note] = landing.notes
    assert note.startswith("amount: 3 of 9,003 values are not numbers and read as missing")
    assert "call me" in note


def test_many_odd_cells_make_the_column_text_with_a_note(give):
    landing, rows = give("name,amount\na,5\nb,6\nc,about 7\n")
    assert [row[1] for row in rows] == ["5", "6", "about 7"]
    assert any(note.startswith("amount: 1 of 3 values is not") for note in landing.notes)


def test_identifiers_are_not_lost_for_a_few_odd_ones(give):
    cells = [str(10_000 + i) for i in range(1000)] + ["A17"]
    landing, rows = give("id,v\n" + "".join(f"{cell},1.5\n" for cell in cells))
    assert types(landing)["id"] == "VARCHAR"
    assert rows[-1] == ["A17", 1.5]


def test_big_whole_numbers_keep_every_digit(give):
    landing, rows = give("a,b\n9223372036854775807,99999999999999999999\n-1,1\n")
    assert rows == [[9223372036854775807, "99999999999999999999"], [-1, "1"]]
    assert any(note.startswith("b ") for note in landing.notes)


def test_all_null_columns_land_with_a_note(give):
    landing, rows = give("a,b\n1,\n2,\n")
    assert rows == [[1, None], [2, None]]
    assert any(note.startswith("b holds nothing") for note in landing.notes)


def test_an_open_decimal_mark_is_asked_and_the_answer_is_used(give):
    text = "k;v\na;1,234\nb;5,678\n"
    landing, rows = give(text)
    [doubt] = landing.questions
    assert (doubt.field, doubt.column, set(doubt.choices)) == ("decimal", "v", {".", ","})
    assert "1,234" in doubt.question
    assert [row[1] for row in rows] == [1.234, 5.678]
    landing, rows = give(text, landing.options.model_copy(update={"decimal": "."}))
    assert [row[1] for row in rows] == [1234, 5678]


def test_one_sure_column_answers_for_the_others(give):
    landing, rows = give("a;b\n1.234;0,5\n5.678;1,5\n")
    assert rows == [[1234, 0.5], [5678, 1.5]]
    assert not landing.questions


# Dates


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["2024-05-06", "2024-12-31"], ["2024-05-06", "2024-12-31"]),
        (["2024/5/6", "2024/12/31"], ["2024-05-06", "2024-12-31"]),
        (["06.05.2024", "07.05.2024"], ["2024-05-06", "2024-05-07"]),
        (["6/5/2024", "31/12/2024"], ["2024-05-06", "2024-12-31"]),
        (["5/6/2024", "12/31/2024"], ["2024-05-06", "2024-12-31"]),
        (["13-05-24", "14-05-24"], ["2024-05-13", "2024-05-14"]),
        (["13.05.99", "14.05.24"], ["1999-05-13", "2024-05-14"]),
        (["5 May 2024", "31 Dec 2024"], ["2024-05-05", "2024-12-31"]),
        (["May 5, 2024", "December 31, 2024"], ["2024-05-05", "2024-12-31"]),
        (["05-May-2024", "31-Dec-2024"], ["2024-05-05", "2024-12-31"]),
        (["2024-05-06", "n/a"], ["2024-05-06", None]),
        (["2024-05-06 10:30", "2024-05-07 00:00"], ["2024-05-06T10:30:00", "2024-05-07T00:00:00"]),
        (["2024-05-06T10:30:15.5Z"], ["2024-05-06T10:30:15.500000"]),
        (["2024-05-06T10:30:00+02:00"], ["2024-05-06T08:30:00"]),
        (["2024-05-06 10:30:00 +0200"], ["2024-05-06T08:30:00"]),
        (["31.12.2024 23:59"], ["2024-12-31T23:59:00"]),
        (
            ["12/31/2024 1:05 PM", "1/2/2024 12:00 AM"],
            ["2024-12-31T13:05:00", "2024-01-02T00:00:00"],
        ),
    ],
)
def test_days_and_moments_are_read_as_people_write_them(give, cells, read):
    landing, rows = give("key,at\n" + "".join(f'k,"{cell}"\n' for cell in cells))
    assert [row[1] for row in rows] == read
    assert not landing.questions


def test_an_open_order_of_days_is_asked_and_the_answer_is_used(give):
    text = "k,at\n" + "".join(f"a,0{m}/0{d}/2024\n" for m in range(1, 10) for d in range(1, 10))
    landing, rows = give(text)
    [doubt] = landing.questions
    assert (doubt.field, doubt.column, doubt.choices) == ("date_order", "at", ["dmy", "mdy"])
    assert rows[1][1] == "2024-01-02"
    landing, rows = give(text, landing.options.model_copy(update={"date_order": "dmy"}))
    assert rows[1][1] == "2024-02-01"


def test_days_of_two_orders_in_one_column_stay_text_with_a_note(give):
    landing, rows = give("k,at\na,13/05/2024\nb,05/13/2024\n")
    assert rows[0][1] == "13/05/2024"
    assert any("dates" in note for note in landing.notes)


def test_a_day_that_does_not_exist_is_missing_and_counted(give):
    cells = [f"2024-01-{day:02}" for day in range(1, 32)] * 10 + ["2024-02-31"]
    landing, rows = give("k,at\n" + "".join(f"a,{cell}\n" for cell in cells))
    assert types(landing)["at"] == "DATE"
    assert rows[-1][1] is None
    assert any("1 of 311" in note and "2024-02-31" in note for note in landing.notes)


# JSON


def test_json_lines_land_and_bad_lines_are_set_aside(give):
    landing, rows = give('{"a": 1, "b": "x"}\n{"a": 2}\nnot json\n[1]\n\n{"b": "y", "c": null}\n')
    assert rows == [[1, "x", None], [2, None, None], [None, "y", None]]
    assert [one.row for one in landing.rejected.examples] == [3, 4]


def test_objects_inside_are_flattened_one_level_and_lists_are_text(give):
    landing, rows = give(
        json.dumps([{"id": 1, "who": {"name": "Ann", "tags": ["a", 1]}, "deep": {"x": {"y": 2.5}}}])
    )
    assert names(landing) == ["id", "who.name", "who.tags", "deep.x"]
    assert rows == [[1, "Ann", '["a", 1]', '{"y": 2.5}']]
    assert any("JSON text" in note for note in landing.notes)


def test_one_object_that_wraps_a_list_is_that_list(give):
    _, rows = give('{"status": "ok", "data": [{"a": 1}, {"a": 2}]}')
    assert rows == [[1], [2]]


def test_objects_one_after_the_other_over_many_lines_land(give):
    _, rows = give('{\n "a": 1\n}\n{\n "a": 2\n}\n')
    assert rows == [[1], [2]]


def test_fields_that_appear_late_are_columns_from_the_start(give):
    lines = [json.dumps({"a": i}) for i in range(45_000)] + ['{"a": 0, "late": "x"}']
    landing, rows = give("\n".join(lines))
    assert names(landing) == ["a", "late"]
    assert (rows[0], rows[-1], len(rows)) == ([0, None], [0, "x"], 45_001)


def test_json_numbers_and_strange_keys_are_kept(give):
    landing, rows = give(
        '[{"a\\"b": NaN, "": 12345678901234567890, "x\\u0000y": true, "s": "\\ud800"}]'
    )
    assert rows == [[None, "12345678901234567890", True, "?"]]
    assert [column.original for column in landing.columns] == ['a"b', "", "x\0y", "s"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[{"a": 1},\n{"a": ]', "line 2"),
        ('[{"a": 1}', "line 1"),
        ('[{"a": 1}\n{"a": 2}]', "line 2"),
    ],
)
def test_broken_json_says_where(give, content, line):
    assert line in refused(give, content).message


@pytest.mark.parametrize("content", ["[]", "[1, 2]", "[{}]", '{"a": 1}x', "[" * 100_000])
def test_json_without_records_is_refused(give, content):
    refused(give, content)
