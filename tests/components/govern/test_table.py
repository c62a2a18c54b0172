"""Lists filter, and their CSV runs in no spreadsheet."""

from __future__ import annotations

import csv
import io

from components.govern.table import as_csv, matching

LINES = [{"name": "=cmd|' /C calc'!A0", "cost": 1.5}, {"name": "plain", "cost": -2}]


def test_every_word_has_to_be_somewhere_in_the_line():
    assert matching(LINES, "PLAIN -2") == [LINES[1]]
    assert matching(LINES, "plain 1.5") == []
    assert matching(LINES, "") == LINES


def test_cells_of_the_csv_are_neutral_and_numbers_stay_numbers():
    rows = list(csv.reader(io.StringIO(as_csv(LINES))))
    assert rows[0] == ["name", "cost"]
    assert rows[1][0].startswith("'=")
    assert rows[2][1] == "-2"


def test_no_lines_make_no_csv():
    assert as_csv([]) == ""
