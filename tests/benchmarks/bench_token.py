"""From a token's emission to the frame that shows it, beside Streamlit's own `st.write_stream`."""

from __future__ import annotations

import sys

from tests.benchmarks.served import BARE, OURS, Server, browser, serving
from tests.benchmarks.stamps import TOKENS
from tests.benchmarks.world import judge, p

TURNS = 3  # the quietest counts
BOUND_MS = 50
QUIET_MS = 20.0  # an estimate: no idle machine was at hand
WATCH = """() => {
  window.seen = {};
  let last = -1;
  const look = () => {
    const found = document.querySelector('.stMain, body').textContent.match(/k\\d+;/g) || [];
    let newest = last;
    for (const word of found) newest = Math.max(newest, parseInt(word.slice(1)));
    if (newest === last) return;
    const from = last + 1;
    last = newest;
    requestAnimationFrame(() => {
      const at = (performance.timeOrigin + performance.now()) / 1000;
      for (let k = from; k <= newest; k++) window.seen[k] = at;
    });
  };
  new MutationObserver(look)
    .observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def delays_s(chromium, server: Server) -> list[float]:
    """How long each token took to the screen."""
    task_id = server.ask("speak")
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{server.url}/task?task={task_id}" if task_id else f"{server.url}/?task=x")
    page.locator(".stMain h1").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1_500)
    page.evaluate(WATCH)
    server.ask("go")
    page.wait_for_function(f"window.seen[{TOKENS - 1}] !== undefined", timeout=60_000)
    seen = page.evaluate("window.seen")
    page.context.close()
    return [seen[str(k)] - at for k, at in enumerate(server.ask("stamps"))]


def main() -> int:
    with serving(OURS) as studio, serving(BARE) as bare, browser() as chromium:
        took, floor = [], []
        for turn in range(TURNS + 1):
            one, other = delays_s(chromium, studio), delays_s(chromium, bare)
            if turn:  # the first one warms up
                took.append(one)
                floor.append(other)
    ours, bare_ms = (min(p(turn, 0.95) for turn in turns) for turns in (took, floor))
    half, bare_half = (min(p(turn) for turn in turns) for turns in (took, floor))
    print(f"  token visible, p50: {half:.1f} ms; floor {bare_half:.1f}")
    return judge("token visible, p95", ours, bare_ms, BOUND_MS, unit="ms", quiet=QUIET_MS)


if __name__ == "__main__":
    sys.exit(main())
