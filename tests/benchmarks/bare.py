"""The floor under the studio's pages: the same server with one page of Streamlit's own."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

from tests.benchmarks import stamps

gc.freeze()  # as the studio does: Streamlit collects garbage after every run
app = stamps.measured(st.App(Path(__file__).with_name("bare_page.py")), {"speak": stamps.GO.clear})
