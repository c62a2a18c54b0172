"""A heading and a button; with `?task=...` tokens, as Streamlit writes a stream."""

from __future__ import annotations

import streamlit as st

from tests.benchmarks.stamps import emitted

st.title("What do you want to know?")
st.button("Try with sample data")
if "task" in st.query_params:
    st.write_stream(emitted())
