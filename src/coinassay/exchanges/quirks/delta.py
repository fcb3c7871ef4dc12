"""Delta Exchange.

Trap: ccxt's code comes from a number (asset_id) and needs the whole catalogue of products. The rows name the asset
too; where they do not, the list of assets is asked once an hour.

Fields: https://docs.delta.exchange/#get-wallet-balances
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import LONG, Fetched, Purse, Resolve, WalletPlan, remembered, rows_of


async def _symbols(exchange: Any) -> dict[str, str]:
    async def ask() -> dict[str, str]:
        rows = rows_of(exchange, await exchange.publicGetAssets(), "result")
        return {str(row.get("id")): str(row.get("symbol")) for row in rows}

    symbols: dict[str, str] = await remembered(exchange, "currencies", ask, LONG)
    return symbols


async def wallet(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balance."""
    purse = Purse(exchange, resolve, "futures")
    for row in rows_of(exchange, await exchange.privateGetWalletBalances(), "result"):
        total = purse.get(row, "balance")
        if total:
            asset = row.get("asset_symbol") or (await _symbols(exchange)).get(str(row.get("asset_id")))
            purse.add(asset, total, free=purse.find(row, "available_balance"))
    return purse.fetched()


PLANS = {"delta": (WalletPlan("futures", wallet),)}
"""By market code."""
