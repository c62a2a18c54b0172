"""Whether every part works, which switches are set, and the page errors by code."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import figures, section
from components.words import clock, count, plain
from core.serve import health

NAMES = {
    "database": "Database",
    "blobs": "Files",
    "migrations": "Schema",
    "llm": "Models",
    "policies": "Policies",
    "cache": "Cache",
    "moderation": "Moderation",
    "monitor": "Cost monitor",
    "rates": "Request rates",
    "telemetry": "Telemetry",
    "studio": "Studio",
}


def draw() -> None:
    """The view."""
    left, right = st.columns(2, gap="large")
    with left.container(gap="medium"):
        with section("Parts", "checked now; load balancers ask /readyz"):
            parts_table()
        with section("Switches", "set by FLAG_NAME, else as declared"):
            lines = [
                [plain(flag.name), plain(flag.description, 120), plain(_said(flag.value))]
                for flag in session.studio().flags.status()
            ]
            figures(["Name", "", "Now"], lines or [["None declared", "", ""]], "flags")
    with right, section("Page errors", "the code a person was shown finds its line"):
        table(
            [
                {
                    "code": line["code"],
                    "at": clock(line["at"]),
                    "error": line["error"],
                    "page": line["page"],
                }
                for line in session.page_errors()
            ],
            key="errors",
            columns={
                "code": st.column_config.TextColumn("Code", width=90),
                "at": st.column_config.TextColumn("At", width=110),
                "error": st.column_config.TextColumn("Kind"),
                "page": st.column_config.TextColumn("Page"),
            },
            alt="Errors that pages showed, by code",
            empty="No page has failed since the start.",
        )


def parts_table() -> None:
    """One line a part: works or not, and a word about it."""
    rows = [
        [
            f"{_sign(part)} {NAMES.get(name, name)}",
            f":gray[{plain(detail(name, part))}]",
        ]
        for name, part in health.ready(session.studio()).items()
    ]
    figures(["", ""], rows, "facts_parts")


def detail(name: str, part: dict[str, Any]) -> str:
    """A word about the part; of policies that hold, how many there are."""
    said = str(part["detail"])
    if name == "policies" and part["ok"] and not part.get("degraded"):
        return count(len(said.split(", ")), "use case")
    return said


def _sign(part: dict[str, Any]) -> str:
    if part.get("degraded"):
        return ":orange[:material/warning:]"
    return ":green[:material/check_circle:]" if part["ok"] else ":red[:material/error:]"


def _said(value: bool | str) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


VIEW = View("Health", ":material/ecg_heart:", 90, draw)
