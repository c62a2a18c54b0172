"""One question on its way along a chain of models, from the first attempt to a reply that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

from pydantic import BaseModel

from core.errors import Invalid, StudioError
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.chain import approved, structured
from core.llm.chain.attempt import Attempt, Guard
from core.llm.chain.replies import Replies, key_for
from core.llm.chain.router import HANDS_OVER, Router
from core.llm.config import ModelSettings
from core.llm.messages import Attempt as Tried
from core.llm.messages import Message, Reply, ToolSpec, said
from core.llm.pricing import Price
from core.llm.provider import Provider, Request


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
        tokens_max: int = ...,
        response: Mapping[str, Any] | None = None,
    ) -> dict[str, int]:
        """An upper bound of one attempt."""
        ...

    def window(self, model: str) -> int:
        """How many tokens it can read, as published; 0 where nobody says."""
        ...


class Asking:
    """Walks the chain. Everything that decides its way is in the steps it records.

    A failed step says which model it was and whether it was the last, so a replay goes the way
    the first run went, whatever the health of the models is by then. So does an answer that did
    not fit: it says whether models were left.
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
        self._passed: set[str] = set()  # models that this is too large or too dear for
        self._more = True  # models are left that were not asked
        self._void = ""  # the model of an answer that viewers saw and that does not count
        self._fits: Callable[[str], bool] | None = None

    def fitting(self, response: type[BaseModel]) -> Reply:
        """A reply whose value fits. Raises Invalid when no model of the chain gives one."""
        plain = self._request
        self._fits = lambda text: structured.read(text, response)[0] is not None
        while True:
            reply, problem = self._mended(response)
            if not problem:
                self._keep(reply)
                return reply
            self._request = plain
            if not self._more:
                raise Invalid(
                    f"The answer of {reply.model!r} does not fit what was asked for.",
                    hint=f"Nothing of it was kept. {problem}",
                    model=reply.model,
                    reason="unfit",
                )

    def answer(self, only: str = "") -> Reply:
        """The first reply a model gives, or that of `only`. Raises what the last one raised."""
        while True:
            shows = self._shows()
            before = approved.recalled(self._run, "model", self._name, shows["sha256"])
            asks_anew = only or self._tried or (before and not before.get("cached"))
            kept = None if asks_anew else self._kept()
            attempt = None if kept else self._attempt(only, before)
            try:
                made = self._step(attempt, kept, only, shows)
            except HANDS_OVER as error:
                self._note(error, attempt)
                if only or error.details.get("last", True):
                    raise
                continue
            reply = Reply.model_validate(made)
            left = bool({*self._left()} - {reply.model})
            self._more = left if reply.more is None else reply.more
            if self._request.response is None:
                self._keep(reply)  # else once it is known to fit
            tried = [*self._tried, Tried(model=reply.model, cost_nusd=reply.cost_nusd)]
            return reply.model_copy(update={"attempts": tried})

    def _mended(self, response: type[BaseModel]) -> tuple[Reply, str]:
        """What one model makes of it, asked again with its mistakes a bounded number of times."""
        asked = self._request.messages
        reply, problem, paid_nusd = self.answer(), "", 0
        for left in range(structured.REASKS_MAX, -1, -1):
            value, problem = structured.read(reply.text, response)
            if value is not None or reply.tool_calls:
                *before, last = reply.attempts
                last = last.model_copy(update={"cost_nusd": last.cost_nusd + paid_nusd})
                return reply.model_copy(update={"value": value, "attempts": [*before, last]}), ""
            paid_nusd += reply.cost_nusd
            if self._run.policy.streaming and reply.text:
                self._void = reply.model
            if reply.finish_reason == "length":  # it would be as long again, at the same price
                most = self._request.tokens_max
                problem = f"It was cut off at {most:,} tokens: raise tokens_max."
                break
            if not left:
                break
            more = structured.reask(reply.text, problem)
            self._request = replace(self._request, messages=[*asked, *more])
            try:
                reply = self.answer(only=reply.model)
            except HANDS_OVER:
                if not self._more:
                    raise
                break
        self._tried.append(Tried(model=reply.model, reason="unfit", cost_nusd=paid_nusd))
        return reply, problem

    # One attempt.

    def _left(self) -> list[str]:
        done = {tried.model for tried in self._tried} | self._passed
        return [model for model in self._chain if model not in done]

    def _attempt(self, only: str, before: Mapping[str, Any] | None) -> Attempt | None:
        """The next attempt; None when every model that is left is cooling.

        `before` is what a person was shown of it, where one was asked.
        """
        llm, left = self._llm, [only] if only else self._left()
        model, held = self._chosen(left)
        if before and before["model"] in ("", *left):
            model, held = before["model"], {}
        if not model:
            return None
        provider, short = llm.provider(model)
        more = bool({*self._left()} - {model})
        return Attempt(
            model=model,
            provider=provider,
            request=replace(self._request, model=short),
            price=llm.price(model),
            held=held or self._estimate(model),
            last=bool(only) or not more,
            more=more,
            prompt_hash=self._hash,
            restarted=self._void,
            fits=self._fits,
            guard=llm.guard,
            **self._named,
        )

    def _chosen(self, left: list[str]) -> tuple[str, dict[str, int]]:
        """The model to ask, and the most it may cost; nothing when all that are left are cooling.

        One that this is too large or too dear for is passed over while there is another.
        """
        choose = self._run.policy.choose
        order = self._llm.router.order
        while found := order(left, choose, cost=self._cost_nusd, last=self._is_built_in):
            model, held = found[0], self._estimate(found[0])
            others = [one for one in left if one != model and not self._is_built_in(one)]
            if not others or self._suits(model, held):
                return model, held
            if not any(self._suits(one, self._estimate(one)) for one in others):
                return model, held
            self._passed.add(model)
            left = [one for one in left if one != model]
        return "", {}

    def _suits(self, model: str, held: dict[str, int]) -> bool:
        """What is asked fits into the model's window, and into what one request may cost."""
        asked = self._request
        if any(held[unit] > most for unit, most in self._bounds.items()):
            return False
        window = self._llm.window(model)
        if not window or held["tokens"] <= window:
            return True
        return tokens.count_prompt(asked.messages, asked.tools) + asked.tokens_max <= window

    @cached_property
    def _bounds(self) -> dict[str, int]:
        """What one request may cost, by unit: the limits above the person, and the policy's."""
        found, own = dict(self._run.per_request()), self._run.policy.request_nusd
        if own is not None:
            found["nusd"] = min(own, found.get("nusd", own))
        return found

    def _step(
        self, attempt: Attempt | None, kept: Reply | None, only: str, shows: dict[str, Any]
    ) -> Any:
        def act(call: Call) -> Any:
            if kept:
                return _tell(kept, call, self._run, {"prompt_hash": self._hash, **self._named})
            if attempt:
                return attempt(self._llm.config, self._llm.router, call)
            left = [only] if only else self._left() or self._chain
            more = bool(only and {*self._left()} - {only})
            raise self._llm.router.cooling(left, last=True, more=more, **self._named)

        more = self._content if self._request is self._asked else ()  # once is enough
        content = (*more, *_new(self._request.messages))
        estimate = attempt.held if attempt else {}
        model = kept.model if kept else attempt.model if attempt else ""
        shows = {**shows, "model": model, **({"cached": True} if kept else {})}
        about = {"estimate": estimate, "shows": shows, "content": content}
        return self._run.step("model", self._name, act, **about)

    def _shows(self) -> dict[str, Any]:
        """What an approver is shown of the step, besides the model."""
        said = [turn.content for turn in self._request.messages if turn.role == "user"]
        return approved.shown("", approved.parts(self._request), said[-1:])

    def _note(self, error: StudioError, attempt: Attempt | None) -> None:
        model = str(error.details.get("model") or (attempt.model if attempt else ""))
        reason = str(error.details.get("reason") or error.code)
        cost_nusd = int(error.details.get("cost_nusd", 0))
        self._tried.append(Tried(model=model, reason=reason, cost_nusd=cost_nusd))
        self._more = bool(error.details.get("more", self._left()))
        if error.details.get("shown"):
            self._void = model

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
        if replies and ttl_s and not reply.cached and not self._is_makeshift(reply):
            replies.keep(self._key(), reply, ttl_s)

    def _is_makeshift(self, reply: Reply) -> bool:
        """The built-in model's word for want of another: no answer to an equal question."""
        built_in = [model for model in self._chain if self._is_built_in(model)]
        return reply.model in built_in and built_in != self._chain

    def _key(self) -> str:
        return key_for(self._run, self._chain, self._asked, self._hash)


def _tell(kept: Reply, call: Call, run: Run, named: dict[str, str]) -> Reply:
    """The act of an answer that was kept: told at once, and free."""
    if kept.text:
        call.keep(kept.text)
    call.use(provider=kept.provider, model=kept.model, cost_nusd=0, cache_hit=True, **named)
    return kept.model_copy(update={"left": run.left()})


def _new(messages: Sequence[Message]) -> tuple[str, ...]:
    """What a person said since the last answer; the rest was judged when it was new."""
    at = max((i for i, m in enumerate(messages) if m.role == "assistant"), default=-1)
    return said(messages[at + 1 :])
