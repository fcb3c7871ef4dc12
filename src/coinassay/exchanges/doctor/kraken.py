"""Kraken: what a key may do. It may always ask that of itself.

https://docs.kraken.com/api-reference/account-data/get-api-key-info
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.exchanges.doctor.facts import KeyFacts, granted, moment, words
from coinassay.exchanges.reading import table_of

READS = ("query-funds",)
TRADES = ("modify-trades", "close-trades", "earn-funds", "earn")
WITHDRAWS = ("withdraw-funds",)
ALL = (
    *(*READS, *TRADES, *WITHDRAWS),
    *("query-open-trades", "query-closed-trades", "query-ledger", "export-data", "add-funds", "deposit-funds"),
    *("access-websockets", "ws-access-token"),
)


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    """`validUntil` 0: it does not expire."""
    row = table_of(exchange, await exchange.privatePostGetApiKeyInfo(), "result")
    permissions = words(row.get("permissions")) or ()
    addresses = words(row.get("ipAllowlist"))
    until = row.get("validUntil")
    expires_at = moment(until)
    return KeyFacts(
        may_read=granted(permissions, READS, ALL),
        may_trade=granted(permissions, TRADES, ALL),
        may_withdraw=granted(permissions, WITHDRAWS, ALL),
        ip_bound=Answer.of(None if addresses is None else bool(addresses)),
        expires=Answer.YES if expires_at else Answer.of(False if str(until) == "0" else None),
        expires_at=expires_at,
    )
