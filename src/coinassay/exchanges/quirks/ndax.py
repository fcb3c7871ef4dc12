"""NDAX.

Traps, and where they come from:
- ccxt skips every product that is not in its catalogue, so without one the balance is empty and looks right. The rows
  name the product.
- ccxt looks up the account first and fails in Python's own ways where the answer is no list of accounts.

Fields: https://apidoc.ndax.io/#getaccountpositions
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, rows_of, unexpected


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = Amount, locked = Hold."""
    purse = Purse(exchange, resolve, "spot")
    try:
        balance = await exchange.fetch_balance()  # finds the account first
    except (ArithmeticError, LookupError) as e:
        raise unexpected(exchange, "an account") from e
    for row in rows_of(exchange, balance, "info"):
        purse.add(row.get("ProductSymbol"), purse.get(row, "Amount"), locked=purse.find(row, "Hold"))
    return purse.fetched()


PLANS = {"ndax": (WalletPlan("spot", spot),)}
"""By market code."""
