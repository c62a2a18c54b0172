"""Nothing here yet: one obvious action, and what it will give you."""

from __future__ import annotations

import streamlit as st

from components.claims import claims
from components.lab import sources
from components.words import muted

EXAMPLE = {
    "kicker": "What you get",
    "question": False,
    "title": [{"text": "A claim is a full sentence, and every number in it can be opened."}],
    "body": [
        [
            {
                "text": "Behind each number are its query, the rows it was read from, and a "
                "receipt: how many comparisons were looked at before this one was worth telling."
            }
        ],
        [{"text": "Where chance explains a pattern, the deck says so and shows nothing."}],
    ],
    "caveats": [
        [{"text": "Take it along as a PPTX with native charts, an HTML file or a research pack."}],
        [{"text": "Anyone can verify the pack again later, without the studio's models."}],
    ],
}


def draw() -> None:
    """The first screen of a fresh studio."""
    st.space("small")
    ask, promise = st.columns([5, 6], gap="large", vertical_alignment="center")
    with ask.container(gap="small"):
        st.title("What do you want to know?", anchor=False)
        st.markdown(
            ":gray[Drop files and ask. You get a deck in which every number can be opened and "
            "recomputed. No key is needed: the studio brings its own small model.]"
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if st.button(
                "Try with sample data", type="primary", icon=":material/play_arrow:", key="sample"
            ):
                sources.take_sample()
                st.rerun()
            st.markdown(muted("a made-up shop, two years of orders"), width="content")
        st.space("small")
        sources.drop("Or drop your own files")
    with promise, st.container(border=True, key="promise"):
        claims(EXAMPLE, {}, key="example")
