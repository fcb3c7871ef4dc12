"""Hyperliquid.

Traps, and where they come from:
- ccxt reads the perpetuals account by default; spot is another one.
- With unified margin both are one: ccxt then answers a question for perpetuals with the spot state, which would count
  twice.
- accountValue has the unrealised profit in it already.

Fields: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.generic import by_ccxt
from coinassay.exchanges.reading import NOTHING, Fetched, Purse, Resolve, WalletPlan, table_of


async def futures(exchange: Any, resolve: Resolve) -> Fetched:
    """total = accountValue in USDC, locked = totalMarginUsed."""
    info = table_of(exchange, await exchange.fetch_balance({"type": "swap"}), "info")
    if "balances" in info:
        return NOTHING  # unified: the spot wallet holds it all
    purse = Purse(exchange, resolve, "futures")
    summary = table_of(exchange, info, "marginSummary")
    purse.add("USDC", purse.get(summary, "accountValue"), locked=purse.find(summary, "totalMarginUsed"))
    return purse.fetched()


PLANS = {"hyperliquid": (by_ccxt("spot", {"type": "spot"}), WalletPlan("futures", futures))}
"""By market code."""
