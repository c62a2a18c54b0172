"""`bench`: knows its benchmarks by their files."""

from __future__ import annotations

import pytest

from core.commands.bench import FOLDER, bench
from core.errors import Invalid
from core.settings import ROOT
from tests.benchmarks import bench_gateway


def test_an_unknown_benchmark_is_told_with_those_there_are():
    with pytest.raises(Invalid, match="warp") as told:
        bench(["warp"])
    known = {file.stem.removeprefix("bench_") for file in (ROOT / FOLDER).glob("bench_*.py")}
    assert known
    assert all(name in told.value.hint for name in known)


def test_the_gateway_stands_beside_its_peers_and_each_promise_is_judged(capsys):
    def row(plain_s, first_s):
        each = {"plain": [plain_s] * 9, "first": [first_s] * 9, "whole": [first_s] * 9}
        return [{**each, "cpu_plain": plain_s, "cpu_stream": plain_s, "cpu_server": 0.009}]

    ways = {"httpx": row(0.001, 0.001), "router": row(0.009, 0.010), "gateway": row(0.010, 0.010)}
    ways |= {"governed": row(0.020, 0.013), "proxy": row(0.015, 0.020)}
    bench_gateway.table(ways)
    assert bench_gateway.promises(ways) == 1
    said = capsys.readouterr().out
    assert "over the Router, ms: 1.00, at most 3.00\n" in said
    assert "first token over the Router's: 1.30, at most 1.20, MISSED" in said
    assert "latency over the proxy's: 1.36, at most 1.50\n" in said
    assert "CPU over the proxy's: 2.22, at most 1.00, MISSED" in said
    assert "governed  call p50  20.00 ms" in said
