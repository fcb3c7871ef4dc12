"""Which wallets an account has, by its market, and how each is read.

Balances are in the convention of `coinassay.exchanges.reading`. What is special about an exchange is in its module
under `quirks`, each trap with its source. Nothing here imports ccxt: readers are given an exchange object.
"""

from __future__ import annotations

from collections.abc import Mapping

from coinassay.domain.account import PAPER
from coinassay.domain.market import Market
from coinassay.exchanges.generic import by_ccxt
from coinassay.exchanges.quirks import (
    backpack,
    binance,
    bitfinex,
    bitget,
    bullish,
    bybit,
    coinbase,
    cryptocom,
    delta,
    deribit,
    flat,
    gate,
    hitbtc,
    htx,
    hyperliquid,
    kraken,
    kucoin,
    latoken,
    lighter,
    ndax,
    okx,
    phemex,
    poloniex,
    whitebit,
)
from coinassay.exchanges.reading import Fetched, Resolve, WalletPlan

__all__ = ["Fetched", "Resolve", "WalletPlan", "plan"]

PLANS: Mapping[str, tuple[WalletPlan, ...]] = {
    **backpack.PLANS,
    **binance.PLANS,
    **bitfinex.PLANS,
    **bitget.PLANS,
    **bullish.PLANS,
    **bybit.PLANS,
    **coinbase.PLANS,
    **cryptocom.PLANS,
    **delta.PLANS,
    **deribit.PLANS,
    **flat.PLANS,
    **gate.PLANS,
    **hitbtc.PLANS,
    **htx.PLANS,
    **hyperliquid.PLANS,
    **kraken.PLANS,
    **kucoin.PLANS,
    **latoken.PLANS,
    **lighter.PLANS,
    **ndax.PLANS,
    **okx.PLANS,
    **phemex.PLANS,
    **poloniex.PLANS,
    **whitebit.PLANS,
    "bigone": (by_ccxt("spot"), by_ccxt("funding", {"type": "funding"})),
    "blofin": (by_ccxt("futures"), by_ccxt("funding", {"accountType": "funding"})),
}
"""By market code."""

SPOT = (by_ccxt("spot"),)
FUTURES = (by_ccxt("futures"),)


def plan(market: Market) -> tuple[WalletPlan, ...]:
    """Every wallet of the market, the primary one first; nothing for paper trading, which ccxt does not read."""
    if market.code == PAPER:
        return ()
    return PLANS.get(market.code) or (FUTURES if market.kinds == ("futures",) else SPOT)
