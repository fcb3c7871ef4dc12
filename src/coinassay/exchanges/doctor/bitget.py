"""Bitget: what a key may do. A unified account has a request of its own; the classic one refuses it.

https://www.bitget.com/api-doc/spot/account/Get-Account-Info, https://www.bitget.com/api-doc/uta/account/Get-Account-Info
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.exchanges.doctor.facts import KeyFacts, granted, words
from coinassay.exchanges.reading import Row, refused_with, table_of

UNIFIED = "40085"

READS = ("coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor", "p2pr", "pllr")
TRADES = ("coow", "cpow", "stow", "smow", "ttow", "wtow", "chow", "p2p", "p2pw", "pllw", "trade")
WITHDRAWS = ("wwow",)
ALL = (*READS, *TRADES, *WITHDRAWS, "taxw")
"""The documented example says "trade" and "readonly", which the documented list does not have: with those, whether the
key may withdraw stays open."""

UTA_TRADES = ("uta_trade", "uta_mgt", "copy_futures_position", "copy_futures_order")
UTA_WITHDRAWS = ("withdraw",)
UTA_ALL = (*UTA_TRADES, *UTA_WITHDRAWS)


async def ask(exchange: Any, credentials: Credentials) -> KeyFacts:
    from ccxt.base.errors import BaseError

    try:
        row = table_of(exchange, await exchange.privateSpotGetV2SpotAccountInfo(), "data")
    except BaseError as e:
        if not refused_with(e, UNIFIED):
            raise
        return _unified(table_of(exchange, await exchange.privateUtaGetV3AccountInfo(), "data"))
    permissions = words(row.get("authorities")) or ()
    return KeyFacts(
        may_trade=granted(permissions, TRADES, ALL),
        may_withdraw=granted((each for each in permissions if each != "trade"), WITHDRAWS, ALL),
        ip_bound=_bound(row),
        unified=Answer.NO,
    )


def _unified(row: Row) -> KeyFacts:
    """With the type "read-only" the permissions say what may be seen."""
    permissions = words(row.get("permissions")) or ()
    read_only = str(row.get("permType")).replace("_", "-") == "read-only"
    return KeyFacts(
        may_trade=Answer.NO if read_only else granted(permissions, UTA_TRADES, UTA_ALL),
        may_withdraw=Answer.NO if read_only else granted(permissions, UTA_WITHDRAWS, UTA_ALL),
        ip_bound=_bound(row),
        unified=Answer.YES,
    )


def _bound(row: Row) -> Answer:
    """An unbound key has no addresses."""
    addresses = words(row.get("ips"))
    return Answer.of(None if addresses is None else bool(addresses))
