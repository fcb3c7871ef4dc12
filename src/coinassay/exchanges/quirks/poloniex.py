"""Poloniex.

Traps, and where they come from:
- ccxt's fetch_balance loads all currencies and markets first, also with empty catalogues. The balance needs none.
- USDT on three chains (USDTTRON, USDTETH, USDTBSC) is one code in ccxt, which keeps the last of them.

Fields: https://api-docs.poloniex.com/spot/api/private/account#all-account-balances
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, rows_of


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + hold, of every account of type SPOT."""
    purse = Purse(exchange, resolve, "spot")
    for account in rows_of(exchange, await exchange.privateGetAccountsBalances({"accountType": "SPOT"})):
        for row in rows_of(exchange, account, "balances"):
            free, locked = purse.get(row, "available"), purse.find(row, "hold")
            purse.add(row.get("currency"), plus(free, locked), free=free, locked=locked)
    return purse.fetched()


PLANS = {"poloniex": (WalletPlan("spot", spot),)}
"""By market code."""
