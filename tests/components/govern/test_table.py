"""Lists filter, and their CSV runs in no spreadsheet."""

from __future__ import annotations

import csv
import io

from components.govern.table import _way, as_csv, matching
from tests import screens

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


def test_a_line_is_named_in_the_menu_by_what_a_person_knows_it_by():
    run = {"open": "/governance?view=runs&task=0123456789abcdef", "what": "Why *now*?"}
    address = {"view": "runs", "task": "0123456789abcdef"}
    assert _way(run, "open", "what") == ("01234567 Why \\*now\\*?", address)
    case = {"open": "/governance?view=policies&case=creative_script"}
    assert _way(case, "open", "")[1] == {"view": "policies", "case": "creative_script"}
    assert _way(case, "open", "")[0].replace("\\", "") == "creative_script"


def test_lines_that_lead_nowhere_are_in_no_menu():
    at = screens.script(
        "from components.govern.table import table\n"
        "lines = [{'task': None, 'a': 1}, {'task': '/governance?view=runs&task=ab', 'a': 2}]\n"
        "table(lines, key='t', columns={'a': None}, alt='Two', empty='', opens='task')\n"
    )
    assert at.menu_button[0].options == ["ab"]
    for wanted in ("1", "nothing has this"):
        at.text_input(key="filter_t").set_value(wanted).run()
        assert not at.exception
        assert not at.menu_button
