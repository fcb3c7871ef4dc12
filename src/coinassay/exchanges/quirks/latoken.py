"""LATOKEN.

Traps, and where they come from:
- Balances name their currency by a UUID: without the exchange's own list every code would be one. The list is asked
  once an hour.
- Wallet and spot come in one answer, and ccxt keeps spot. Both are read; tokens of futures are neither.

Fields: https://api.latoken.com/doc/v2/#tag/Account/operation/getBalancesByUser
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import LONG, Fetched, Purse, Resolve, WalletPlan, plus, remembered, rows_of


async def _codes(exchange: Any) -> dict[str, str]:
    async def ask() -> dict[str, str]:
        rows = rows_of(exchange, await exchange.publicGetCurrency())
        return {str(row.get("id")): str(row.get("tag")) for row in rows}

    codes: dict[str, str] = await remembered(exchange, "currencies", ask, LONG)
    return codes


def wallet(name: str, kind: str) -> WalletPlan:
    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        """total = available + blocked."""
        codes = await _codes(exchange)
        purse = Purse(exchange, resolve, name)
        for row in rows_of(exchange, await exchange.privateGetAuthAccount()):
            if row.get("type") == kind:
                free, locked = purse.get(row, "available"), purse.find(row, "blocked")
                currency = str(row.get("currency"))
                purse.add(codes.get(currency, currency), plus(free, locked), free=free, locked=locked)
        return purse.fetched()

    return WalletPlan(name, fetch)


PLANS = {"latoken": (wallet("spot", "ACCOUNT_TYPE_SPOT"), wallet("funding", "ACCOUNT_TYPE_WALLET"))}
"""By market code."""
