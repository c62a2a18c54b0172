"""What holds for any table."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.data.landing import Landing, ReadOptions
from core.errors import Invalid


def types(landing: Landing) -> dict[str, str]:
    return {column.name: column.type for column in landing.columns}


def names(landing: Landing) -> list[str]:
    return [column.name for column in landing.columns]


# For any table

CELL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(
    ["=1+1", "-5", "@x", '"', "'", '""', "a\nb", "a\r\nb", "\r", ",", ";", "\t", "|", "NULL", "nan"]
)
ANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@st.composite
def sheets(draw):
    width = draw(st.integers(1, 5))
    head = draw(st.lists(CELL, min_size=width, max_size=width))
    row = st.lists(CELL, min_size=width, max_size=width)
    return head, draw(st.lists(row, min_size=0, max_size=8))


def written(head, rows, delimiter, quoting, end) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(
        [head, *rows]
    )
    return text.getvalue()


@given(
    sheet=sheets(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@ANY
def test_any_table_comes_back_as_it_was_written(give, sheet, delimiter, quoting, end):
    head, rows = sheet
    # The csv module leaves a lone return unquoted where lines end otherwise: two tables, one text.
    assume(quoting == csv.QUOTE_ALL or end == "\r\n" or "\r" not in "".join(sum(rows, head)))
    marked = [["k", *row] for row in rows] or [["k", *[""] * len(head)]]  # never a blank line
    text = written(["key", *head], marked, delimiter, quoting, end)
    given_ = ReadOptions(
        delimiter=delimiter, quote='"', header=True, skip=0, encoding="utf-8", format="csv"
    )
    landing, found = give(text, given_)
    assert len(found) == len(marked)
    assert [column.original for column in landing.columns] == ["key", *head]
    for place, column in enumerate(landing.columns):
        cells = [row[place] or None for row in marked]
        if column.type == "VARCHAR":
            assert [row[place] for row in found] == cells
    again, same = give(text, landing.options)
    assert (same, again.options, again.notes) == (found, landing.options, landing.notes)


PLAIN = st.text(
    st.characters(categories=["L", "Nd", "Zs"], exclude_characters="\u00a0"), max_size=9
).map(lambda text: "v" + text)


@given(
    rows=st.lists(
        st.lists(PLAIN | st.just('with "quotes"') | st.just("two\nlines"), min_size=3, max_size=3),
        min_size=2,
        max_size=9,
    ),
    dialect=st.sampled_from(["excel", "excel-tab", "unix"]),
)
@ANY
def test_every_dialect_of_the_csv_module_is_found(give, rows, dialect):
    text = io.StringIO(newline="")
    csv.writer(text, dialect).writerows([["one", "two", "three"], *rows])
    landing, found = give(text.getvalue())
    assert names(landing) == ["one", "two", "three"]
    assert found == rows


@given(
    widths=st.lists(st.integers(1, 6), min_size=3, max_size=30),
    header=st.booleans(),
)
@ANY
def test_every_row_is_in_the_table_or_counted(give, widths, header):
    rows = [[f"r{number}c{place}" for place in range(width)] for number, width in enumerate(widths)]
    text = "".join(",".join(row) + "\n" for row in rows)
    try:
        landing, found = give(text, ReadOptions(header=header, delimiter=","))
    except Invalid as error:
        assert "None of the" in error.message  # noqa: PT017 - not one row fits, or it lands
        return
    assert len(found) + landing.rejected.count + header == len(rows)
    kept = {row[0] for row in found} | {one.text.split(",")[0] for one in landing.rejected.examples}
    if landing.rejected.count <= 20:
        assert len(kept) + header == len(rows)


@given(
    records=st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            st.none()
            | st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
            ).map(lambda t: "v" + t),
            max_size=4,
        ),
        min_size=1,
        max_size=6,
    ),
    lines=st.booleans(),
)
@ANY
def test_any_records_come_back(give, records, lines):
    assume(any(records))
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records, indent=1)
    landing, found = give(text)
    originals = [column.original for column in landing.columns]
    assert found == [[record.get(name) for name in originals] for record in records]


@given(cells=st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=1, max_size=9))
@ANY
def test_whole_numbers_come_back_exactly(give, cells):
    text = "k,n\n" + "".join(f"a,{'' if cell is None else cell}\n" for cell in cells)
    _, found = give(text)
    assert [row[1] for row in found] == cells


@given(cells=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=9))
@ANY
def test_fractions_come_back_exactly(give, cells):
    text = "k,n\n" + "".join(f"a,{cell!r}\n" for cell in cells)
    landing, found = give(text)
    assert [row[1] for row in found] == cells or types(landing)["n"] == "VARCHAR"


@given(cells=st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=9))
@ANY
def test_amounts_of_either_custom_are_the_same_numbers(give, cells):
    english = [f"{cell:,.2f}" for cell in cells]
    german = [text.translate(str.maketrans(",.", ".,")) for text in english]
    found = []
    for delimiter, texts in (("|", english), (";", german)):
        lines = "".join(f"a{delimiter}{text}\n" for text in texts)
        _, rows = give(f"k{delimiter}v\n{lines}")
        found.append([row[1] for row in rows])
    assert found[0] == found[1] == [float(cell) for cell in cells]
