"""OKX (also its EEA and US houses): what a key may do.

`perm` and `ip` of https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.exchanges.doctor.facts import KeyFacts, granted, words
from coinassay.exchanges.reading import rows_of, unexpected

ALL = ("read_only", "trade", "withdraw")


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    """One trading account holds spot and derivatives alike. When a key expires is not told: one without an address
    that may trade or withdraw does after 14 days without a request."""
    rows = rows_of(exchange, await exchange.privateGetAccountConfig(), "data")
    if not rows:
        raise unexpected(exchange, "an account")
    permissions = words(rows[0].get("perm")) or ()
    addresses = words(rows[0].get("ip"))
    return KeyFacts(
        may_read=granted(permissions, ("read_only",), ALL),
        may_trade=granted(permissions, ("trade",), ALL),
        may_withdraw=granted(permissions, ("withdraw",), ALL),
        ip_bound=Answer.of(None if addresses is None else bool(addresses)),
        unified=Answer.YES,
    )
