"""Policies as people write them: YAML, and what a change would change in it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from difflib import unified_diff
from typing import Any

import yaml

from core.governance.policies.entry import CODE_ONLY, MONEY
from core.governance.policies.split import Split
from core.kernel.policies import Policy
from core.settings import NUSD

DOLLARS = {kept: written for written, kept in MONEY.items()}


def fields(policy: Policy, split: Split | None = None) -> dict[str, Any]:
    """Every field as the file would write it; what code alone decides is left out."""
    told = _written(policy.model_dump(mode="json"))
    if split:
        arms = {
            name: {"weight": arm.weight, **_written(arm.changes)}
            for name, arm in split.arms.items()
        }
        told["split"] = {"salt": split.salt, **arms} if split.salt else arms
    return told


def as_yaml(told: Mapping[str, Any] | None) -> str:
    """The fields as YAML, in their order; nothing for no fields."""
    return yaml.safe_dump(dict(told), sort_keys=False, allow_unicode=True) if told else ""


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Lines that go (`-`) and come (`+`), each with its neighbours; nothing if none do."""
    old, new = (as_yaml(told).splitlines() for told in (before, after))
    found = list(unified_diff(old, new, lineterm="", n=1))[2:]
    return "\n".join(line for line in found if not line.startswith("@@"))


def _written(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        DOLLARS.get(name, name): dollars(value) if name in DOLLARS else value
        for name, value in changes.items()
        if name not in CODE_ONLY
    }


def dollars(nusd: int | None) -> int | float | None:
    """An amount as the file writes it, exactly: 0.05 of 50,000,000 nano-dollars."""
    if nusd is None:
        return None
    usd = Decimal(nusd) / NUSD
    return int(usd) if usd == int(usd) else float(usd)  # a float holds all of nine decimals
