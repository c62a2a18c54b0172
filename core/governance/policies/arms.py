"""What the arms of a split did: cost, speed and failures side by side."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.kernel.records import STEP, TASK
from core.ledger.records import USAGE
from core.storage.database import Database

ROWS_MAX = 20_000  # the newest calls


@dataclass(frozen=True)
class ArmResult:
    """What one arm did. Amounts a call are means, rounded; latencies in milliseconds."""

    variant: str
    people: int = 0
    calls: int = 0  # answers, whether a model gave them or the response cache
    cost_nusd: int = 0  # of everything, failed attempts too
    cost_nusd_per_call: int = 0
    tokens_per_call: int = 0
    latency_ms_p50: int = 0  # of answers that a model gave at once, not within a batch
    latency_ms_p95: int = 0
    failed: int = 0
    failed_share: float = 0.0  # of model steps that ended


def compare(
    database: Database, org_id: str, name: str, since: datetime | None = None
) -> dict[str, ArmResult]:
    """Each arm of the use case that did something since then, by name; "" is "no split"."""
    rows = _calls(database, org_id, name, since)
    steps = _steps(database, org_id, name, since)
    by_arm: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_arm[row.variant].append(row)
    states: dict[str, dict[Any, str]] = defaultdict(dict)
    for row in [*rows, *steps]:  # by step: one step may report several completions
        states[row.variant][row.task_id, row.seq] = row.state
    return {arm: _result(arm, by_arm[arm], states[arm]) for arm in sorted({*by_arm, *states})}


def _result(arm: str, rows: Sequence[Any], states: dict[Any, str]) -> ArmResult:
    ended = [state for state in states.values() if state in ("done", "failed")]
    failed = ended.count("failed")
    share = failed / len(ended) if ended else 0.0
    if not rows:
        return ArmResult(arm, failed=failed, failed_share=share)
    answers = [row for row in rows if row.state == "done"]
    cost = sum(row.cost_nusd for row in rows)
    calls = sum(row.units if row.batch else 1 for row in answers)
    tokens = sum(row.prompt_tokens + row.completion_tokens for row in rows)
    took = sorted(row.latency_ms for row in answers if not (row.cache_hit or row.batch))
    return ArmResult(
        arm,
        people=len({row.person_id for row in rows}),
        calls=calls,
        cost_nusd=cost,
        cost_nusd_per_call=round(cost / calls) if calls else 0,
        tokens_per_call=round(tokens / calls) if calls else 0,
        latency_ms_p50=_percentile(took, 0.5),
        latency_ms_p95=_percentile(took, 0.95),
        failed=failed,
        failed_share=share,
    )


def _percentile(ordered: Sequence[int], share: float) -> int:
    """The smallest value that is not below `share` of all; 0 of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0


def _calls(database: Database, org_id: str, name: str, since: datetime | None) -> list[Any]:
    query = (
        sa.select(
            USAGE.c.variant,
            USAGE.c.task_id,
            USAGE.c.seq,
            USAGE.c.person_id,
            USAGE.c.cost_nusd,
            USAGE.c.prompt_tokens,
            USAGE.c.completion_tokens,
            USAGE.c.latency_ms,
            USAGE.c.cache_hit,
            USAGE.c.batch,
            USAGE.c.units,
            STEP.c.state,
        )
        .join(STEP, sa.and_(STEP.c.task_id == USAGE.c.task_id, STEP.c.seq == USAGE.c.seq))
        .where(USAGE.c.org_id == org_id, USAGE.c.use_case == name, USAGE.c.kind == "model")
    )
    if since:
        query = query.where(USAGE.c.at >= since)
    return database.rows(query.order_by(USAGE.c.at.desc()).limit(ROWS_MAX))


def _steps(database: Database, org_id: str, name: str, since: datetime | None) -> list[Any]:
    """Model steps that used nothing, which no usage row tells of: most failures are such.

    Their error says whose they are; of one that nobody foresaw only the task's policy is known.
    """
    policy = sa.type_coerce(TASK.c.policy, sa.JSON)
    details = sa.type_coerce(STEP.c.outcome, sa.JSON)["details"]
    use_case, variant = (
        sa.func.coalesce(details[named].as_string(), policy[own].as_string())
        for named, own in (("use_case", "name"), ("variant", "variant"))
    )
    same = sa.and_(USAGE.c.task_id == STEP.c.task_id, USAGE.c.seq == STEP.c.seq)
    query = (
        sa.select(
            variant.label("variant"),
            STEP.c.task_id,
            STEP.c.seq,
            STEP.c.state,
        )
        .join(TASK, TASK.c.id == STEP.c.task_id)
        .where(
            STEP.c.org_id == org_id,
            STEP.c.kind == "model",
            STEP.c.state == "failed",
            use_case == name,
            ~sa.exists().where(same),
        )
    )
    if since:
        query = query.where(STEP.c.started_at >= since)
    return database.rows(query.order_by(STEP.c.started_at.desc()).limit(ROWS_MAX))
