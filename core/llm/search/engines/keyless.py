"""A public page of results, read as HTML: no key, no promise. Off unless SEARCH_KEYLESS is on."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from core.errors import StudioError, Unavailable
from core.llm.search.engine import ENGINES, Hit, Sent, hit

BASE_URL = "https://html.duckduckgo.com"
CHALLENGED = (202, 403, 418)  # it takes us for a robot, and is right
AD = "result--ad"
HAS = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"


class _Engine:
    def ask(self, base_url: str, key: str, query: str, results_max: int) -> Sent:
        return Sent("GET", f"{base_url}/html/?{urlencode({'q': query})}")

    def read(self, body: bytes) -> list[Hit]:
        import lxml.html
        from lxml.etree import LxmlError

        try:
            reader = lxml.html.HTMLParser(encoding="utf-8")
            page: Any = lxml.html.document_fromstring(body, parser=reader)
        except LxmlError as error:
            raise ValueError("no page") from error
        found = [_hit(row) for row in page.xpath(f"//div[{HAS.format('result')}]")]
        return [one for one in found if one]

    def refused(self, status: int) -> StudioError | None:
        if status not in CHALLENGED:
            return None
        return Unavailable(
            "The keyless search declines to answer programs at the moment.",
            hint="Configure a search service with a key, or a SearXNG server.",
            reason="rate_limit",
        )


def _hit(row: Any) -> Hit | None:
    links = row.xpath(f".//a[{HAS.format('result__a')}]")
    if not links or AD in row.get("class", "").split():
        return None
    words = row.xpath(f".//*[{HAS.format('result__snippet')}]")
    snippet = words[0].text_content() if words else ""
    return hit(_landing(links[0].get("href", "")), links[0].text_content(), snippet)


def _landing(href: str) -> str:
    """Where a link leads: results lead through a page that counts clicks."""
    target = parse_qs(urlsplit(href).query).get("uddg")
    if target:
        return target[0]
    return f"https:{href}" if href.startswith("//") else href


ENGINES.add(__name__.rpartition(".")[2], _Engine())
