"""GET /search?format=json of a metasearch server in the house; it has to offer JSON."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from core.errors import Invalid, StudioError
from core.llm.search.engine import ENGINES, Hit, Sent, hit


class _Engine:
    def ask(self, base_url: str, key: str, query: str, results_max: int) -> Sent:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        words = urlencode({"q": query, "format": "json"})
        return Sent("GET", f"{base_url}/search?{words}", headers)

    def read(self, body: bytes) -> list[Hit]:
        found = [
            hit(
                row["url"],
                row.get("title"),
                row.get("content"),
                score=row.get("score"),
                published=row.get("publishedDate") or row.get("pubdate"),
            )
            for row in json.loads(body)["results"]
        ]
        return [one for one in found if one]

    def refused(self, status: int) -> StudioError | None:
        if status != 403:
            return None
        return Invalid(
            "The search server does not offer its results as JSON.",
            hint='Add "json" to search.formats in its settings.yml.',
            reason="key",
        )


ENGINES.add(__name__.rpartition(".")[2], _Engine())
