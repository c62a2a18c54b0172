"""The parts list: settings in, open studio out. The only file that knows all parts."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from core import safety, telemetry, usecases
from core.errors import Invalid, Refused
from core.flags import open_flags
from core.governance import ApprovalGate, FlagGate
from core.governance.halt import halt, resume
from core.governance.monitor import Monitor
from core.governance.policies import Policies, PolicyGate
from core.governance.rates import QueueDoor, RateDoor
from core.governance.webhook import Webhook
from core.identity import People, PermissionGate, Person, may
from core.insight.ask import Question
from core.insight.landings import Landings
from core.kernel import Kernel, Run
from core.kernel.gates import Amounts, Gate, Who
from core.kernel.operation import OPERATIONS
from core.kernel.records import STEP
from core.ledger import Accounts, Remaining
from core.ledger.mirror import Mirror
from core.llm import Gateway, ModelPrice, ModelSettings
from core.llm.batches import Batches
from core.llm.moderation import open_moderation
from core.llm.prompts import Prompts
from core.safety import Bench, Guard, Journal, SafetyGate
from core.safety import load as load_rules
from core.safety.egress import Egress
from core.settings import Settings, load, nusd
from core.storage.blobs import Folder, Source
from core.storage.cache import open_cache
from core.storage.database import Database
from core.storage.migrations import migrate
from core.storage.sources import Sources
from core.tools.tool import discover

log = logging.getLogger(__name__)
FEATURES = (Question,)  # importing an operation's file registers it
for _file in pkgutil.iter_modules(usecases.__path__):  # a use case is known by being there
    importlib.import_module(f"{usecases.__name__}.{_file.name}")


class Studio:
    """Everything that is open. Close it; or kill it, and open it again: it goes on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        config = _models(settings)
        self.telemetry = telemetry.open(settings, safety.redact)
        self.flags = open_flags(settings.flags)
        self.cache = open_cache(settings.redis)
        self.blobs = Folder(settings.studio_data_dir / "blobs")
        self.egress = Egress(trace=self.telemetry.header)
        self.database = Database(settings.database, pool_size=settings.database_pool_size)
        self.telemetry.watch(self.database.engine)
        migrate(self.database)
        self.people = People(self.database, idle=timedelta(seconds=settings.session_idle_s))
        self.sources = Sources(self.database, self.blobs)
        temp = settings.studio_data_dir / "tmp"
        self.landings = Landings(self.database, self.blobs, self.sources, temp)
        self.prompts = Prompts(self.database)
        self.safety = _safety(settings, config, self.database)
        guard = self.safety.guard
        self.llm = Gateway(config, cache=self.cache, prompts=self.prompts, guard=guard)
        self.batches = Batches(self.database, self.llm)
        self.ledger = Accounts(self.database, settings.limits())
        self.policies = Policies(
            self.database,
            check=lambda model: self.llm.check_priced((model,)),
            check_prompt=self.prompts.check,
            check_tool=lambda name: discover()[name],
            told=lambda limits: self.ledger.set_defaults(settings.limits(limits)),
        )
        self.ledger.set_defaults(settings.limits(self.policies.limits))
        self.monitor = _monitor(settings, self.database, self.ledger)
        rates = settings.rate_limit_per_minute, settings.rate_limit_anonymous_per_minute
        self.rates = RateDoor(*rates, settings.redis)
        self.kernel = Kernel(
            self.database,
            self.ledger,
            self._gates(),
            doors=[self.rates, QueueDoor(self.database, settings.queue_max)],
            policies=self.policies.resolve,
            blobs=self.blobs,
            redact=safety.redact,
            studio=self,
            patience=timedelta(hours=settings.approval_hours),
            telemetry=self.telemetry,
        )
        self.mirror = Mirror(self.database, self.ledger, self.cache) if settings.redis else None
        self._listen()

    def _gates(self) -> list[Gate]:
        """In the order they are asked; the ledger comes last, inside admit."""
        above = self.settings.approve_above_usd
        return [
            PermissionGate(self.database),
            FlagGate(self.flags),
            PolicyGate(),
            self.safety.gate,
            ApprovalGate(None if above is None else nusd(above)),
        ]

    def _listen(self) -> None:
        """Whoever wants to know of settled steps hears of them."""
        self.kernel.listeners.append(self.monitor.told)
        self.monitor.start()
        if self.mirror:
            self.kernel.listeners.append(self.mirror.listen)

    def warm(self) -> None:
        """What models and their judge need is loaded; seconds, so do it beside a start."""
        self.llm.warm()
        if self.safety.bench:
            self.safety.bench.warm()

    def close(self) -> None:
        """Stop working; unfinished tasks go on at the next start."""
        self.kernel.close()
        self.monitor.close()
        if self.mirror:
            self.mirror.close()
        self.rates.close()
        self.telemetry.close()
        self.cache.close()
        self.database.close()

    def add_source(self, person: Person, name: str, chunks: Iterable[bytes]) -> Source:
        """A file this person gave, stored under its hash."""
        return self.sources.add(person.org_id, person.id, name, chunks)

    def ask(self, person: Person, question: Question, **options: Any) -> str:
        """The id of a task that answers `question`; see `Kernel.submit` for the options."""
        session, project = options.pop("session", ""), options.pop("project", "")
        options["budget"] = self._within(person, "insight.ask", options.get("budget"))
        who = person.who(session=session, project=project)
        return self.kernel.submit("insight.ask", question.model_dump(mode="json"), who, **options)

    def _within(self, person: Person, name: str, wanted: Amounts | None) -> Amounts | None:
        """What a task may cost: what was asked for, and never more than its policy allows.

        ASK_BUDGET_USD, where it is set, stands above the policy.
        """
        declared = OPERATIONS[name].policy
        most = self.policies.resolve(name, declared, person.org_id, person.id).budget_nusd
        if "ask_budget_usd" in self.settings.model_fields_set:
            most = nusd(self.settings.ask_budget_usd)
        if most is None:
            return wanted
        return {**(wanted or {}), "nusd": min((wanted or {}).get("nusd", most), most)}

    def left(self, who: Who) -> list[Remaining]:
        """What is left of the limits above `who`, those of one request apart, in no order.

        Cheap where there is a Redis: then it may be a few seconds old.
        """
        if self.mirror:
            return self.mirror.left(who)
        return [row for row in self.ledger.remaining(who) if row.period != "request"]

    def submit(self, person: Person, name: str, input: dict[str, Any], **options: Any) -> str:
        """The id of a task that runs operation `name`; see `Kernel.submit` for the options."""
        session, project = options.pop("session", ""), options.pop("project", "")
        who = person.who(session=session, project=project)
        return self.kernel.submit(name, input, who, **options)

    def answer(
        self, person: Person, task_id: str, seq: int, verdict: str, digest: str = ""
    ) -> None:
        """This person's verdict on an open question; see `Kernel.answer`.

        Raises Refused without the permission, NotFound for another organisation's task.
        """
        self._check(person, task_id, "approve")
        self.kernel.answer(task_id, seq, verdict, person.id, digest)

    def cancel(self, person: Person, task_id: str) -> None:
        """The task is being stopped; see `Kernel.cancel`. Raises Refused and NotFound likewise."""
        self._check(person, task_id, "work")
        self.kernel.cancel(task_id)

    def halt(self, person: Person, scope: str) -> list[str]:
        """Nothing more is spent in `scope`, and its open tasks are being stopped; their ids.

        Raises Refused without the permission, NotFound for a scope of another organisation.
        """
        return halt(self.kernel, self.ledger, person, scope)

    def resume(self, person: Person, scope: str) -> None:
        """The scope may spend again, within the limits it had before. Raises what `halt` does."""
        resume(self.database, self.ledger, person, scope)

    def _check(self, person: Person, task_id: str, permission: str) -> None:
        self.kernel.task(task_id, org_id=person.org_id)
        if not may(person.role, permission):
            raise Refused(
                "Your role does not allow this.", hint="Ask an owner of the organisation."
            )

    # What operations ask of the whole studio.

    def dearest(self, run: Run) -> Amounts:
        """What the task may cost at most: its budget, or nothing when its models are free."""
        models = self.llm.chain(run.policy.models)
        if all(self.llm.price(model).reserve_nusd(1_000, 1_000) == 0 for model in models):
            return {}
        scope = f"task:{run.task_id}"
        own = [row for row in self.ledger.remaining(run.who) if row.scope == scope]
        return {row.unit: row.left for row in own}

    def spent(self, task_id: str) -> tuple[int, int]:
        """Nano-dollars and tokens of the task's steps so far."""
        nusd, tokens = sa.func.sum(STEP.c.cost_nusd), sa.func.sum(STEP.c.tokens)
        query = sa.select(nusd.label("nusd"), tokens.label("tokens"))
        row = self.database.rows(query.where(STEP.c.task_id == task_id))[0]
        return int(row.nusd or 0), int(row.tokens or 0)


