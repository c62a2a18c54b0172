"""Money. Hold before, settle after; the books always balance."""

from core.ledger.accounts import Accounts
from core.ledger.limits import Allowance, Limits, Remaining, amount

__all__ = ["Accounts", "Allowance", "Limits", "Remaining", "amount"]
