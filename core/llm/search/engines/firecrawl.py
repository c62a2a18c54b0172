"""POST /v2/search with a bearer key; pages and news in lists of their own, or one bare list."""

from __future__ import annotations

import json

from core.errors import StudioError
from core.llm.search.engine import ENGINES, Hit, Sent, hit, posted

MOST = 100
LISTS = ("web", "news")


class _Engine:
    def ask(self, base_url: str, key: str, query: str, results_max: int) -> Sent:
        version = "" if base_url.endswith(("/v1", "/v2")) else "/v2"
        most = min(results_max, MOST)
        return posted(f"{base_url}{version}/search", key, query=query, limit=most)

    def read(self, body: bytes) -> list[Hit]:
        data = json.loads(body)["data"]
        rows = data if isinstance(data, list) else [r for n in LISTS for r in data.get(n) or ()]
        found = [
            hit(
                row["url"],
                row.get("title"),
                row.get("description") or row.get("snippet"),
                published=row.get("date"),
            )
            for row in rows
        ]
        return [one for one in found if one]

    def refused(self, status: int) -> StudioError | None:
        return None


ENGINES.add(__name__.rpartition(".")[2], _Engine())
