"""Chat: what it will do. Nothing here pretends to work."""

from __future__ import annotations

from components.layout import crumb
from components.soon import coming

crumb("Chat")
coming(
    "Conversations that show their work",
    "You talk to an assistant, or build one in a conversation. Every answer says what it used, "
    "what it did and what it cost.",
    [
        ("Answers", "They stream, stop at once, and survive a reload."),
        ("Sources", "What an answer rests on stands under it, with the passage."),
        ("Receipts", "What was sent to the model, what was left out, and why."),
        ("Branches", "Edit a message and compare where each version leads."),
        ("Memory", "It remembers what you ask it to, and forgets it when you say so."),
        ("Assistants", "Any good chat becomes an assistant, with tests that guard it."),
    ],
)
