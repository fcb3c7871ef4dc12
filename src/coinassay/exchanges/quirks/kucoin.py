"""KuCoin, and KuCoin Futures.

Traps, and where they come from:
- ccxt reads `trade` by default, but deposits land in `main`; high-frequency trading has a wallet of its own.
- Cross margin: ccxt 4.5.90 loses the debt. The reply has `liability` and no `interest`, and
  Precise.string_add(liability, None) is None. Read from the rows here.
- The margin totals leave the debt in.
- Isolated margin keeps two legs for each pair.
- A unified account (UTA) has other calls, and the old ones know nothing of it: /ua/v1/account/mode says which. ccxt
  keeps the answer for ever; here it is asked at each load.
- KuCoin Futures tells one settlement currency a call, and ccxt asks for USDT alone.

Fields: https://www.kucoin.com/docs-new/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from coinassay.exchanges.reading import (
    NOTHING,
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
    table_of,
)

SETTLED_IN = ("USDT", "USDC", "XBT", "ETH", "SOL", "XRP", "DOT")
"""What KuCoin's futures are settled in."""


async def _is_unified(exchange: Any) -> bool:
    async def ask() -> bool:
        exchange.options["uta"] = None
        return bool(await exchange.is_uta_enabled())

    return bool(await remembered(exchange, "account mode", ask))


def _classic(name: str, kind: str, unified: str | None) -> WalletPlan:
    """A wallet of /api/v1/accounts; under a unified account the wallet `unified` of that, or nothing."""

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        if await _is_unified(exchange):
            return await _unified(exchange, resolve, name, unified) if unified else NOTHING
        purse = Purse(exchange, resolve, name)
        for row in rows_of(exchange, await exchange.privateGetAccounts({"type": kind}), "data"):
            if inside(exchange, row, "type") == kind:
                free, locked = purse.find(row, "available"), purse.find(row, "holds")
                purse.add(row.get("currency"), purse.get(row, "balance"), free=free, locked=locked)
        return purse.fetched()

    return WalletPlan(name, fetch)


async def _unified(exchange: Any, resolve: Resolve, name: str, kind: str) -> Fetched:
    """`equity` is what KuCoin says the coin is worth after its liability; it stays the equity to the last digit."""
    if kind == "unified":
        reply = await exchange.utaPrivateGetAccountModeAccountBalance({"accountMode": kind})
    else:
        reply = await exchange.utaPrivateGetAccountBalance({"accountType": kind})
    purse = Purse(exchange, resolve, name)
    for account in rows_of(exchange, reply, "data", "accounts"):
        for row in rows_of(exchange, account, "currencies"):
            borrowed = plus(purse.find(row, "liability"), purse.find(row, "interest"))
            unrealised = plus(purse.find(row, "unrealisedPnl", "unrealizedPnl"))
            equity = purse.find(row, "equity")
            total = purse.get(row, "balance") if equity is None else minus(plus(equity, borrowed), unrealised)
            purse.add(
                row.get("currency"),
                total,
                free=purse.find(row, "available"),
                locked=purse.find(row, "hold"),
                borrowed=borrowed,
                unrealised=unrealised,
            )
    return purse.fetched()


async def cross_margin(exchange: Any, resolve: Resolve) -> Fetched:
    """total = totalBalance, borrowed = liability + interest where it is told."""
    if await _is_unified(exchange):
        return NOTHING  # it is in the unified wallet
    purse = Purse(exchange, resolve, "margin")
    _add_margin(purse, rows_of(exchange, await exchange.privateGetMarginAccount(), "data", "accounts"))
    return purse.fetched()


async def isolated_margin(exchange: Any, resolve: Resolve) -> Fetched:
    if await _is_unified(exchange):
        return await _unified(exchange, resolve, "isolated", "ISOLATED")
    purse = Purse(exchange, resolve, "isolated")
    for pair in rows_of(exchange, await exchange.privateGetIsolatedAccounts(), "data", "assets"):
        _add_margin(purse, (table_of(exchange, pair, leg) for leg in ("baseAsset", "quoteAsset")))
    return purse.fetched()


def _add_margin(purse: Purse, rows: Iterable[Row]) -> None:
    for row in rows:
        purse.add(
            row.get("currency"),
            purse.get(row, "totalBalance", "total"),
            free=purse.find(row, "availableBalance", "available"),
            locked=purse.find(row, "holdBalance", "hold"),
            borrowed=plus(purse.get(row, "liability"), purse.find(row, "interest", "liabilityInterest")),
        )


async def futures(exchange: Any, resolve: Resolve) -> Fetched:
    """accountEquity is the wallet with unrealisedPNL in it: total = accountEquity - unrealisedPNL."""
    purse = Purse(exchange, resolve, "futures")
    for currency in SETTLED_IN:
        reply = await exchange.futuresPrivateGetAccountOverview({"currency": currency})
        row = table_of(exchange, reply, "data")
        unrealised = plus(purse.find(row, "unrealisedPNL"))
        purse.add(
            row.get("currency"),
            minus(purse.get(row, "accountEquity"), unrealised),
            free=purse.find(row, "availableBalance"),
            unrealised=unrealised,
        )
    return purse.fetched()


PLANS = {
    "kucoin": (
        _classic("trade", "trade", "unified"),
        _classic("main", "main", "FUNDING"),
        _classic("trade_hf", "trade_hf", None),
        WalletPlan("margin", cross_margin),
        WalletPlan("isolated", isolated_margin),
    ),
    "kucoinfutures": (WalletPlan("futures", futures),),
}
"""By market code."""
