"""Backpack.

Traps, and where they come from:
- ccxt's parse_balance drops the answer itself (no `info`).
- A row without `staked` loses what is locked as well: Precise.string_add(locked, None) is None.
- `{}` is also what a broken proxy sends: an object without any coin is not believed.

Fields: https://docs.backpack.exchange/#tag/Capital/operation/get_balances
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, table_of, unexpected


async def capital(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + locked + staked."""
    purse = Purse(exchange, resolve, "spot")
    table = table_of(exchange, await exchange.privateGetApiV1Capital())
    if not table:
        raise unexpected(exchange, "balances")
    for currency, row in table.items():
        row = table_of(exchange, row)
        free = purse.get(row, "available")
        locked = plus(purse.find(row, "locked"), purse.find(row, "staked"))
        purse.add(currency, plus(free, locked), free=free, locked=locked)
    return purse.fetched()


PLANS = {"backpack": (WalletPlan("spot", capital),)}
"""By market code."""
