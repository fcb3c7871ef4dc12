"""Gate.

Traps, and where they come from:
- A unified account keeps spot and futures money in one wallet of its own; /account/detail says so (key.mode 2). ccxt
  takes any failure of that question, also a timeout, for "classic" and would then read nearly empty wallets: here only
  a refusal means classic.
- ccxt's `debt` of margin and unified rows leaves the interest out.
- A futures `total` has no unrealised profit in it; a user who never opened futures gets USER_NOT_FOUND.
- POINT is a prepaid fee credit of the exchange, not money.

Fields: https://www.gate.com/docs/developers/apiv4/
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import (
    NOTHING,
    Fetched,
    Purse,
    Resolve,
    WalletPlan,
    inside,
    is_refused,
    plus,
    refused_with,
    remembered,
    rows_of,
    table_of,
    unexpected,
)

UNIFIED = "2"
NOT_MONEY = ("POINT",)


async def _is_unified(exchange: Any) -> bool:
    from ccxt.base.errors import BaseError

    async def ask() -> bool:
        try:
            reply = await exchange.privateAccountGetDetail()
        except BaseError as e:
            if is_refused(e):
                return False
            raise
        return str(inside(exchange, reply, "key", "mode")) == UNIFIED

    return bool(await remembered(exchange, "account mode", ask))


async def _unified(exchange: Any, resolve: Resolve, name: str) -> Fetched:
    """`equity` is what Gate says the coin is worth after its liabilities: it stays the equity to the last digit.
    borrowed = total_liab, or its parts."""
    purse = Purse(exchange, resolve, name)
    reply = await exchange.privateUnifiedGetAccounts()
    for currency, row in table_of(exchange, reply, "balances").items():
        if currency in NOT_MONEY:
            continue
        if not isinstance(row, dict):
            raise unexpected(exchange, "a balance")
        borrowed = purse.find(row, "total_liab")
        if borrowed is None:
            borrowed = plus(*(purse.find(row, part) for part in ("borrowed", "negative_liab", "futures_pos_liab")))
        purse.add(
            currency,
            plus(purse.get(row, "equity"), borrowed),
            free=purse.find(row, "available"),
            locked=purse.find(row, "freeze", "total_freeze"),
            borrowed=borrowed,
        )
    return purse.fetched()


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + locked."""
    if await _is_unified(exchange):
        return await _unified(exchange, resolve, "spot")
    purse = Purse(exchange, resolve, "spot")
    for row in rows_of(exchange, await exchange.privateSpotGetAccounts()):
        free, locked = purse.get(row, "available"), purse.find(row, "locked") or ZERO
        if row.get("currency") not in NOT_MONEY:
            purse.add(row.get("currency"), plus(free, locked), free=free, locked=locked)
    return purse.fetched()


async def isolated_margin(exchange: Any, resolve: Resolve) -> Fetched:
    """Both legs of every pair: total = available + locked, borrowed = borrowed + interest."""
    purse = Purse(exchange, resolve, "isolated")
    for pair in rows_of(exchange, await exchange.privateMarginGetAccounts()):
        for leg in ("base", "quote"):
            row = table_of(exchange, pair, leg)
            free, locked = purse.get(row, "available"), purse.find(row, "locked") or ZERO
            borrowed = plus(purse.find(row, "borrowed"), purse.find(row, "interest"))
            purse.add(row.get("currency"), plus(free, locked), free=free, locked=locked, borrowed=borrowed)
    return purse.fetched()


def perpetual(settle: str) -> WalletPlan:
    """total = total, unrealised = unrealised_pnl."""

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        from ccxt.base.errors import BaseError

        if await _is_unified(exchange):
            return await _unified(exchange, resolve, "futures")
        purse = Purse(exchange, resolve, "futures")
        try:
            reply = await exchange.privateFuturesGetSettleAccounts({"settle": settle})
        except BaseError as e:
            if refused_with(e, "USER_NOT_FOUND"):
                return NOTHING
            raise
        row = table_of(exchange, reply)
        purse.add(
            row.get("currency"),
            purse.get(row, "total"),
            free=purse.find(row, "available"),
            unrealised=purse.find(row, "unrealised_pnl"),
        )
        return purse.fetched()

    return WalletPlan("futures", fetch)


SPOT = (WalletPlan("spot", spot), WalletPlan("isolated", isolated_margin))

PLANS = {
    "gate_io": SPOT,
    "gateeu": SPOT,
    "gate_io_usdt_perpetual": (perpetual("usdt"),),
    "gate_io_btc_perpetual": (perpetual("btc"),),
}
"""By market code."""
