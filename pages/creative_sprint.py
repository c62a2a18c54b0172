"""Creative Sprint: what it will do. Nothing here pretends to work."""

from __future__ import annotations

from components.layout import crumb
from components.soon import coming

crumb("Creative Sprint")
coming(
    "From a brief to a delivered film",
    "You give a brief or a finished script. The studio writes, draws, renders and checks, and a "
    "person approves between the stages.",
    [
        ("Brief", "What it is for, for whom, what must be said and what must not."),
        ("Script", "Picture and sound side by side, with versions you can compare."),
        ("Storyboard", "One frame a shot, each with camera, length and cost."),
        ("Render", "An animatic in three formats; an edit renders only the shots it changes."),
        ("Review", "Measured checks: loudness, captions, contrast, brand, rights."),
        ("Distribution", "A package per channel, sent only after an approval, confirmed or not."),
    ],
)
