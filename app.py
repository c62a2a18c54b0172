"""The ASGI front: `streamlit run app.py` or `uvicorn app:app`.

The studio opens with the process and closes with it. Heavy libraries load in the background after
the first page can be drawn, and are then frozen: Streamlit collects garbage after every run.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

ROOT = Path(__file__).parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components import session  # noqa: E402
from core.serve import files, health  # noqa: E402
from core.serve.hosts import LocalOnly  # noqa: E402
from core.serve.sign_in import SignIn  # noqa: E402
from core.serve.traced import Traced  # noqa: E402

log = logging.getLogger(__name__)
WARM_AFTER_S = 3.0  # the first page needs none of these, and imports would hold it up
WARM = ("pandas", "pyarrow", "plotly.graph_objects", "duckdb", "scipy.stats")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the studio, warm up beside it, close it at the end."""
    await run_in_threadpool(session.open_once)
    later = threading.Timer(WARM_AFTER_S, warm_up)
    later.daemon = True
    later.start()
    try:
        yield {}
    finally:
        later.cancel()
        await run_in_threadpool(session.close)


def warm_up() -> None:
    """What pages need later is imported, and no longer walked by the garbage collector."""
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            log.warning("%s is not installed; what needs it will say so.", name)
    studio = session.opened()
    if studio:
        studio.warm()
    gc.collect()
    gc.freeze()


app = st.App(
    ROOT / "components" / "shell.py",
    lifespan=lifespan,
    routes=[
        Mount("/assets", StaticFiles(directory=ROOT / "static")),
        *health.routes(session.opened),
        *SignIn(session.studio).routes(),
        *files.routes(session.studio, local=session.is_local),
    ],
    middleware=[
        Middleware(LocalOnly, local=session.is_local),
        Middleware(Traced, studio=session.opened),
    ],
)
