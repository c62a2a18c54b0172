"""What tests of screens share: one open studio, a small shop, the shell under AppTest."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from components import session
from core.insight import Question
from core.settings import load
from core.studio import Studio, open_studio

ROOT = Path(__file__).parents[1]
SHELL = ROOT / "components" / "shell.py"
REGIONS = {"North": 5.2, "South": 4.1, "East": 3.0}
QUICK = {"RATE_LIMIT_PER_MINUTE": "100000"}  # tests are quicker than people


def shop(days: int = 220, a_day: int = 4) -> bytes:
    """A CSV of orders whose revenue depends on the region; the same bytes every time."""
    draw = random.Random(7)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["day", "region", "units", "revenue"])
    for n in range(days):
        at = date(2025, 1, 1) + timedelta(days=n)
        for _ in range(a_day):
            region = draw.choice(list(REGIONS))
            units = draw.randint(1, 5)
            revenue = round(units * REGIONS[region] * draw.uniform(0.8, 1.2), 2)
            writer.writerow([at.isoformat(), region, units, revenue])
    return out.getvalue().encode()


def opened(folder: Path, **env: str) -> Iterator[Studio]:
    """A real studio in `folder`, in use by the pages until the test is over."""
    studio = open_studio(load({"STUDIO_DATA_DIR": str(folder), **QUICK, **env}, None))
    show(studio)
    yield studio
    session.use(None)
    studio.close()


def show(studio: Studio) -> None:
    """The pages draw from `studio` and remember nothing of another."""
    session.use(studio)
    st.cache_resource.clear()


def reachable(studio: Studio) -> Any:
    """The same studio as others would reach it: no longer in local mode."""
    secrets = {"SECRET_KEY": "s" * 40, "API_KEY_SALT": "t" * 20}
    wide = load({"STUDIO_HOST": "0.0.0.0", **secrets}, None)
    return SimpleNamespace(**{**vars(studio), "settings": wide})


def given(studio: Studio, name: str = "shop.csv", data: bytes | None = None) -> Any:
    """A source of the owner."""
    return studio.add_source(studio.people.local(), name, [data or shop()])


def ask(studio: Studio, question: str = "Which region brings the most revenue?") -> str:
    """The id of an `insight.ask` that has ended."""
    asked = Question(question=question, sources=[given(studio)], iterations=6)
    task_id = studio.ask(studio.people.local(), asked)
    for _ in studio.kernel.follow(task_id):
        pass
    return task_id


def shell(page: str = "", **query: str) -> AppTest:
    """The shell after its first run, on `page`, with this address."""
    at = AppTest.from_file(str(SHELL), default_timeout=120)
    for name, value in query.items():
        at.query_params[name] = value
    if page:
        at.run()
        at.switch_page(f"../pages/{page}.py")
        for name, value in query.items():
            at.query_params[name] = value
    return at.run()


def script(body: str) -> AppTest:
    """A few lines as a page of their own."""
    head = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nimport streamlit as st\n"
    return AppTest.from_string(head + body, default_timeout=120).run()


def text(at: AppTest) -> str:
    """Everything a person could read on the page, in one string."""
    parts = [element.value for element in (*at.markdown, *at.title, *at.caption, *at.code)]
    parts += [element.value for element in (*at.error, *at.info, *at.success, *at.warning)]
    parts += [element.label for element in at.button]
    return "\n".join(str(part) for part in parts).replace("\\", "")
