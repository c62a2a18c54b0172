"""Plain prompts: what rules can do without tools, and an honest word about the rest."""

from __future__ import annotations

from core.llm.offline import drafts, forms, passages
from core.llm.offline.conversation import Conversation

HONEST = (
    "I am the studio's offline model: fixed rules, not a language model, so I cannot answer this "
    "freely. I can answer questions about your data files with verified recipes, quote the "
    "sentences that answer a question from passages you give me, fill a form (a JSON schema) from "
    "labelled text, and fill a template. For anything else, add a hosted model in the settings."
)


def reply(talk: Conversation) -> str:
    """The first rule that fits the prompt speaks."""
    whole = f"{talk.system}\n{talk.question}"
    quoted = passages.quoted(whole, talk.question)
    return forms.filled(whole) or drafts.drafted(whole) or quoted or HONEST
