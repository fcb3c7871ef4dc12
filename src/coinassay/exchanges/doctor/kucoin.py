"""KuCoin: what a key may do.

https://www.kucoin.com/docs-new/rest/account-info/account-funding/get-apikey-info
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.domain.money import NotANumber, decimal_of
from coinassay.exchanges.doctor.facts import KeyFacts, granted, moment, words
from coinassay.exchanges.reading import Row, table_of

READS = ("General",)
TRADES = ("Spot", "Margin", "Futures", "Unified", "Trade", "InnerTransfer", "Earn")
"""InnerTransfer moves coins between wallets of one owner."""
WITHDRAWS = ("Transfer", "Withdraw", "Withdrawal")
"""KuCoin's name of it is Transfer: deposits and withdrawals."""
ALL = (*READS, *TRADES, *WITHDRAWS)


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    """`ipWhitelist` is left out or empty where the key is not bound."""
    row = table_of(exchange, await exchange.privateGetUserApiKey(), "data")
    permissions = words(row.get("permission")) or ()
    addresses = words(row.get("ipWhitelist") or "")
    expires_at = moment(_seconds(row))
    return KeyFacts(
        may_read=granted(permissions, READS, ALL),
        may_trade=granted(permissions, TRADES, ALL),
        may_withdraw=granted(permissions, WITHDRAWS, ALL),
        ip_bound=Answer.of(None if addresses is None else bool(addresses)),
        expires=Answer.YES if expires_at else Answer.UNKNOWN,
        expires_at=expires_at,
    )


def _seconds(row: Row) -> int | None:
    """`expiredAt` in milliseconds, which not every answer has."""
    value = row.get("expiredAt")
    try:
        return int(decimal_of(value)) // 1000 if isinstance(value, (str, int)) else None
    except NotANumber:
        return None
