"""Many requests at once, hours later and at half the price, where a provider offers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from core.errors import Cancelled, Invalid, StudioError, restore
from core.kernel import Call, Run
from core.llm.batching import Pace, Place, door_of
from core.llm.batching.rows import Rows
from core.llm.batching.work import Work
from core.llm.chain import approved, structured
from core.llm.chain.replies import key_for
from core.llm.chain.router import HANDS_OVER
from core.llm.gateway import Gateway, held
from core.llm.hosted import wire
from core.llm.messages import Message, Reply, ToolSpec, said
from core.llm.pricing import Price
from core.llm.provider import Request, images_of
from core.storage.database import Database

REQUESTS_MAX = 10_000  # of one batch


@dataclass(frozen=True)
class BatchRequest:
    """One of many questions."""

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    response: type[BaseModel] | None = None


class Batches:
    """The batch door of a studio."""

    def __init__(self, database: Database, llm: Gateway, *, pace: Pace | None = None) -> None:
        self._rows = Rows(database)
        self._llm = llm
        self._pace = pace or Pace()

    def run_batch(
        self,
        run: Run,
        requests: Sequence[BatchRequest],
        *,
        models: Sequence[str] = (),
        prompt_hash: str = "",
        name: str = "batch",
    ) -> list[Reply | StudioError]:
        """What each request got, in order: a reply, or why there is none, as a value.

        One step of kind "batch" where the run's policy allows batches and the first model of the
        chain has a door to them and a price within; else, and where the provider does not take
        the batch, each request is asked by itself, a few at a time. What was answered before is
        not asked again where the policy has a cache, and answers are kept there. Raises what a
        gate says of the whole, and Invalid for too many requests.
        """
        if len(requests) > REQUESTS_MAX:
            raise Invalid(
                f"{len(requests):,} requests are too many for one batch.",
                hint=f"Give at most {REQUESTS_MAX:,}.",
            )
        if not requests:
            return []
        asked = [_request(run, one) for one in requests]
        named = models or run.policy.models
        # Recorded, so that a replay goes the same way whatever the settings say by then.
        way = run.step("check", "batch door", lambda _: self._way(run, named, asked, prompt_hash))
        kept = self._told_before(run, asked, way, prompt_hash=prompt_hash, name=name)
        left = [at for at in range(len(asked)) if at not in kept]
        some = [requests[at] for at in left]
        made: Sequence[Reply | StudioError] | None = None
        if left and way["model"]:
            open_ = [asked[at] for at in left]
            made = self._together(run, open_, way["model"], prompt_hash=prompt_hash, name=name)
        if made is not None:
            made = [_fitting(reply, one.response) for reply, one in zip(made, some, strict=True)]
            for at, reply in zip(left, made, strict=True):
                self._keep(run, named, asked[at], reply, prompt_hash)
        elif left:
            how = {"prompt_hash": prompt_hash, "name": name}
            made = self._one_by_one(run, some, named, way, **how)
        found = kept | dict(zip(left, made or (), strict=True))
        return [found[at] for at in range(len(asked))]

    def _one_by_one(
        self,
        run: Run,
        requests: Sequence[BatchRequest],
        named: Sequence[str],
        way: dict[str, Any],
        *,
        prompt_hash: str,
        name: str,
    ) -> list[Reply | StudioError]:
        """Each asked by itself."""

        def one(branch: Run, request: BatchRequest) -> Reply | StudioError:
            try:
                return self._llm.complete(
                    branch,
                    request.messages,
                    tools=request.tools,
                    models=named,
                    response=request.response,
                    prompt_hash=prompt_hash,
                    name=name,
                )
            except Cancelled:
                raise
            except StudioError as error:
                return error

        return run.map(one, requests, steps_max=way["attempts"])

    def _way(
        self, run: Run, models: Sequence[str], asked: Sequence[Request], prompt_hash: str
    ) -> dict[str, Any]:
        """The model whose batches are used, if any, and how many steps one request may take.

        And which requests had been answered before, and how.
        """
        chain, replies = self._llm.usable(models), self._llm.replies
        model = chain[0] if run.policy.batch and self._price(chain[0]) else ""
        kept: dict[str, Any] = {}
        if model and replies and run.policy.cache_ttl_s:
            found = {
                at: replies.find(key_for(run, chain, one, prompt_hash))
                for at, one in enumerate(asked)
            }
            kept = {str(at): one.model_dump(mode="json") for at, one in found.items() if one}
        attempts = len(chain) * (structured.REASKS_MAX + 2)
        return {"model": model, "attempts": attempts, "kept": kept}

    def _told_before(
        self,
        run: Run,
        asked: Sequence[Request],
        way: dict[str, Any],
        *,
        prompt_hash: str,
        name: str,
    ) -> dict[int, Reply | StudioError]:
        """The requests that were answered before, read by the gates like all others, and free."""
        found = way.get("kept", {}).items()
        kept = {int(at): Reply.model_validate(one) for at, one in found}
        policy = run.policy
        about = {"use_case": policy.name, "variant": policy.variant, "prompt_hash": prompt_hash}

        def tell(call: Call) -> None:
            for one in kept.values():
                called = {"provider": one.provider, "model": one.model}
                call.use(**called, cost_nusd=0, cache_hit=True, **about)

        if kept:
            content = [text for at in kept for text in said(asked[at].messages)]
            run.step("model", name, tell, content=content)
        return dict(kept)

    def _keep(
        self,
        run: Run,
        models: Sequence[str],
        request: Request,
        reply: Reply | StudioError,
        prompt_hash: str,
    ) -> None:
        """Equal questions share the answer, where the policy says so."""
        replies, ttl_s = self._llm.replies, run.policy.cache_ttl_s
        if replies and ttl_s and isinstance(reply, Reply):
            chain = self._llm.usable(models)
            replies.keep(key_for(run, chain, request, prompt_hash), reply, ttl_s)

    def _price(self, model: str) -> Price | None:
        """The price within a batch; None where there is no price or no door for such a model."""
        provider, short = self._llm.provider(model)
        batches = provider.entry and provider.entry.batches and short
        there = batches and self._llm.mode(model) == "chat"
        return self._llm.price(model).batch if there else None

    def _together(
        self, run: Run, asked: Sequence[Request], model: str, *, prompt_hash: str, name: str
    ) -> list[Reply | StudioError] | None:
        """What the batch came to; None where the provider did not take it."""
        price = self._price(model)
        if price is None:  # the settings changed since the way was chosen
            price = self._llm.price(model)
        per_image = images_of(*self._llm.provider(model))
        most = [
            held(
                price,
                one.messages,
                one.tools,
                one.response,
                tokens_max=one.tokens_max,
                per_image=per_image,
            )
            for one in asked
        ]
        total = {unit: sum(one[unit] for one in most) for unit in ("nusd", "tokens")}
        largest = {unit: max(one[unit] for one in most) for unit in ("nusd", "tokens")}
        work = self._work(run, asked, model=model, price=price, held=total, prompt_hash=prompt_hash)
        sent = [part for one in asked for part in approved.parts(one)]
        first = said(asked[0].messages)
        shows = approved.shown(model, sent, first, requests=len(asked), largest=largest)
        try:
            made = run.step(
                "batch",
                name,
                work,
                estimate=total,
                shows=shows,
                content=[text for one in asked for text in said(one.messages)],
                ends=work.ends,
            )
        except HANDS_OVER as error:
            if error.details.get("handed_over"):
                raise
            return None
        return [
            Reply.model_validate(one["reply"]) if "reply" in one else restore(one["error"])
            for one in made
        ]

    def _work(
        self,
        run: Run,
        asked: Sequence[Request],
        *,
        model: str,
        price: Price,
        held: dict[str, int],
        prompt_hash: str,
    ) -> Work:
        provider: Any
        provider, short = self._llm.provider(model)
        entry, config = provider.entry, self._llm.config
        route = provider.route(config)
        words = [wire.asked(request, entry, config.timeout_s) for request in asked]
        kept = ("messages", "max_tokens", "temperature", "top_p", "tools", "response_format")
        policy = run.policy
        return Work(
            rows=self._rows,
            door=door_of(entry.batches),
            place=Place(route.base_url, route.key, model, entry.setting, config.timeout_s),
            price=price,
            requests=[replace(request, model=short) for request in asked],
            asked=[{name: one[name] for name in kept if name in one} for one in words],
            held=held,
            org_id=run.who.org,
            pace=self._pace,
            guard=self._llm.guard,
            named={
                "use_case": policy.name,
                "variant": policy.variant,
                "prompt_hash": prompt_hash,
            },
        )


def _request(run: Run, one: BatchRequest) -> Request:
    policy = run.policy
    told = structured.instructed(one.messages, one.response) if one.response else one.messages
    return Request(
        "",
        list(told),
        one.tools,
        policy.tokens_max,
        policy.temperature,
        policy.top_p,
        structured.schema_of(one.response) if one.response else None,
    )


def _fitting(made: Reply | StudioError, response: type[BaseModel] | None) -> Reply | StudioError:
    """The reply with its value; an answer that does not fit is an error, never half an object."""
    if response is None or isinstance(made, StudioError):
        return made
    value, problem = structured.read(made.text, response)
    if value is not None:
        return made.model_copy(update={"value": value})
    return Invalid(
        f"The answer of {made.model!r} does not fit what was asked for.",
        hint=f"Nothing of it was kept. {problem}",
        model=made.model,
        reason="unfit",
    )
