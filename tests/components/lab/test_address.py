"""Sources live in the address; only the organisation's own open."""

from __future__ import annotations

import pytest

from tests import screens

SHOW = (
    "from components.lab import address\n"
    "for one in address.chosen():\n"
    "    st.code(f'{one.source.name}|{one.source.size_bytes}|{one.options}')\n"
)


def shown(**query):
    at = screens.AppTest.from_string(
        f"import sys\nsys.path.insert(0, {str(screens.ROOT)!r})\nimport streamlit as st\n{SHOW}"
    )
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return [code.value for code in at.code]


def test_what_was_chosen_is_read_back_from_the_address(front):
    source = screens.given(front, "a b,c=d.csv")
    at = screens.script(
        "from components.lab import address\n"
        "from components.lab.address import Chosen\n"
        "from core.storage.blobs import Source\n"
        f"source = Source(hash={source.hash!r}, name={source.name!r}, size_bytes=1)\n"
        "address.choose([Chosen(source, {'date_order': 'dmy', 'decimal': ','})])\n" + SHOW
    )
    assert not at.exception
    size = len(screens.shop())
    assert at.code[0].value == f"a b,c=d.csv|{size}|{{'date_order': 'dmy', 'decimal': ','}}"


def test_a_file_nobody_gave_the_organisation_does_not_open(front):
    secret = front.blobs.put([b"another organisation's numbers"])[0]
    assert shown(data=f"{secret}.stolen%2Ecsv.") == []


@pytest.mark.usefixtures("front")
def test_nonsense_in_the_address_is_ignored():
    assert shown(data="../../etc/passwd,,x.y.z,%00") == []
