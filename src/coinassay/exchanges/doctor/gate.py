"""Gate: what a key may do.

https://www.gate.com/docs/developers/apiv4/#query-all-main-account-key-information lists the keys of the account, each
cut off ("c5dcfbf1f3a7*****"); some answers are the asking key's entry alone. Whether the list names the permission to
withdraw is not documented: where it does not, that stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.exchanges.doctor.facts import KeyFacts, words
from coinassay.exchanges.reading import Row, table_of

UNIFIED = "2"
LEAST_SHOWN = 6
"""Characters of a key that is cut off, below which it is not taken for the asking one."""


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    from ccxt.base.errors import BaseError

    detail = table_of(exchange, await exchange.privateAccountGetDetail())
    try:
        keys = await exchange.privateAccountGetMainKeys()
    except BaseError:
        keys = None  # a key of a sub-account, or without the permission "account"
    addresses = words(detail.get("ip_whitelist"))
    permissions = _permissions(_own(keys, credentials.get("api_key", "")))
    withdrawals = [read_only for name, read_only in permissions if "withdraw" in name]
    others = [read_only for name, read_only in permissions if "withdraw" not in name]
    return KeyFacts(
        may_trade=_one_writes(others),
        may_withdraw=_one_writes(withdrawals),
        ip_bound=Answer.of(None if addresses is None else bool(addresses)),
        unified=Answer.of(str(table_of(exchange, detail, "key").get("mode")) == UNIFIED),
    )


def _own(keys: object, api_key: str) -> Row | None:
    """The entry of the key that asks; None where it is not to be told for sure."""
    if isinstance(keys, dict):
        return keys
    found = [row for row in keys if isinstance(row, dict) and _is(row, api_key)] if isinstance(keys, list) else []
    return found[0] if len(found) == 1 else None


def _is(row: Row, api_key: str) -> bool:
    shown = str(row.get("key", ""))
    start = shown.rstrip("*")
    return shown == api_key or (start != shown and len(start) >= LEAST_SHOWN and api_key.startswith(start))


def _permissions(row: Row | None) -> list[tuple[str, bool | None]]:
    """Each permission with whether it is for reading only; None where that is not said."""
    given = row.get("perms") if row else None
    return [
        (str(each.get("name")).lower(), each["read_only"] if isinstance(each.get("read_only"), bool) else None)
        for each in (given if isinstance(given, list) else ())
        if isinstance(each, dict)
    ]


def _one_writes(read_only: Sequence[bool | None]) -> Answer:
    if False in read_only:
        return Answer.YES
    return Answer.NO if read_only and None not in read_only else Answer.UNKNOWN
