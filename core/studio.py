"""The parts list: settings in, open studio out. The only file that knows all parts."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core import safety, telemetry, usecases
from core.errors import NotFound, Refused
from core.flags import open_flags
from core.governance import ApprovalGate, FlagGate
from core.identity import People, PermissionGate, Person, may
from core.insight.ask import Question
from core.insight.landings import Landings
from core.kernel import Kernel, Run
from core.kernel.gates import Amounts
from core.kernel.records import STEP
from core.ledger import Accounts
from core.llm import Gateway, ModelPrice, ModelSettings
from core.settings import Settings, load, nusd
from core.storage.blobs import Folder, Source
from core.storage.database import Database
from core.storage.migrations import migrate
from core.storage.sources import Sources

log = logging.getLogger(__name__)
FEATURES = (Question,)  # importing an operation's file registers it
for _file in pkgutil.iter_modules(usecases.__path__):  # a use case is known by being there
    importlib.import_module(f"{usecases.__name__}.{_file.name}")


class Studio:
    """Everything that is open. Close it; or kill it, and open it again: it goes on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.flags = open_flags(settings.flags)
        self.llm = Gateway(_models(settings))
        self.blobs = Folder(settings.studio_data_dir / "blobs")
        self.database = Database(settings.database, pool_size=settings.database_pool_size)
        migrate(self.database)
        self.people = People(self.database, idle=timedelta(seconds=settings.session_idle_s))
        self.sources = Sources(self.database, self.blobs)
        temp = settings.studio_data_dir / "tmp"
        self.landings = Landings(self.database, self.blobs, self.sources, temp)
        self.ledger = Accounts(self.database, settings.limits())
        above = settings.approve_above_usd
        gates = [
            PermissionGate(self.database),
            FlagGate(self.flags),
            ApprovalGate(None if above is None else nusd(above)),
        ]  # the ledger is asked last, inside admit: money is held only for what will run
        self.kernel = Kernel(
            self.database,
            self.ledger,
            gates,
            blobs=self.blobs,
            redact=safety.redact,
            studio=self,
            patience=timedelta(hours=settings.approval_hours),
        )

    def close(self) -> None:
        """Stop working; unfinished tasks go on at the next start."""
        self.kernel.close()
        self.database.close()

    def add_source(self, person: Person, name: str, chunks: Iterable[bytes]) -> Source:
        """A file this person gave, stored under its hash."""
        return self.sources.add(person.org_id, person.id, name, chunks)

    def ask(self, person: Person, question: Question, **options: Any) -> str:
        """The id of a task that answers `question`; see `Kernel.submit` for the options."""
        session, project = options.pop("session", ""), options.pop("project", "")
        options.setdefault("budget", {"nusd": nusd(self.settings.ask_budget_usd)})
        who = person.who(session=session, project=project)
        return self.kernel.submit("insight.ask", question.model_dump(mode="json"), who, **options)

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

    def _check(self, person: Person, task_id: str, permission: str) -> None:
        if self.kernel.task(task_id).org_id != person.org_id:
            raise NotFound(f"No task {task_id!r}.")
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
    prices = {name: ModelPrice(**price) for name, price in settings.model_prices.items()}
    return ModelSettings(
        **values,
        models=settings.studio_models,
        prices=prices,
        timeout_s=settings.model_timeout_s,
        idle_s=settings.model_idle_s,
    )
