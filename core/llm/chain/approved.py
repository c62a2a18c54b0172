"""What a person who is asked for leave is shown of a step, and what they gave leave to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.kernel import Run
from core.llm.provider import Request

EXCERPT_MAX = 300  # characters


def shown(
    model: str, asked: Iterable[str | bytes], said: Sequence[str], **more: Any
) -> dict[str, Any]:
    """What an approval binds to: the model, how it begins, and a hash of all that is `asked`."""
    digest = hashlib.sha256()
    for part in asked:
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8))
        digest.update(data)
    first = next((text for text in said if not text.startswith("data:")), "")
    first = first if len(first) <= EXCERPT_MAX else first[: EXCERPT_MAX - 1] + "…"
    return {"model": model, "asks": first, **more, "sha256": digest.hexdigest()}


def parts(request: Request) -> Iterator[str]:
    """All that is sent, whoever is asked."""
    yield from (json.dumps(message.model_dump()) for message in request.messages)
    yield from (json.dumps(tool.model_dump()) for tool in request.tools)
    asked = [request.tokens_max, request.temperature, request.top_p, request.response]
    yield json.dumps(asked, sort_keys=True)


def recalled(run: Run, kind: str, name: str, sha256: str) -> dict[str, Any] | None:
    """What a person was shown of a step that asks this; nothing where nobody was asked.

    Such a step is taken up as it was shown, whatever would be chosen by now: else it would not
    be what was approved.
    """
    return next((one for one in run.shown(kind, name) if one.get("sha256") == sha256), None)
