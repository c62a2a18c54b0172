"""POST /search with a bearer key; a score for each result, a date for news."""

from __future__ import annotations

import json

from core.errors import StudioError, Unavailable
from core.llm.search.engine import ENGINES, Hit, Sent, hit, posted

MOST = 20
SPENT = (432, 433)  # of the plan, of what was set aside for going beyond it


class _Engine:
    def ask(self, base_url: str, key: str, query: str, results_max: int) -> Sent:
        most = min(results_max, MOST)
        return posted(f"{base_url}/search", key, query=query, max_results=most)

    def read(self, body: bytes) -> list[Hit]:
        found = [
            hit(
                row["url"],
                row.get("title"),
                row.get("content"),
                score=row.get("score"),
                published=row.get("published_date"),
            )
            for row in json.loads(body)["results"]
        ]
        return [one for one in found if one]

    def refused(self, status: int) -> StudioError | None:
        if status not in SPENT:
            return None
        return Unavailable(
            "The plan with the search service is used up.",
            hint="Raise it with the service, or configure another one.",
            reason="payment",
        )


ENGINES.add(__name__.rpartition(".")[2], _Engine())
