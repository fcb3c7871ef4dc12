"""Bybit (also EU and Indonesia): what a key may do.

https://bybit-exchange.github.io/docs/v5/user/apikey-info
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.exchanges.doctor.facts import KeyFacts, words
from coinassay.exchanges.reading import Row, table_of

NEVER = 1970
"""The year of `expiredAt` where the key does not expire: keys bound to an address have no date."""


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    """With readOnly 1 the permissions say what may be seen; nothing may be done."""
    row = table_of(exchange, await exchange.privateGetV5UserQueryApi(), "result")
    groups = {name: words(each) for name, each in table_of(exchange, row, "permissions").items()}
    may_trade = may_withdraw = Answer.UNKNOWN
    read_only = str(row.get("readOnly"))
    if read_only == "1":
        may_trade = may_withdraw = Answer.NO
    elif read_only == "0" and None not in groups.values():
        granted = [word for each in groups.values() for word in each or ()]
        may_withdraw = Answer.of("Withdraw" in granted)
        may_trade = Answer.of(any(word != "Withdraw" for word in granted))
    expires, expires_at = _expiry(row)
    return KeyFacts(
        may_trade=may_trade,
        may_withdraw=may_withdraw,
        ip_bound=_bound(row),
        expires=expires,
        expires_at=expires_at,
        unified=Answer.of("1" in (str(row.get("uta")), str(row.get("unified")))),
    )


def _bound(row: Row) -> Answer:
    """An unbound key has the address "*"."""
    addresses = words(row.get("ips"))
    return Answer.of("*" not in addresses) if addresses else Answer.UNKNOWN


def _expiry(row: Row) -> tuple[Answer, datetime | None]:
    try:
        at = datetime.fromisoformat(str(row.get("expiredAt")))
    except ValueError:
        return Answer.UNKNOWN, None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (Answer.NO, None) if at.year <= NEVER else (Answer.YES, at)
