"""Binance: what a key may do (not of Binance.US, which documents no such request).

https://developers.binance.com/docs/wallet/account/api-key-permission
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.account import Credentials
from coinassay.exchanges.doctor.facts import KeyFacts, any_of, flag
from coinassay.exchanges.reading import table_of, unexpected

TRADES = ("enableSpotAndMarginTrading", "enableMargin", "enableFutures")
"""Always there."""

MORE_TRADES = (
    *("enableVanillaOptions", "enablePortfolioMarginTrading", "enableFixApiTrade"),
    *("enableInternalTransfer", "permitsUniversalTransfer"),
)
"""Came over the years, and may be missing."""


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    """tradingAuthorityExpirationTime is when trading ends, not the key; when the key expires is not told."""
    row = table_of(exchange, await exchange.sapiGetAccountApiRestrictions())
    if "ipRestrict" not in row:
        raise unexpected(exchange, '"ipRestrict"')
    return KeyFacts(
        may_read=flag(row, "enableReading"),
        may_trade=any_of(flag(row, name) for name in (*TRADES, *(each for each in MORE_TRADES if each in row))),
        may_withdraw=flag(row, "enableWithdrawals"),
        ip_bound=flag(row, "ipRestrict"),
    )
