"""`bench`: our figures beside a peer or a physical floor measured in the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import Invalid
from core.settings import ROOT

FOLDER = Path("tests") / "benchmarks"


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Only these; all by default")] = None,
) -> int:
    """Run the benchmarks one after the other; each prints ratios. Exit code 1 if one broke."""
    known = sorted(file.stem.removeprefix("bench_") for file in (ROOT / FOLDER).glob("bench_*.py"))
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise Invalid(f"There is no benchmark {unknown[0]!r}.", hint=f"Known: {', '.join(known)}.")
    broken = 0
    for name in names or known:
        sys.stdout.write(f"\n{name}\n")
        sys.stdout.flush()
        module = ".".join((*FOLDER.parts, f"bench_{name}"))
        done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False)  # noqa: S603 - our own
        broken += done.returncode != 0
    return 1 if broken else 0
