"""Bybit (also EU, Indonesia).

Traps, and where they come from:
- The wallets depend on the account type, which has to be asked first (/v5/user/query-api, /v5/account/info): UTA 2.0
  has one unified wallet, UTA 1.0 keeps inverse contracts in CONTRACT, a classic account has SPOT and CONTRACT. ccxt
  keeps the answer for ever; a user who upgrades would be read through a wallet that is gone, so it is asked at each
  load.
- For an answer without that, ccxt would read a classic account; it is asked here without ccxt's reading of it.
- Under a unified account all three market codes of 3Commas are one and the same wallet.
- A unified walletBalance is already negative where the coin was borrowed, and borrowAmount is set as well: taking the
  debt off again counts it twice. So total = walletBalance + borrowed. (A classic SPOT balance has no debt in it.)
- Unrealised profit is not in walletBalance. `equity` is what Bybit itself says the coin is worth, options included;
  unrealised is the way from walletBalance to it.
- availableToWithdraw is empty under UTA; what orders and positions hold is the sum of three fields.
- The funding wallet is a separate call and may need a permission of its own.

Fields: https://bybit-exchange.github.io/docs/v5/account/wallet-balance
"""

from __future__ import annotations

import asyncio
from typing import Any

from coinassay.domain.money import ONE, ZERO
from coinassay.exchanges.reading import (
    Fetched,
    Purse,
    Resolve,
    WalletPlan,
    inside,
    minus,
    number,
    plus,
    remembered,
    rows_of,
    table_of,
)

UNIFIED_WITH_INVERSE = 5
"""unifiedMarginStatus from which on inverse contracts are in the unified wallet too (5, 6: UTA 2.0)."""


async def _account_type(exchange: Any) -> tuple[bool, bool]:
    """(unified, inverse contracts apart)."""

    async def ask() -> tuple[bool, bool]:
        key, account = await asyncio.gather(exchange.privateGetV5UserQueryApi(), exchange.privateGetV5AccountInfo())
        account_flag = number(exchange, inside(exchange, key, "result", "uta"))
        margin_flag = number(exchange, table_of(exchange, key, "result").get("unified") or 0)
        status = table_of(exchange, account, "result").get("unifiedMarginStatus") or UNIFIED_WITH_INVERSE
        return ONE in (account_flag, margin_flag), number(exchange, status) < UNIFIED_WITH_INVERSE

    known: tuple[bool, bool] = await remembered(exchange, "account type", ask)
    return known


def trading(*classic: str, inverse: bool = False) -> WalletPlan:
    """The unified wallet; of a classic account the wallets `classic`; of UTA 1.0 also CONTRACT where `inverse`."""

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        unified, inverse_apart = await _account_type(exchange)
        kinds = ("UNIFIED", "CONTRACT") if inverse and inverse_apart else ("UNIFIED",)
        purse = Purse(exchange, resolve, "trading")
        for kind in kinds if unified else classic:
            reply = await exchange.privateGetV5AccountWalletBalance({"accountType": kind})
            for account in rows_of(exchange, reply, "result", "list"):
                for row in rows_of(exchange, account, "coin"):
                    _add(purse, row, unified=kind == "UNIFIED")
        return purse.fetched()

    return WalletPlan("trading", fetch)


def _add(purse: Purse, row: Any, *, unified: bool) -> None:
    wallet = purse.get(row, "walletBalance")
    borrowed = plus(purse.find(row, "borrowAmount"), purse.find(row, "accruedInterest"))
    total = plus(wallet, borrowed) if unified else wallet
    equity = purse.find(row, "equity")
    unrealised = purse.find(row, "unrealisedPnl") if equity is None else minus(equity, wallet)
    locked = plus(*(purse.find(row, name) for name in ("locked", "totalPositionIM", "totalOrderIM")))
    free = purse.find(row, "availableToWithdraw", "free")
    purse.add(
        row.get("coin"),
        total,
        free=max(ZERO, minus(total, locked)) if free is None else free,
        locked=locked,
        borrowed=borrowed,
        unrealised=unrealised,
    )


async def funding(exchange: Any, resolve: Resolve) -> Fetched:
    """total = walletBalance; transferBalance is the part that is free to move."""
    purse = Purse(exchange, resolve, "funding")
    reply = await exchange.privateGetV5AssetTransferQueryAccountCoinsBalance({"accountType": "FUND"})
    for row in rows_of(exchange, table_of(exchange, reply, "result"), "balance"):
        purse.add(row.get("coin"), purse.get(row, "walletBalance"), free=purse.find(row, "transferBalance"))
    return purse.fetched()


FUNDING = WalletPlan("funding", funding)
EVERYTHING = (trading("SPOT", "CONTRACT", inverse=True), FUNDING)

PLANS = {
    "bybit_spot": (trading("SPOT"), FUNDING),
    "bybit_usdt_perpetual": (trading("CONTRACT"), FUNDING),
    "bybit": EVERYTHING,
    "bybiteu": EVERYTHING,
    "bybitid": EVERYTHING,
}
"""By market code."""
