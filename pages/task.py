"""Any operation by its registration alone: `?operation=NAME` is its form, `?task=ID` its run."""

from __future__ import annotations

import streamlit as st

from components import session
from components.layout import crumb
from components.task import form, view
from components.words import named
from core.errors import NotFound

task_id, name = st.query_params.get("task"), st.query_params.get("operation")
if task_id:
    task = session.studio().kernel.task(task_id)
    if task.org_id != session.person().org_id:
        raise NotFound(f"No task {task_id[:8]!r}.", hint="It may belong to another organisation.")
    crumb("Task", named(task.operation))
    view.draw(task)
elif name:
    crumb("Task", named(name))
    form.draw(name)
else:
    crumb("Operations")
    form.draw_list()
