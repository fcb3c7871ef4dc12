"""HitBTC, and its sisters Bequant and FMFW.io.

Traps, and where they come from:
- Deposits land in the wallet, ccxt reads the spot account.
- What is reserved for margin is in neither `available` nor `reserved`.

Fields: https://api.hitbtc.com/#get-spot-trading-balance
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, rows_of


def _add(purse: Purse, reply: object) -> Fetched:
    """total = available + reserved + reserved_margin."""
    for row in rows_of(purse.exchange, reply):
        free = purse.get(row, "available")
        locked = plus(purse.find(row, "reserved"), purse.find(row, "reserved_margin"))
        purse.add(row.get("currency"), plus(free, locked), free=free, locked=locked)
    return purse.fetched()


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    return _add(Purse(exchange, resolve, "spot"), await exchange.privateGetSpotBalance())


async def wallet(exchange: Any, resolve: Resolve) -> Fetched:
    return _add(Purse(exchange, resolve, "funding"), await exchange.privateGetWalletBalance())


EVERYTHING = (WalletPlan("spot", spot), WalletPlan("funding", wallet))

PLANS = {"hitbtc": EVERYTHING, "bequant": EVERYTHING, "fmfwio": EVERYTHING}
"""By market code."""
