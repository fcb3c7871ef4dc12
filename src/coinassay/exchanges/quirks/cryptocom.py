"""Crypto.com.

Traps, and where they come from:
- ccxt reads the first account of the reply and fails on an empty list.
- The quantity of a coin has no unrealised profit in it; that is told once for the account, in the currency named at
  its top (instrument_name, USD).
- A quantity is negative where the coin is owed: the exchange names no debt beside it.

Fields: https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-user-balance
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, rows_of


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = quantity, locked = reserved_qty."""
    purse = Purse(exchange, resolve, "spot")
    for account in rows_of(exchange, await exchange.v1PrivatePostPrivateUserBalance(), "result", "data"):
        for row in rows_of(exchange, account, "position_balances"):
            purse.add(row.get("instrument_name"), purse.get(row, "quantity"), locked=purse.find(row, "reserved_qty"))
        unrealised = purse.find(account, "total_session_unrealized_pnl")
        if unrealised:
            purse.add(account.get("instrument_name"), ZERO, unrealised=unrealised)
    return purse.fetched()


PLANS = {"crypto_com": (WalletPlan("spot", spot),)}
"""By market code."""
