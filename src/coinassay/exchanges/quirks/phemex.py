"""Phemex.

Trap: amounts are integers, scaled by a power of ten of each currency (8 for most, 4 for USD). ccxt takes the power from
its catalogue and 8 without one: USD would be off by 10,000. The catalogue of currencies is asked once an hour, and a
currency that is not in it is an answer that cannot be read rather than a guess.

Fields: https://phemex-docs.github.io/#query-wallets
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT
from coinassay.exchanges.reading import (
    LONG,
    Fetched,
    Purse,
    Resolve,
    WalletPlan,
    minus,
    number,
    plus,
    remembered,
    rows_of,
    unexpected,
)


async def _scales(exchange: Any) -> dict[str, int]:
    async def ask() -> dict[str, int]:
        rows = rows_of(exchange, await exchange.v2GetPublicProducts(), "data", "currencies")
        return {str(row.get("currency")): int(number(exchange, row.get("valueScale"))) for row in rows}

    scales: dict[str, int] = await remembered(exchange, "currencies", ask, LONG)
    return scales


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balanceEv, locked = lockedTradingBalanceEv + lockedWithdrawEv, all x 10**-valueScale."""
    purse = Purse(exchange, resolve, "spot")
    scales = await _scales(exchange)
    for row in rows_of(exchange, await exchange.privateGetSpotWallets(), "data"):
        total = purse.get(row, "balanceEv")
        locked = plus(purse.find(row, "lockedTradingBalanceEv"), purse.find(row, "lockedWithdrawEv"))
        if not (total or locked):
            continue
        scale = scales.get(str(row.get("currency")))
        if scale is None:
            raise unexpected(exchange, "the scale of a currency it holds")
        total, locked = _scaled(total, scale), _scaled(locked, scale)
        purse.add(row.get("currency"), total, free=minus(total, locked), locked=locked)
    return purse.fetched()


def _scaled(amount: Decimal, scale: int) -> Decimal:
    return CONTEXT.scaleb(amount, -scale)


PLANS = {"phemex": (WalletPlan("spot", spot),)}
"""By market code."""
