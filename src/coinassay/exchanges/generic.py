"""Reading a wallet by ccxt's own summary, for the exchanges whose answers need nothing special."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, table_of, unexpected
from coinassay.exchanges.shapes import believe


def by_ccxt(name: str, params: Mapping[str, Any] | None = None) -> WalletPlan:
    """`fetch_balance(params)` as the wallet `name`."""

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        return read(exchange, resolve, name, await exchange.fetch_balance(dict(params or {})))

    return WalletPlan(name, fetch)


def read(exchange: Any, resolve: Resolve, name: str, balance: Mapping[str, Any]) -> Fetched:
    """total = total, or free + used, or what there is of them; borrowed = debt.

    Raises UnexpectedReply where ccxt knows none of the three amounts of a code: 0 would be a guess.
    """
    believe(exchange.id, balance.get("info"))
    purse = Purse(exchange, resolve, name)
    for code in table_of(exchange, balance, "total"):
        account = table_of(exchange, balance, code)
        total, free, locked = (purse.find(account, part) for part in ("total", "free", "used"))
        if total is None:
            if free is None and locked is None:
                raise unexpected(exchange, "an amount for a currency it names")
            total = plus(free, locked)
        purse.add_code(code, total, free=free, locked=locked, borrowed=purse.find(account, "debt"))
    return purse.fetched()
