"""Bitget.

Traps, and where they come from:
- A unified account (UTA) has other calls; the classic ones refuse it (code 40085). /v3/account/settings answers for a
  unified account only. ccxt takes any failure of that question, also a timeout, for "classic": here only a refusal.
- A classic account keeps a futures wallet for each product type, and ccxt reads one of them.
- accountEquity is the wallet with unrealisedPL in it.
- ccxt's `total` of a unified row is its equity, with `debt` set as well: the debt is already off.

Fields: https://www.bitget.com/api-doc/
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import (
    NOTHING,
    Fetched,
    Purse,
    Resolve,
    WalletPlan,
    is_refused,
    minus,
    plus,
    remembered,
    rows_of,
    table_of,
)

PRODUCTS = ("USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES")


async def _is_unified(exchange: Any) -> bool:
    from ccxt.base.errors import BaseError

    async def ask() -> bool:
        try:
            table_of(exchange, await exchange.privateUtaGetV3AccountSettings(), "data")
        except BaseError as e:
            if is_refused(e):
                return False
            raise
        return True

    return bool(await remembered(exchange, "account mode", ask))


async def _unified(exchange: Any, resolve: Resolve, name: str) -> Fetched:
    """equity = equity, borrowed = debt, so total = equity + debt."""
    purse = Purse(exchange, resolve, name)
    for row in rows_of(exchange, await exchange.privateUtaGetV3AccountAssets(), "data", "assets"):
        borrowed = plus(purse.find(row, "debt"))
        purse.add(
            row.get("coin"),
            plus(purse.get(row, "equity"), borrowed),
            free=purse.find(row, "available"),
            locked=purse.find(row, "locked"),
            borrowed=borrowed,
        )
    return purse.fetched()


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + frozen + locked."""
    if await _is_unified(exchange):
        return await _unified(exchange, resolve, "spot")
    purse = Purse(exchange, resolve, "spot")
    for row in rows_of(exchange, await exchange.privateSpotGetV2SpotAccountAssets(), "data"):
        free = purse.get(row, "available")
        locked = plus(purse.find(row, "frozen"), purse.find(row, "locked"))
        purse.add(row.get("coin"), plus(free, locked), free=free, locked=locked)
    return purse.fetched()


async def funding(exchange: Any, resolve: Resolve) -> Fetched:
    """Unified accounts only: a classic account has its deposits in spot."""
    if not await _is_unified(exchange):
        return NOTHING
    purse = Purse(exchange, resolve, "funding")
    for row in rows_of(exchange, await exchange.privateUtaGetV3AccountFundingAssets(), "data"):
        total, free, locked = purse.get(row, "balance"), purse.find(row, "available"), purse.find(row, "frozen")
        purse.add(row.get("coin"), total, free=free, locked=locked)
    return purse.fetched()


async def futures(exchange: Any, resolve: Resolve) -> Fetched:
    """total = accountEquity - unrealizedPL, over all product types."""
    if await _is_unified(exchange):
        return await _unified(exchange, resolve, "futures")
    purse = Purse(exchange, resolve, "futures")
    for product in PRODUCTS:
        reply = await exchange.privateMixGetV2MixAccountAccounts({"productType": product})
        for row in rows_of(exchange, reply, "data"):
            unrealised = plus(purse.find(row, "unrealizedPL"))
            purse.add(
                row.get("marginCoin"),
                minus(purse.get(row, "accountEquity"), unrealised),
                free=purse.find(row, "maxTransferOut", "available"),
                unrealised=unrealised,
            )
    return purse.fetched()


PLANS = {
    "bitget": (WalletPlan("spot", spot), WalletPlan("funding", funding)),
    "bitget_futures": (WalletPlan("futures", futures),),
}
"""By market code."""
