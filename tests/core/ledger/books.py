"""What must hold of the books at any time."""

from __future__ import annotations

import sqlalchemy as sa

JOURNAL = (
    "select a.name, a.held, a.spent, coalesce(sum(e.held), 0), coalesce(sum(e.spent), 0),"
    " coalesce(sum(case when e.kind = 'overrun' then e.spent else 0 end), 0)"
    " from ledger_account a left join ledger_entry e on e.account_id = a.id group by 1, 2, 3"
)
OPEN = (
    "select coalesce(sum(nusd), 0), coalesce(sum(tokens), 0) from ledger_hold where state = 'open'"
)


def check(database, limits=None) -> dict[str, tuple[int, int]]:
    """Accounts are the sum of their journal, and no limit is passed but by overruns."""
    found = {}
    with database.engine.connect() as db:
        for name, held, spent, in_held, in_spent, over in db.execute(sa.text(JOURNAL)):
            assert (held, spent) == (in_held, in_spent), name
            assert held >= 0, name
            assert spent >= 0, name
            found[name] = (held, spent)
            for (scope, unit, period), most in (limits or {}).items():
                prefix = scope.rstrip("*")
                windowed = name.startswith(prefix) and f" {unit}" in name
                if windowed and (period == "total") == (name.endswith(unit)):
                    assert held + spent - over <= most, (name, held, spent, over, most)
        open_nusd, open_tokens = db.execute(sa.text(OPEN)).one()
    total = {
        unit: sum(h for n, (h, _) in found.items() if n.startswith("org:") and n.endswith(unit))
        for unit in ("nusd", "tokens")
    }
    assert (total["nusd"], total["tokens"]) == (open_nusd, open_tokens)
    return found
