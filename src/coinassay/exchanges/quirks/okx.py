"""OKX (also its EEA and US houses, which ccxt calls myokx and okxus).

Traps, and where they come from:
- One trading account holds spot, margin and derivatives alike, so okex and okex_futures read the same.
- Its `eq` is the equity of the currency: with unrealised profit, after liabilities, and negative where more is owed
  than held. ccxt hands it out as `total`, so its total is not free + used. Here `eq` stays the equity to the last
  digit: borrowed = liab + interest, unrealised = upl, and total = eq + borrowed - unrealised.
- Deposits land in the funding account, a call of its own (ccxt: {"type": "funding"}); simple earn is a third place.
- `bal` comes as a bare JSON number at times: the JSON parser has to keep its text.

Fields: https://www.okx.com/docs-v5/en/
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, minus, plus, rows_of


async def trading(exchange: Any, resolve: Resolve) -> Fetched:
    purse = Purse(exchange, resolve, "trading")
    for account in rows_of(exchange, await exchange.privateGetAccountBalance(), "data"):
        for row in rows_of(exchange, account, "details"):
            debts = (purse.find(row, name) for name in ("liab", "interest"))
            borrowed = plus(*(debt.copy_abs() for debt in debts if debt is not None))
            unrealised = plus(purse.find(row, "upl"))
            purse.add(
                row.get("ccy"),
                minus(plus(purse.get(row, "eq"), borrowed), unrealised),
                free=purse.find(row, "availBal", "availEq"),
                locked=purse.find(row, "frozenBal"),
                borrowed=borrowed,
                unrealised=unrealised,
            )
    return purse.fetched()


async def funding(exchange: Any, resolve: Resolve) -> Fetched:
    purse = Purse(exchange, resolve, "funding")
    for row in rows_of(exchange, await exchange.privateGetAssetBalances(), "data"):
        total, free, locked = purse.get(row, "bal"), purse.find(row, "availBal"), purse.find(row, "frozenBal")
        purse.add(row.get("ccy"), total, free=free, locked=locked)
    return purse.fetched()


async def savings(exchange: Any, resolve: Resolve) -> Fetched:
    """Flexible simple earn: `amt` is lent out or waiting to be."""
    purse = Purse(exchange, resolve, "earn")
    for row in rows_of(exchange, await exchange.privateGetFinanceSavingsBalance(), "data"):
        amount = purse.get(row, "amt")
        purse.add(row.get("ccy"), amount, free=ZERO, locked=amount)
    return purse.fetched()


TRADING = WalletPlan("trading", trading)
FUNDING = WalletPlan("funding", funding)
EVERYTHING = (TRADING, FUNDING, WalletPlan("earn", savings))

PLANS = {
    "okex": EVERYTHING,
    "okex_futures": EVERYTHING,
    # Simple earn is not offered everywhere: an account there would always count as partly read.
    "myokx": (TRADING, FUNDING),
    "okxus": (TRADING, FUNDING),
}
"""By market code."""