def open_studio(settings: Settings | None = None) -> Studio:
    """The studio of these settings (of the environment by default), working.

    Raises a StudioError that names what is missing or wrong, and the way out.
    """
    settings = settings or load()
    telemetry.start_logs(settings.log_level, settings.log_format, redact=safety.redact_text)
    for note in settings.notes:
        log.warning("%s", note)
    return Studio(settings)


def _models(settings: Settings) -> ModelSettings:
    """What the gateway is told."""
    shared = ModelSettings.model_fields.keys() & type(settings).model_fields.keys()
    values = {name: getattr(settings, name) for name in shared}
    prices = {name: _price(name, price) for name, price in settings.model_prices.items()}
    return ModelSettings(
        **values,
        models=settings.studio_models,
        prices=prices,
        timeout_s=settings.model_timeout_s,
        idle_s=settings.model_idle_s,
    )


def _price(model: str, price: object) -> ModelPrice:
    """The price of a model as MODEL_PRICES says. Raises Invalid."""
    try:
        return ModelPrice.model_validate(price)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in (model, *first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise Invalid(
            f"MODEL_PRICES is wrong at {place}: {said}.",
            hint='{"PROVIDER/NAME": {"input": 0.5, "output": 1.5}}, dollars a million tokens.',
        ) from error


@dataclass(frozen=True)
class Safety:
    """What reads before a model does, and what listens to its answers."""

    gate: SafetyGate
    guard: Guard
    bench: Bench | None


def _safety(settings: Settings, config: ModelSettings, database: Database) -> Safety:
    """The built-in rules, and the provider's judge where one is keyed and wanted."""
    rules, journal = load_rules(), Journal(database)
    wanted = settings.moderation == "policy"
    judge = open_moderation(config, settings.moderation_model) if wanted else None
    bench = Bench(judge) if judge else None
    about = {"bench": bench, "mode": settings.moderation}
    return Safety(SafetyGate(rules, journal, **about), Guard(rules, journal, **about), bench)


def _monitor(settings: Settings, database: Database, ledger: Accounts) -> Monitor:
    secret = settings.alert_webhook_secret
    url = settings.alert_webhook_url
    signed = secret.get_secret_value() if secret else ""
    return Monitor(
        database,
        ledger,
        percents=settings.alert_thresholds,
        anomaly_nusd=nusd(settings.alert_anomaly_usd),
        webhook=Webhook(database, url, signed) if url else None,
    )
