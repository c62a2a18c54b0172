"""64 calls at once against a limit worth 10: ours holds; LiteLLM's budget is shown not to."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core.kernel import Kernel, Queue
from core.ledger import Accounts
from core.llm import Gateway
from core.llm.pricing import known
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.llm import parts
from tests.loopback.server import KEY, Turn

CALLS, WORTH = 64, 10
MODEL = "gpt-4o-mini"
PROMPT, SAID = 12, 20  # as many as a provider would count of what is sent
TURN = Turn(prompt=PROMPT, completion=SAID, delay_s=0.05)
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


def test_64_calls_at_once_never_spend_more_than_the_limit(wide, gateway):
    limit = WORTH * cost_nusd()
    wide.ledger.limit("org:acme", "nusd", "day", limit, "acme")
    parts.GATEWAY["now"] = gateway
    asked = parts.Asked(models=[f"openai/{MODEL}"], tokens_max=20).model_dump(mode="json")
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: wide.submit("ask_model", asked, parts.ANA), range(CALLS)))
    ended = [parts.end(wide, task_id) for task_id in ids]

    done = [task for task in ended if task.state == "done"]
    refused = [task for task in ended if task.state == "failed"]
    assert {task.error["code"] for task in refused} == {"budget_exceeded"}
    assert len(done) + len(refused) == CALLS
    assert 1 <= len(done) <= WORTH
    (account,) = _accounts(wide, "org:acme", "nusd")
    assert account.spent == len(done) * cost_nusd() <= limit
    assert account.held == 0
    assert _most_ever(wide, account.id) <= limit, "held and spent, at every moment"


def test_litellms_own_budget_lets_them_all_pass(gpt):
    gpt.script[MODEL] = TURN
    spent, limit = asyncio.run(_burst(gpt.url))
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


def _most_ever(kernel: Kernel, account_id):
    """The highest that held and spent together ever were, by the journal."""
    query = sa.text(
        "select held, spent from ledger_entry where account_id = :id order by at, kind desc"
    )
    most = now = 0
    for entry in kernel.database.rows(query.bindparams(id=account_id)):
        now += entry.held + entry.spent
        most = max(most, now)
    return most
