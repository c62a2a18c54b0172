"""64 calls at once against a limit worth 10: ours holds; LiteLLM's budget is shown not to."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.kernel import Kernel, Queue
from core.ledger import Accounts
from core.llm import Gateway, Message
from core.llm.hosted.counting import count_tokens
from core.llm.pricing import known
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.llm import parts
from tests.loopback.server import KEY, Turn

CALLS, WORTH = 64, 10
ODD = random.Random(7)
MODEL = "gpt-4o-mini"
PROMPT, SAID = 12, 20  # as many as a provider would count of what is sent
TURN = Turn(prompt=PROMPT, completion=SAID)
LOOKS = 30  # at the books, before any answer comes
WIDE = (Queue("interactive", 64, 64, 0.05), Queue("batch", 2, 2, 0.5), Queue("render", 2, 1, 0.5))


@pytest.fixture
def wide(url):
    """A kernel that runs all of them at once, on both databases."""
    database = Database(url, pool_size=40)
    migrate(database)
    kernel = Kernel(database, Accounts(database), queues=WIDE)
    yield kernel
    kernel.close()
    database.close()


@pytest.fixture
def gateway(gpt, claude):
    gpt.script.clear()
    gpt.script[MODEL] = TURN
    return Gateway(parts.settings(gpt.url, claude.url))


def cost_nusd():
    """Of one call, by the published price."""
    price = known(MODEL)
    return int(PROMPT * price.input + SAID * price.output)


def test_64_calls_at_once_never_spend_more_than_the_limit(wide, gateway, gpt):
    limit = WORTH * cost_nusd()
    wide.ledger.limit("org:acme", "nusd", "day", limit, "acme")
    parts.GATEWAY["now"] = gateway
    asked = parts.Asked(models=[f"openai/{MODEL}"], tokens_max=20).model_dump(mode="json")
    watch = Watch(wide)
    gpt.script[MODEL] = replace(TURN, gate=watch.looked)
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: wide.submit("ask_model", asked, parts.ANA), range(CALLS)))
    ended = [parts.end(wide, task_id) for task_id in ids]
    watch.end()

    done = [task for task in ended if task.state == "done"]
    refused = [task for task in ended if task.state == "failed"]
    others = [task.error for task in refused if task.error["code"] != "budget_exceeded"]
    assert others == []
    assert len(done) + len(refused) == CALLS
    assert 1 <= len(done) <= WORTH
    (account,) = _accounts(wide, "org:acme", "nusd")
    assert account.spent == len(done) * cost_nusd() <= limit
    assert account.held == 0
    assert 0 < watch.most <= limit, "held and spent, at every moment that was looked at"
    assert watch.looks > LOOKS


def test_64_calls_at_once_never_use_more_tokens_than_the_limit(wide, gateway, gpt):
    """Of a text that counts twice what common prose of its length does."""
    text = " ".join("".join(ODD.choices("qxzjkvw", k=3)) for _ in range(300))
    asked = [Message(role="user", content=text)]
    prompt = count_tokens(gateway.config, f"openai/{MODEL}", asked).tokens
    gpt.script[MODEL] = replace(TURN, prompt=prompt)
    limit = WORTH * (prompt + SAID)
    wide.ledger.limit("org:acme", "tokens", "day", limit, "acme")
    parts.GATEWAY["now"] = gateway
    asked = parts.Asked(messages=asked, models=[f"openai/{MODEL}"], tokens_max=SAID)
    given = asked.model_dump(mode="json")
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: wide.submit("ask_model", given, parts.ANA), range(CALLS)))
    ended = [parts.end(wide, task_id) for task_id in ids]
    done = [task for task in ended if task.state == "done"]
    others = [task.error for task in ended if task not in done]
    assert [error for error in others if error["code"] != "budget_exceeded"] == []
    (account,) = _accounts(wide, "org:acme", "tokens")
    assert account.spent == len(done) * (prompt + SAID) <= limit
    assert len(done) >= WORTH // 2


def test_litellms_own_budget_lets_them_all_pass(gpt):
    asked = threading.Semaphore(0)
    held = replace(TURN, gate=threading.Event())

    def turn(_body):
        """Nobody is answered before twice as many have asked as the budget is worth."""
        asked.release()
        if asked._value >= 2 * WORTH:
            held.gate.set()
        return held

    gpt.script[MODEL] = turn
    late = threading.Timer(120, held.gate.set)  # should the peer hold them back one day
    late.start()
    spent, limit = asyncio.run(_burst(gpt.url))
    late.cancel()
    assert spent > limit, "the peer that is shown overspending did not: compare again"
    assert spent >= 2 * limit


async def _burst(url):
    import litellm

    each = cost_nusd() / 1e9
    at = {"model": f"openai/{MODEL}", "api_base": f"{url}/v1", "api_key": KEY}
    budget = {"openai": litellm.BudgetConfig(budget_limit=WORTH * each, time_period="1d")}
    router = litellm.Router(
        model_list=[{"model_name": "m", "litellm_params": at}],
        provider_budget_config=budget,
        num_retries=0,
    )
    said = [{"role": "user", "content": "Hello"}]
    answers = await asyncio.gather(
        *(router.acompletion("m", messages=said, max_tokens=20) for _ in range(CALLS)),
        return_exceptions=True,
    )
    passed = [answer for answer in answers if not isinstance(answer, BaseException)]
    return len(passed) * each, WORTH * each


def _accounts(kernel: Kernel, scope, unit):
    query = sa.text(
        "select * from ledger_account where scope = :scope and unit = :unit"
        " and \"window\" like '20%-__-__'"
    )
    return list(kernel.database.rows(query.bindparams(scope=scope, unit=unit)))


class Watch:
    """Looks at what is held and spent, again and again, while the calls run."""

    def __init__(self, kernel: Kernel):
        self.kernel = kernel
        self.most = self.looks = 0
        self.ended, self.looked = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.002):
            taken = [row.held + row.spent for row in _accounts(self.kernel, "org:acme", "nusd")]
            self.most = max(self.most, *taken, 0)
            self.looks += self.most > 0
            if self.looks == LOOKS:
                self.looked.set()

    def end(self):
        self.looked.set()
        self.ended.set()
        self.thread.join()
