"""`ask`: a question about files, answered in this terminal."""

from __future__ import annotations

import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from core.commands.printing import Progress, result, say
from core.data.landing import ReadOptions
from core.errors import Invalid
from core.insight import EXPORTS, Question, load
from core.insight.export import discover
from core.settings import load as load_settings
from core.settings import nusd
from core.storage.blobs import chunks_of
from core.storage.database import explained

DOLLARS_MAX = 1_000_000_000


def ask(  # noqa: PLR0917 - a command line is flat
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, JSON, JSON lines or Parquet")],
    question: Annotated[str, typer.Option(help="What do you want to know?")],
    budget: Annotated[str, typer.Option(help="The most it may cost, in dollars")] = "",
    iterations: Annotated[int, typer.Option(help="Tools it may use at most")] = 0,
    tool: Annotated[list[str] | None, typer.Option(help="A tool it may use; repeatable")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A governance tag; repeatable")] = None,
    date_order: Annotated[
        str, typer.Option(help="ymd, dmy or mdy, where dates leave it open")
    ] = "",
    decimal: Annotated[str, typer.Option(help='"." or ",", where numbers leave it open')] = "",
    out: Annotated[Path | None, typer.Option(help="deck.pptx, deck.html or pack.zip")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object")] = False,
) -> int:
    """Answer a question from files, with evidence for every number."""
    from core.studio import open_studio

    _check_out(out)
    settings = load_settings()
    most = _dollars(budget) if budget else nusd(settings.ask_budget_usd)
    level = "ERROR" if as_json else "WARNING"  # standard output is the answer's alone
    settings = settings.model_copy(update={"log_level": level})
    studio = open_studio(settings)
    try:
        person = studio.people.local()
        sources = [_source(studio, person, file) for file in files]
        options = _options(date_order, decimal)
        asked = _question(
            question=question,
            sources=sources,
            iterations=iterations or settings.ask_iterations,
            tools=tool or [],
            tags=tag or [],
            read={source.hash: options for source in sources} if options else {},
        )
        task_id = studio.ask(person, asked, budget={"nusd": most})
        _follow(studio, task_id, quiet=as_json)
        made = result(studio, task_id)
        if made["deck"] and out:
            _write(studio, made["deck"], out)
            made["out"] = str(out)
    finally:
        studio.close()
    if as_json:
        sys.stdout.write(json.dumps(made) + "\n")
    else:
        say(made)
    return 0 if made["status"] == "done" else 2


def _source(studio: Any, person: Any, file: Path) -> Any:
    if not file.is_file():
        raise Invalid(f"There is no file {str(file)!r}.", hint="Check the path.")
    with (
        explained(f"The file {str(file)!r}", "Check that you may read it."),
        file.open("rb") as opened,
    ):
        return studio.add_source(person, file.name, chunks_of(opened))


def _question(**given: Any) -> Question:
    try:
        return Question(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Invalid(
            f"This cannot be asked: {first['loc'][0]}: {first['msg']}.",
            hint="`python -m core ask --help` says what each part may be.",
        ) from error


def _dollars(text: str) -> int:
    """Nano-dollars of an amount somebody typed."""
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= DOLLARS_MAX:
        raise Invalid(f"{text!r} is no budget.", hint="Give dollars, for example --budget 0.50.")
    return nusd(amount)


def _options(date_order: str, decimal: str) -> ReadOptions | None:
    given = {"date_order": date_order, "decimal": decimal}
    chosen = {name: value for name, value in given.items() if value}
    try:
        return ReadOptions.model_validate(chosen) if chosen else None
    except ValueError as error:
        raise Invalid(
            "That is no way to read a file.",
            hint="--date-order is ymd, dmy or mdy; --decimal is . or ,",
        ) from error


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    known = list(discover())
    if out.suffix.lstrip(".").lower() not in known:
        raise Invalid(
            f"A deck cannot be written as {out.suffix or out.name!r}.",
            hint=f"End the name with one of: {', '.join('.' + suffix for suffix in known)}.",
        )
    if not out.absolute().parent.is_dir():
        raise Invalid(f"There is no folder {str(out.parent)!r}.", hint="Make it first.")


def _write(studio: Any, deck: str, out: Path) -> None:
    made = EXPORTS[out.suffix.lstrip(".").lower()](load(studio.blobs, deck), studio.blobs)
    kept = f"Give another --out; the deck itself is kept as {deck[:12]}."
    with explained(f"The file {str(out)!r}", kept), out.open("wb") as file:
        if isinstance(made, bytes):
            file.write(made)
        else:
            with made:
                for chunk in chunks_of(made):
                    file.write(chunk)


def _follow(studio: Any, task_id: str, *, quiet: bool) -> None:
    progress = Progress(quiet=quiet)
    try:
        for event in studio.kernel.follow(task_id):
            progress.tell(event)
    except KeyboardInterrupt:
        studio.kernel.cancel(task_id)
        for event in studio.kernel.follow(task_id):
            progress.tell(event)
