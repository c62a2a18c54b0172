"""The only door to a model: policy, prompt, chain; every attempt is one step with its own hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from core.errors import Invalid, NotFound, Unavailable
from core.kernel import Run
from core.kernel.policies import STUDIO
from core.llm import tokens
from core.llm.chain import structured
from core.llm.chain.asking import Asking
from core.llm.chain.attempt import Guard
from core.llm.chain.replies import Replies
from core.llm.chain.router import Router, Standing
from core.llm.config import ModelSettings
from core.llm.messages import Message, Reply, ToolSpec, said
from core.llm.pricing import Price, from_settings, mode, unpriced, window
from core.llm.provider import Provider, Request, discover, images_of
from core.storage.cache import Cache

TOKENS_MAX = 1_000


class Rendered(Protocol):
    """A prompt with its variables filled in."""

    @property
    def hash(self) -> str:
        """Of the template it was made from."""
        ...

    @property
    def messages(self) -> Sequence[Message]:
        """What is sent."""
        ...


class Prompts(Protocol):
    """The registry of templates."""

    def render(self, org_id: str, name: str, variables: Mapping[str, Any]) -> Rendered:
        """The live version. Raises NotFound and Invalid."""
        ...


class Gateway:
    """The models of one studio. Raises Invalid at once when its own chain cannot be used."""

    def __init__(
        self,
        config: ModelSettings | None = None,
        *,
        cache: Cache | None = None,
        prompts: Prompts | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.config = config or ModelSettings()
        self.router = Router()
        self.prompts = prompts
        self.guard = guard
        self.replies = Replies(cache) if cache else None
        self._providers = discover()
        self.check(self.config.models)

    # Models.

    def chain(self, models: Sequence[str] = ()) -> list[str]:
        """The models a chain names, each once; nothing, or "studio", means the studio's."""
        named = models or (STUDIO,)
        found = [m for n in named for m in (self.config.models if n == STUDIO else (n,))]
        return list(dict.fromkeys(found))

    def check(self, models: Sequence[str]) -> None:
        """Every model of the chain is known and priced, and at least one has its key.

        Raises NotFound, Invalid or Unavailable with the way out.
        """
        if not models:
            raise Invalid("No model is named.", hint='Name at least one, for instance "offline".')
        self.check_priced(models)
        self.usable(models)

    def check_priced(self, models: Sequence[str]) -> None:
        """Every model is known and priced; keys may be absent. Raises NotFound or Invalid."""
        for model in self.chain(models):
            self.price(model)

    def usable(self, models: Sequence[str]) -> list[str]:
        """The models whose provider is configured, in order. Raises Unavailable when none is."""
        chain = self.chain(models)
        absent = {model: self.provider(model)[0].missing(self.config) for model in chain}
        present = [model for model in chain if not absent[model]]
        if present:
            return present
        setting = absent[chain[0]]
        raise Unavailable(
            f"The model {chain[0]!r} is not configured: {setting} is not set.",
            hint=f"Set {setting}, or use another model: the offline one needs no key.",
            model=chain[0],
            reason="absent",
        )

    def price(self, model: str) -> Price:
        """What `model` costs. Raises Invalid when nobody knows, NotFound for no such provider."""
        if model in self.config.prices:
            return from_settings(self.config.prices[model])
        provider, name = self.provider(model)
        price = provider.price(name)
        if price is None:
            raise unpriced(model)
        return price

    def window(self, model: str) -> int:
        """How many tokens `model` can read, as published; 0 where nobody says."""
        return window(*self._published(model))

    def mode(self, model: str) -> str:
        """How `model` is asked, as published: "chat", also where nobody says; "responses", ..."""
        return mode(*self._published(model))

    def warm(self) -> None:
        """What the providers that have a key need is loaded; seconds, so do it beside a start."""
        for name in self._providers:
            if not self._providers[name].missing(self.config):
                self._providers[name].warm()

    def health(self, models: Sequence[str] = ()) -> list[Standing]:
        """How the models of a chain have been doing since the studio opened."""
        return self.router.standings(self.chain(models))

    def estimate(
        self,
        model: str,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec] = (),
        tokens_max: int = TOKENS_MAX,
        response: Mapping[str, Any] | None = None,
    ) -> dict[str, int]:
        """An upper bound of one attempt: {"nusd": ..., "tokens": ...}.

        Both hold for any text, whatever the prompt may be counted and billed as.
        """
        provider, name = self.provider(model)
        price = self.price(model)
        if provider.counts_by_rule:
            prompt = tokens.count_prompt(messages, tools)
            return {"nusd": price.reserve_nusd(prompt, tokens_max), "tokens": prompt + tokens_max}
        asked = (messages, tools, response)
        return held(price, *asked, tokens_max=tokens_max, per_image=images_of(provider, name))

    # Answers.

    def execute(
        self,
        run: Run,
        use_case: str,
        template: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        response: type[BaseModel] | None = None,
        messages: Sequence[Message] = (),
        tools: Sequence[ToolSpec] = (),
        name: str = "",
    ) -> Reply:
        """The answer of a use case: its policy, its prompt (or `template`), then `messages`.

        Of `tools` the model is offered those that the policy allows, and a structured use case
        answers with a JSON object where no `response` says which.
        Person, organisation, session and request are the run's. Raises NotFound for an unknown
        use case or template, Invalid for variables that do not fit, and what `complete` raises.
        """
        under = run.under(use_case)
        hash, opening = self.opening(under, template, variables or {})
        told = [*opening, *messages]
        shown = "\n".join(said(told))
        allowed = under.policy.tools
        offered = [tool for tool in tools if allowed is None or tool.name in allowed]
        return self.complete(
            under,
            told,
            content=[text for text in _texts([*(variables or {}).values()]) if text not in shown],
            tools=offered,
            response=response or (structured.AnyObject if under.policy.structured else None),
            prompt_hash=hash,
            name=name or use_case,
        )

    def opening(
        self, run: Run, template: str, variables: Mapping[str, Any]
    ) -> tuple[str, list[Message]]:
        """The hash and the turns of `template`, or else of the prompt of the run's policy.

        Raises NotFound for an unknown one, Invalid for variables that do not fit.
        """
        named = template or run.policy.prompt
        if named:
            if self.prompts is None:
                raise NotFound(f"No prompt named {named!r}.")
            rendered = self.prompts.render(run.who.org, named, variables)
            return rendered.hash, list(rendered.messages)
        if variables:
            raise Invalid(
                f"Variables fill a prompt, and {run.policy.name!r} has none.",
                hint="Name a template.",
            )
        return "", []

    def complete(
        self,
        run: Run,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        models: Sequence[str] = (),
        tokens_max: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        response: type[BaseModel] | None = None,
        prompt_hash: str = "",
        name: str = "complete",
        content: Sequence[str] = (),
    ) -> Reply:
        """The answer of the first model of the chain that gives one; text streams to viewers.

        What is not given is the policy's. One kernel step of kind "model" per attempt. A model
        that is down, cut off or refuses this request hands over to the next; a budget that is
        spent, a gate's no and a cancel do not. With `response` the reply's `value` fits it: an
        answer that does not is asked for again, then of the next model, then raises Invalid.
        `content` is what people gave that stands in no turn of theirs; the safety gate reads it.
        """
        policy, chain = run.policy, self.usable(models or run.policy.models)
        wanted = structured.instructed(messages, response) if response else list(messages)
        request = Request(
            "",
            wanted,
            tools,
            policy.tokens_max if tokens_max is None else tokens_max,
            policy.temperature if temperature is None else temperature,
            policy.top_p if top_p is None else top_p,
            structured.schema_of(response) if response else None,
            stream=policy.streaming,
        )
        about = {"prompt_hash": prompt_hash, "name": name, "content": content}
        asking = Asking(self, run, chain, request, **about)
        return asking.fitting(response) if response else asking.answer()

    def _published(self, model: str) -> tuple[str, str]:
        """The name and the owner of `model` in the price map; nothing where it is not in it."""
        provider, name = self.provider(model)
        entry = provider.entry
        if entry is None or entry.published is None:
            return "", ""
        return entry.published + name, entry.dialect

    def provider(self, model: str) -> tuple[Provider, str]:
        """Who offers `model`, and its name there. Raises NotFound for no such provider."""
        provider, _, name = model.partition("/")
        return self._providers[provider], name


def held(
    price: Price,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    response: Mapping[str, Any] | None,
    *,
    tokens_max: int,
    per_image: int,
) -> dict[str, int]:
    """An upper bound of what a hosted model may count and bill for this."""
    asked = (messages, tools, response)
    weighed = tokens.weigh_prompt(*asked, per_image=per_image)
    measured = tokens.weigh_prompt(*asked, per_image=per_image, of=tokens.measure)
    nusd = price.reserve_nusd(weighed, tokens_max)
    return {"nusd": nusd, "tokens": tokens.bound(measured) + tokens_max}


def _texts(given: Any) -> Iterator[str]:
    """Every text in what fills a template, keys included."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from (str(key), *_texts(value))
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _texts(value)
