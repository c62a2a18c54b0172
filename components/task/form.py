"""The form of an operation, and the list of operations."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import session
from components.govern.views.models import chain_models
from components.layout import PAGES
from components.schema_form import schema_form
from components.words import muted, named, plain, usd
from core.errors import StudioError
from core.kernel.operation import OPERATIONS


def draw_list() -> None:
    """Every registered operation, each with a link to its form."""
    st.title("Operations", anchor=False)
    st.markdown(muted("Everything the studio can do, each with a form made from what it takes."))
    with st.container(gap="small"):
        for name in OPERATIONS:
            with st.container(gap="xxsmall"):
                st.page_link(
                    PAGES["task"], label=f"**{named(name)}**", query_params={"operation": name}
                )
                st.markdown(muted(plain(OPERATIONS[name].title, 200)))


def known() -> dict[str, Sequence[str]]:
    """What texts of these names may pick from."""
    studio, org_id = session.studio(), session.person().org_id
    return {
        "policy": studio.policies.names(org_id),
        "template": studio.prompts.names(org_id),
        "model": list(dict.fromkeys(chain_models())),
    }


def draw(name: str) -> None:
    """The operation's form; sending it starts a task and opens it."""
    operation = OPERATIONS[name]
    with st.container(width=620, gap="medium"):
        with st.container(gap="xsmall"):
            st.title(named(name), anchor=False)
            budget = operation.policy.budget_nusd
            most = f" A run costs at most {usd(budget)}." if budget is not None else ""
            st.markdown(f":gray[{plain(operation.title + '.' + most, 300)}]")
        key = f"form_{name.replace('.', '_')}"
        made = schema_form(operation.input, key=key, known=known())
        if made is None:
            return
        try:
            task_id = session.studio().submit(
                session.person(),
                name,
                made.model_dump(mode="json"),
                session=session.session_id(),
                trace=session.trace(),
            )
        except StudioError as error:
            st.error(plain(error.hint, 400) or " ", title=plain(error.message, 300))
            return
    st.query_params.from_dict({"task": task_id})
    st.rerun()
