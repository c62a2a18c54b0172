"""One question on its way along a chain of models, from the first attempt to a reply that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pydantic import BaseModel

from core.errors import Invalid, NotFound, StudioError, Unavailable
from core.kernel import Call, Run
from core.llm.chain import structured
from core.llm.chain.attempt import Attempt, Guard
from core.llm.chain.replies import Replies, key_of
from core.llm.chain.router import Router
from core.llm.config import ModelSettings
from core.llm.messages import Attempt as Tried
from core.llm.messages import Message, Reply, ToolSpec, said
from core.llm.pricing import Price
from core.llm.provider import Provider, Request

HANDS_OVER = (Unavailable, Invalid, NotFound)


class Models(Protocol):
    """What the gateway knows."""

    config: ModelSettings
    router: Router
    replies: Replies | None
    guard: Guard | None

    def provider(self, model: str) -> tuple[Provider, str]:
        """Who offers `model`, and its name there."""
        ...

    def price(self, model: str) -> Price:
        """What it costs."""
        ...

    def estimate(
        self,
        model: str,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec] = (),
        tokens_max: int = 1_000,
        response: Mapping[str, Any] | None = None,
    ) -> dict[str, int]:
        """An upper bound of one attempt."""
        ...


class Asking:
    """Walks the chain. Everything that decides its way is in the steps it records.

    A failed step says which model it was and whether it was the last, so a replay goes the way
    the first run went, whatever the health of the models is by then.
    """

    def __init__(
        self,
        llm: Models,
        run: Run,
        chain: list[str],
        request: Request,
        *,
        prompt_hash: str = "",
        name: str = "complete",
        content: Sequence[str] = (),
    ) -> None:
        self._llm = llm
        self._run = run
        self._chain = chain
        self._request = self._asked = request
        self._hash = prompt_hash
        self._name = name
        self._content = tuple(content)
        self._named = {"use_case": run.policy.name, "variant": run.policy.variant}
        self._tried: list[Tried] = []
        self._broke_off = ""  # the model whose answer did

    def fitting(self, response: type[BaseModel]) -> Reply:
        """A reply whose value fits. Raises Invalid when no model of the chain gives one."""
        plain = self._request
        while True:
            reply, problem = self._mended(response)
            if reply.value is not None:
                self._keep(reply)
                return reply
            self._request = plain
            if not self._left():
                raise Invalid(
                    f"The answer of {reply.model!r} does not fit what was asked for.",
                    hint=f"Nothing of it was kept. {problem}",
                    model=reply.model,
                    reason="unfit",
                )

    def answer(self, only: str = "") -> Reply:
        """The first reply a model gives, or that of `only`. Raises what the last one raised."""
        kept = None if only or self._tried else self._kept()  # it had its chance
        while True:
            attempt = None if kept else self._attempt(only)
            try:
                made = self._step(attempt, kept)
            except HANDS_OVER as error:
                kept = None
                self._note(error, attempt)
                if only or error.details.get("last", True):
                    raise
                continue
            reply = Reply.model_validate(made)
            if self._request.response is None:
                self._keep(reply)  # else once it is known to fit
            tried = [*self._tried, Tried(model=reply.model)]
            return reply.model_copy(update={"attempts": tried})

    def _mended(self, response: type[BaseModel]) -> tuple[Reply, str]:
        """What one model makes of it, asked again with its mistakes a bounded number of times."""
        asked = self._request.messages
        reply, problem = self.answer(), ""
        for left in range(structured.REASKS_MAX, -1, -1):
            value, problem = structured.read(reply.text, response)
            if value is not None:
                return reply.model_copy(update={"value": value}), ""
            if not left:
                break
            more = structured.reask(reply.text, problem)
            self._request = replace(self._request, messages=[*asked, *more])
            try:
                reply = self.answer(only=reply.model)
            except HANDS_OVER:
                if not self._left():
                    raise
                break
        self._tried.append(Tried(model=reply.model, reason="unfit"))
        return reply, problem

    # One attempt.

    def _left(self) -> list[str]:
        done = {tried.model for tried in self._tried}
        return [model for model in self._chain if model not in done]

    def _attempt(self, only: str) -> Attempt | None:
        """The next attempt; None when every model that is left is cooling."""
        llm, request = self._llm, self._request
        left = [only] if only else self._left()
        found = llm.router.order(
            left, self._run.policy.choose, cost=self._cost_nusd, last=self._is_built_in
        )
        if not found:
            return None
        provider, short = llm.provider(found[0])
        return Attempt(
            model=found[0],
            provider=provider,
            request=replace(request, model=short),
            price=llm.price(found[0]),
            held=self._estimate(found[0]),
            last=len(left) <= 1,
            prompt_hash=self._hash,
            restarted=self._broke_off,
            guard=llm.guard,
            **self._named,
        )

    def _step(self, attempt: Attempt | None, kept: Reply | None) -> Any:
        def act(call: Call) -> Any:
            if kept:
                return _tell(kept, call, {"prompt_hash": self._hash, **self._named})
            if attempt:
                return attempt(self._llm.config, self._llm.router, call)
            raise self._all_cooling()

        more = self._content if self._request is self._asked else ()  # once is enough
        content = (*more, *_new(self._request.messages))
        estimate = attempt.held if attempt else {}
        return self._run.step("model", self._name, act, estimate=estimate, content=content)

    def _note(self, error: StudioError, attempt: Attempt | None) -> None:
        model = str(error.details.get("model") or (attempt.model if attempt else ""))
        reason = str(error.details.get("reason") or error.code)
        self._tried.append(Tried(model=model, reason=reason))
        self._broke_off = model if error.details.get("shown") else ""

    def _all_cooling(self) -> Unavailable:
        """Recorded like every attempt, so that a replay goes the same way."""
        left = self._left() or self._chain
        wait_s = round(self._llm.router.wait_s(left)) + 1
        return Unavailable(
            f"No model can be asked at the moment: {', '.join(left)} failed a moment ago.",
            hint=f"Try again in {wait_s} s, or add another model to the chain.",
            model=left[0],
            reason="cooling",
            retry_after_s=wait_s,
            last=True,
        )

    def _estimate(self, model: str) -> dict[str, int]:
        asked = self._request
        return self._llm.estimate(
            model, asked.messages, asked.tools, asked.tokens_max, asked.response
        )

    def _cost_nusd(self, model: str) -> int:
        return self._estimate(model)["nusd"]

    def _is_built_in(self, model: str) -> bool:
        return self._llm.provider(model)[0].counts_by_rule

    # Equal questions.

    def _kept(self) -> Reply | None:
        replies = self._llm.replies
        return replies.find(self._key()) if replies and self._run.policy.cache_ttl_s else None

    def _keep(self, reply: Reply) -> None:
        replies, ttl_s = self._llm.replies, self._run.policy.cache_ttl_s
        if replies and ttl_s and not reply.cached:
            replies.keep(self._key(), reply, ttl_s)

    def _key(self) -> str:
        about = {"prompt": self._hash, "moderation": self._run.policy.moderation, **self._named}
        return key_of(self._run.who.org, self._chain, self._asked, **about)


def _tell(kept: Reply, call: Call, named: dict[str, str]) -> Reply:
    """The act of an answer that was kept: told at once, and free."""
    if kept.text:
        call.keep(kept.text)
    call.use(provider=kept.provider, model=kept.model, cost_nusd=0, cache_hit=True, **named)
    return kept.model_copy(update={"left": call.left})


def _new(messages: Sequence[Message]) -> tuple[str, ...]:
    """What a person said since the last answer; the rest was judged when it was new."""
    at = max((i for i, m in enumerate(messages) if m.role == "assistant"), default=-1)
    return said(messages[at + 1 :])
