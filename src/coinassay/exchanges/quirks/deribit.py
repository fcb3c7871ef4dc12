"""Deribit.

Traps, and where they come from:
- One summary for each currency; `get_account_summary` (which ccxt takes when it is given a code) tells one alone.
- `equity` is the balance with unrealised profit of futures and the value of options, and is what ccxt calls total.

Fields: https://docs.deribit.com/#private-get_account_summaries
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, minus, rows_of


async def summaries(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balance, unrealised = equity - balance."""
    purse = Purse(exchange, resolve, "trading")
    reply = await exchange.privateGetGetAccountSummaries()
    for row in rows_of(exchange, reply, "result", "summaries"):
        total = purse.get(row, "balance")
        purse.add(
            row.get("currency"),
            total,
            free=purse.find(row, "available_funds"),
            locked=purse.find(row, "initial_margin"),
            unrealised=minus(purse.get(row, "equity"), total),
        )
    return purse.fetched()


PLANS = {"deribit": (WalletPlan("trading", summaries),)}
"""By market code."""
