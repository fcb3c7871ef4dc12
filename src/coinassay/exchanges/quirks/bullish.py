"""Bullish.

Trap: ccxt calls availableQuantity the total, so what orders lock is missing and what is borrowed stays in.

Fields: https://api.exchange.bullish.com/docs/api/rest/trading-api/v2/#get-/v1/accounts/asset
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, rows_of


async def assets(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + locked + loaned out, borrowed = borrowed."""
    purse = Purse(exchange, resolve, "spot")
    balance = await exchange.fetch_balance()  # finds the trading account and signs in
    for row in rows_of(exchange, balance, "info"):
        free = purse.get(row, "availableQuantity")
        locked = plus(purse.find(row, "lockedQuantity"), purse.find(row, "loanedQuantity"))
        borrowed = purse.find(row, "borrowedQuantity")
        purse.add(row.get("assetSymbol"), plus(free, locked), free=free, locked=locked, borrowed=borrowed)
    return purse.fetched()


PLANS = {"bullish": (WalletPlan("spot", assets),)}
"""By market code."""
