"""Lighter.

Traps, and where they come from:
- ccxt 4.5.90 adds each amount to an account whose total is None, and None + x is None: every balance comes out empty.
- Spot assets and the collateral of perpetuals are one answer; ccxt gives one of them.

Fields: https://apidocs.lighter.xyz/reference/account-1
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, rows_of


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balance, locked = locked_balance."""
    purse = Purse(exchange, resolve, "spot")
    balance = await exchange.fetch_balance({"type": "spot"})  # finds the account by its address
    for account in rows_of(exchange, balance, "info", "accounts"):
        for row in rows_of(exchange, account, "assets"):
            purse.add(row.get("symbol"), purse.get(row, "balance"), locked=purse.find(row, "locked_balance"))
    return purse.fetched()


async def futures(exchange: Any, resolve: Resolve) -> Fetched:
    """total = collateral in USDC, unrealised = that of all positions."""
    purse = Purse(exchange, resolve, "futures")
    balance = await exchange.fetch_balance({"type": "swap"})
    for account in rows_of(exchange, balance, "info", "accounts"):
        positions = rows_of(exchange, account, "positions") if "positions" in account else ()
        purse.add(
            "USDC",
            purse.get(account, "collateral"),
            free=purse.find(account, "available_balance"),
            unrealised=plus(*(purse.find(row, "unrealized_pnl") for row in positions)),
        )
    return purse.fetched()


PLANS = {"lighter": (WalletPlan("spot", spot), WalletPlan("futures", futures))}
"""By market code."""
