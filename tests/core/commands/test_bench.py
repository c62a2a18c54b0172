"""`bench`: knows its benchmarks by their files."""

from __future__ import annotations

import pytest

from core.commands.bench import FOLDER, bench
from core.errors import Invalid
from core.settings import ROOT


def test_an_unknown_benchmark_is_told_with_those_there_are():
    with pytest.raises(Invalid, match="warp") as told:
        bench(["warp"])
    known = {file.stem.removeprefix("bench_") for file in (ROOT / FOLDER).glob("bench_*.py")}
    assert known
    assert all(name in told.value.hint for name in known)
