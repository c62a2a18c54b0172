"""One question to the web: the first engine of the house that answers, held and settled."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Invalid, StudioError, Unavailable
from core.kernel import Call, Run
from core.llm.config import ModelSettings
from core.llm.gateway import Gateway
from core.llm.hosted import failures
from core.llm.media.doors import Bill, Way, walk
from core.llm.media.prices import priced, tariff_of
from core.llm.search.engine import Engine, Hit, Sent, discover
from core.llm.search.engines.keyless import BASE_URL
from core.safety.answers import Fetched
from core.safety.egress import Egress
from core.settings.catalogue import Entry, catalogue

QUERY_MAX = 1_000  # characters
RESULTS_MAX = 100
SIZE_MAX_BYTES = 5_000_000
TIMEOUT_S = 20.0
KEYLESS = "keyless"
STATUS = {
    **failures.STATUS,
    404: ("unknown", "is not at this address", "Check {url} in the settings."),
}


def search(run: Run, llm: Gateway, query: str, results_max: int = 5) -> list[Hit]:
    """At most `results_max` pages of the web, best first, each once.

    One step of kind "search" per engine that is asked, in the order of data/providers.yaml; the
    keyless one last, and only where SEARCH_KEYLESS is on. Raises Invalid for no question,
    Unavailable when no engine is configured or none answers.
    """
    asked = " ".join(query.split())
    if not asked or len(asked) > QUERY_MAX or not 1 <= results_max <= RESULTS_MAX:
        raise Invalid(
            "This is no question for a search engine.",
            hint=f"Ask up to {QUERY_MAX} characters, for 1 to {RESULTS_MAX} pages.",
        )
    keyless = bool(run.studio.settings.search_keyless)
    out: Egress = run.studio.egress
    ways = [_way(llm.config, out, one, asked, results_max) for one in offers(llm.config, keyless)]
    if not ways:
        raise _absent()
    about = {"name": "search", "content": (asked,), "asked": {"results_max": results_max}}
    made = walk(run, llm.router, "search", ways, **about)
    return [Hit.model_validate(hit) for hit in made["hits"]]


@dataclass(frozen=True)
class Offer:
    """An engine that is configured: where it is, and its key. Its repr shows no key."""

    name: str
    entry: Entry
    engine: Engine
    base_url: str
    key: str

    def __repr__(self) -> str:
        return f"Offer({self.name!r}, {self.base_url!r})"


def offers(config: ModelSettings, keyless: bool = False) -> list[Offer]:
    """The engines that are configured, in the order they are tried."""
    found = []
    for name, entry in catalogue().get("search", {}).items():
        if not entry.missing(config.credential):
            engine = discover()[entry.dialect or name]
            place = entry.address(config.credential), config.credential(entry.key)
            found.append(Offer(name, entry, engine, *place))
    if keyless:
        free = Entry(title="Keyless search", base_url=BASE_URL, free=True)
        found.append(Offer(KEYLESS, free, discover()[KEYLESS], free.base_url, ""))
    return found


def _way(config: ModelSettings, out: Egress, offer: Offer, query: str, results_max: int) -> Way:
    model = f"{offer.name}/search"
    tariff = tariff_of(config, model, offer.entry, results=results_max)
    priced(tariff, "query")

    def bill() -> Bill:
        return Bill(tariff, {"query": 1}, units=1, unit="query")

    def act(call: Call, bill: Bill) -> Mapping[str, Any]:
        sent = offer.engine.ask(offer.base_url, offer.key, query, results_max)
        asking = _asked(out.to(offer.base_url), sent)
        found = _found(config, offer, asking, call, bill)
        once = {hit.url: hit for hit in reversed(found)}  # the first of a page counts
        best = [hit for hit in found if once[hit.url] is hit][:results_max]
        return {"hits": [hit.model_dump(mode="json") for hit in best]}

    return Way(model, bill, act, last=offer.name == KEYLESS)


async def _asked(out: Egress, sent: Sent) -> Fetched:
    return await out.send(
        sent.method,
        sent.url,
        body=sent.body,
        headers={**sent.headers, "accept": "application/json, text/html;q=0.9"},
        size_max_bytes=SIZE_MAX_BYTES,
        timeout_s=TIMEOUT_S,
    )


def _found(
    config: ModelSettings,
    offer: Offer,
    asked: Coroutine[Any, Any, Fetched],
    call: Call,
    bill: Bill,
) -> list[Hit]:
    bill.sent = True
    try:
        answer = call.wait(asked)
    except Unavailable as error:
        bill.sent = error.details.get("reason") not in ("unreachable", "unknown_host")
        raise
    refusal = _refusal(config, offer, answer)
    if refusal:
        bill.sent = False  # an error instead of an answer is not billed
        raise refusal
    bill.settle(query=1)
    try:
        return offer.engine.read(answer.body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(
            f"The answer of {offer.entry.title} cannot be read ({type(error).__name__}).",
            hint="Try again, or configure another search service.",
            reason="garbled",
        ) from None


def _refusal(config: ModelSettings, offer: Offer, answer: Fetched) -> StudioError | None:
    """What a status that is no success means."""
    status, title, entry = answer.status, offer.entry.title, offer.entry
    own = offer.engine.refused(status)
    if own or status == 200:
        return own
    if status in STATUS:
        reason, what, hint = STATUS[status]
        wait = answer.headers.get("retry-after", "")
        after = {"retry_after_s": int(wait[:6])} if wait.isdecimal() else {}
        hint = hint.format(setting=entry.key or entry.url, url=entry.url)
        return Unavailable(f"{title} {what}.", hint=hint, reason=reason, **after)
    if 400 <= status < 500:
        said = failures.scrub(_said(answer.body), config.secrets())
        hint = "Ask in other words."
        return Invalid(f"{title} does not accept the question: {said}", hint=hint, reason="request")
    return Unavailable(f"{title} failed.", hint="Try again later.", reason="down", status=status)


def _said(body: bytes) -> str:
    """A service's own words for its error."""
    try:
        told = json.loads(body)
    except ValueError:
        return "it gave no reason"
    for name in ("detail", "error", "message"):
        found = told.get(name) if isinstance(told, dict) else None
        if isinstance(found, dict):
            found = found.get("error") or found.get("message")
        if isinstance(found, str):
            return found
    return "it gave no reason"


def _absent() -> Unavailable:
    settings = [entry.setting for entry in catalogue().get("search", {}).values()]
    return Unavailable(
        "No search engine is configured.",
        hint=f"Set one of {', '.join(settings)}, or SEARCH_KEYLESS=true.",
        reason="absent",
    )
