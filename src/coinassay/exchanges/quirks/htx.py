"""HTX (3Commas: huobi), and BitTrade which answers in the same way.

Traps, and where they come from:
- Balances hang on account ids that have to be listed first; ccxt reads the spot account alone.
- A balance comes in parts, one row for each type: trade is free, frozen is in orders, lock and bank are held back, loan
  and interest are debts written as negative amounts. loan-available and transfer-out-available are limits, not money.
  ccxt knows trade and frozen only and so loses locked coins and debts.
- Points are prepaid fees, not money: the point account is not read.

Fields: https://huobiapi.github.io/docs/spot/v1/en/#get-account-balance-of-a-specific-account
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import (
    Fetched,
    Purse,
    Resolve,
    Row,
    WalletPlan,
    inside,
    minus,
    plus,
    remembered,
    rows_of,
)

HELD_BACK = ("frozen", "lock", "bank")
DEBTS = ("loan", "interest")


async def _accounts(exchange: Any) -> list[Row]:
    async def ask() -> list[Row]:
        return list(rows_of(exchange, await exchange.spotPrivateGetV1AccountAccounts(), "data"))

    accounts: list[Row] = await remembered(exchange, "accounts", ask)
    return accounts


def wallet(name: str, *types: str) -> WalletPlan:
    """All the user's accounts of these types."""

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        purse = Purse(exchange, resolve, name)
        for account in await _accounts(exchange):
            if inside(exchange, account, "type") in types:
                request = {"account-id": account.get("id")}
                reply = await exchange.spotPrivateGetV1AccountAccountsAccountIdBalance(request)
                add_parts(purse, reply)
        return purse.fetched()

    return WalletPlan(name, fetch)


def add_parts(purse: Purse, reply: object) -> None:
    """total = trade + frozen + lock + bank, borrowed = -(loan + interest)."""
    parts: dict[str, dict[str, Decimal]] = {}
    # An account without any balance has no list at all.
    data = inside(purse.exchange, reply, "data")
    rows = rows_of(purse.exchange, data, "list") if isinstance(data, dict) and "list" in data else ()
    if not rows:
        inside(purse.exchange, data, "id")
    for row in rows:
        of_currency = parts.setdefault(str(inside(purse.exchange, row, "currency") or ""), {})
        kind = str(inside(purse.exchange, row, "type"))
        of_currency[kind] = plus(of_currency.get(kind), purse.get(row, "balance"))
    for currency, amounts in parts.items():
        free = amounts.get("trade", ZERO)
        locked = plus(*(amounts.get(kind) for kind in HELD_BACK))
        borrowed = minus(ZERO, *(amounts.get(kind) for kind in DEBTS))
        purse.add(currency, plus(free, locked), free=free, locked=locked, borrowed=borrowed.copy_abs())


async def bittrade(exchange: Any, resolve: Resolve) -> Fetched:
    """Every account, where ccxt reads the first one whatever its type."""
    purse = Purse(exchange, resolve, "spot")
    for account in rows_of(exchange, await exchange.privateGetAccountAccounts(), "data"):
        if account.get("type") != "point":
            add_parts(purse, await exchange.privateGetAccountAccountsIdBalance({"id": account.get("id")}))
    return purse.fetched()


PLANS = {
    "huobi": (
        wallet("spot", "spot"),
        wallet("margin", "margin", "super-margin"),
        wallet("funding", "otc"),
        wallet("earn", "deposit-earning", "investment"),
    ),
    "bittrade": (WalletPlan("spot", bittrade),),
}
"""By market code."""
