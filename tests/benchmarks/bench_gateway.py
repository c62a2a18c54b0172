"""A governed model call beside raw httpx, the OpenAI client, LiteLLM, its Router and its proxy.

The provider is one loopback process that answers at once, so every figure is what the way adds.
The proxy is installed into its own environment when STUDIO_BENCH_PROXY names a folder for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.models import provider
from tests.benchmarks.models.callers import KEY, MODEL
from tests.benchmarks.world import p

ROUNDS = 3
OWN = {"gateway": "bare", "governed": "durable"}
ORDER = ("httpx", "openai", "litellm", "router", "gateway", "governed", "proxy")
OVER_ROUTER_MS, FIRST_OVER_ROUTER, ADDED_OVER_PROXY = 3.0, 1.2, 1.5


def once(way: str, url: str, *more: str) -> dict[str, Any]:
    """One round of one way, in its own process."""
    module, name = ("governed", OWN[way]) if way in OWN else ("callers", way)
    command = [sys.executable, "-m", f"tests.benchmarks.models.{module}", name, url, *more]
    done = subprocess.run(command, cwd=provider.ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def proxied(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """LiteLLM's proxy before the provider, installed on first use: its URL and process."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pinned = f"litellm[proxy]=={_litellm()}"
        subprocess.run([str(python), "-m", "pip", "install", "-q", pinned], check=True)
    config, port = folder / "proxy.yaml", provider.free_port()
    config.write_text(
        f"model_list:\n- model_name: {MODEL}\n  litellm_params:\n    model: openai/{MODEL}\n"
        f"    api_base: {url}/v1\n    api_key: {KEY}\ngeneral_settings:\n  master_key: {KEY}\n"
    )
    command = [str(folder / "bin" / "litellm"), "--config", str(config), "--port", str(port)]
    env = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--host", "127.0.0.1"], env=env, **quiet) as process:
        try:
            provider.wait_for(f"http://127.0.0.1:{port}/health/liveliness")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _litellm() -> str:
    from importlib.metadata import version

    return version("litellm")


def measured(url: str, proxy: tuple[str, int] | None) -> dict[str, list[dict[str, Any]]]:
    """All ways in turns, so that a busy moment of the machine hits all of them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(ROUNDS):
        for way in ORDER:
            if way != "proxy":
                found.setdefault(way, []).append(once(way, url))
            elif proxy:
                row = once(way, proxy[0])
                before = provider.cpu_s(proxy[1])
                calls = once(way, proxy[0], "plain")["calls"]
                row["cpu_server"] = (provider.cpu_s(proxy[1]) - before) / calls
                found.setdefault(way, []).append(row)
    return found


def best(rows: list[dict[str, Any]], what: str, share: float = 0.5) -> float:
    """The quietest round's percentile, in milliseconds."""
    return min(p(row[what], share) for row in rows)


def cpu_ms(rows: list[dict[str, Any]], what: str) -> float:
    """The quietest round's processor time of one call, in milliseconds."""
    return 1_000 * min(row[what] for row in rows)


def table(found: dict[str, list[dict[str, Any]]]) -> None:
    """One line a way."""
    floor = best(found["httpx"], "plain")
    for way, rows in found.items():
        added = best(rows, "plain") - floor
        print(
            f"  {way:9} call p50 {best(rows, 'plain'):6.2f} ms,"
            f" p95 {best(rows, 'plain', 0.95):6.2f}"
            f" (adds {added:5.2f}), CPU {cpu_ms(rows, 'cpu_plain'):5.2f} ms;"
            f" stream of 40: first {best(rows, 'first'):6.2f} ms, whole {best(rows, 'whole'):6.2f},"
            f" CPU {cpu_ms(rows, 'cpu_stream'):6.2f} ms",
            flush=True,
        )


def judged(what: str, ours: float, most: float) -> int:
    """Print the promise; 1 when it is missed."""
    missed = ours > most
    print(f"  {what}: {ours:.2f}, at most {most:.2f}{', MISSED' if missed else ''}", flush=True)
    return int(missed)


def main() -> int:
    """The table, then what was promised."""
    folder = os.environ.get("STUDIO_BENCH_PROXY", "")
    with provider.running() as url:
        if folder:
            with proxied(url, Path(folder)) as proxy:
                found = measured(url, proxy)
        else:
            found = measured(url, None)
    table(found)
    return promises(found)


def promises(found: dict[str, list[dict[str, Any]]]) -> int:
    """What was promised, each beside its peer; 1 when something is missed."""
    router, gateway, governed = found["router"], found["gateway"], found["governed"]
    over = best(gateway, "plain") - best(router, "plain")
    missed = judged("gateway without durability over the Router, ms", over, OVER_ROUTER_MS)
    first = best(governed, "first") / best(router, "first")
    missed += judged("first token over the Router's", first, FIRST_OVER_ROUTER)
    if "proxy" not in found:
        print("  proxy: not measured; STUDIO_BENCH_PROXY=FOLDER installs it there")
        return min(missed, 1)
    floor, proxy = best(found["httpx"], "plain"), found["proxy"]
    added = (best(governed, "plain") - floor) / (best(proxy, "plain") - floor)
    missed += judged(
        "governed, durable call: added latency over the proxy's", added, ADDED_OVER_PROXY
    )
    server = 1_000 * min(row["cpu_server"] for row in proxy)
    cpu = cpu_ms(governed, "cpu_plain") / server
    missed += judged("governed, durable call: CPU over the proxy's", cpu, 1.0)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
