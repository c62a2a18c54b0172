"""`verify`: every number of a research pack is computed again, without a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.insight.verify import verify as check


def verify(
    pack: Annotated[Path, typer.Argument(help="A research pack (zip)")],
    data: Annotated[
        list[Path] | None, typer.Option(help="Files to check against; repeatable")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> int:
    """Say of every claim whether it still holds. Exit code 0 only when all match."""
    found = check(pack, data or None)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        for claim in found.claims:
            if claim.status != "match":
                sys.stdout.write(f"  {claim.status:13}{claim.id}: {claim.reason}\n")
        sys.stdout.write(
            f"{found.match} match, {found.drift} drift, {found.unverifiable} unverifiable\n"
        )
    return 0 if not found.drift and not found.unverifiable and found.match else 1
