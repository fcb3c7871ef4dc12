"""What can be connected: the market codes of 3Commas, and every other exchange of ccxt under its ccxt id.

Read from two data files, never from ccxt: markets.csv holds 3Commas's codes and how the wire names them,
ccxt_exchanges.json what ccxt says of each exchange (written by generate_markets). A code whose exchange is not in
ccxt is not offered: binance_tr waits for ccxt; bitmex, bittrex, ftx and ftx_us are gone.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from coinassay.domain.account import PAPER, Credentials
from coinassay.domain.market import Market
from coinassay.exchanges import credentials

CCXT_CREDENTIALS: Mapping[str, str] = {
    "secret": "secret",
    "api_key": "apiKey",
    "passphrase": "password",
    "customer_id": "uid",
    "login": "login",
    "account_id": "accountId",
    "wallet_address": "walletAddress",
    "private_key": "privateKey",
    "token": "token",
    "twofa": "twofa",
}
"""ccxt's name of each credential field of ours, in the order of the form (3Commas: secret before api_key)."""

GONE = frozenset(("bitmex", "bittrex", "ftx", "ftx_us", "ftxus"))
"""Codes 3Commas once had that stay closed, also if ccxt brings an exchange of that id back."""


HOUSES = (frozenset(("binance", "binanceusdm", "binancecoinm")), frozenset(("kucoin", "kucoinfutures")))
"""Exchanges of ccxt that one key opens. (krakenfutures and coinbaseexchange have keys of their own.)"""

SAME_ACCOUNTS = ("binance_futures", "binance_futures_eea")
"""Two codes for one and the same wallet."""


def ccxt_credentials(fields: Mapping[str, str]) -> dict[str, str]:
    """The credentials as a ccxt exchange object takes them."""
    return {CCXT_CREDENTIALS[name]: value for name, value in fields.items() if name in CCXT_CREDENTIALS}


class MarketTable:
    """The port `Markets`. Read on first use (2 ms), then kept."""

    def __init__(self) -> None:
        self._markets: dict[str, Market] | None = None

    def find(self, market_code: str) -> Market | None:
        return self._all().get(market_code)

    def list(self) -> Sequence[Market]:
        """3Commas's codes in the order of markets.csv, then the others by code."""
        return tuple(self._all().values())

    def check_credentials(self, market: Market, fields: Mapping[str, str]) -> Credentials:
        return credentials.check(market, fields)

    def sharing_keys(self, market: Market) -> Sequence[Market]:
        house = next((house for house in HOUSES if market.exchange_id in house), frozenset((market.exchange_id,)))
        same = SAME_ACCOUNTS if market.code in SAME_ACCOUNTS else SAME_ACCOUNTS[1:]
        others = (each for each in self.list() if each.exchange_id in house and each.code not in same)
        return (market, *(each for each in others if each.code != market.code and each.required == market.required))

    def _all(self) -> dict[str, Market]:
        if self._markets is None:
            self._markets = _read()
        return self._markets


def _read() -> dict[str, Market]:
    data = resources.files("coinassay.data")
    exchanges: dict[str, dict[str, Any]] = json.loads(data.joinpath("ccxt_exchanges.json").read_text("utf-8"))
    rows = list(csv.DictReader(data.joinpath("markets.csv").read_text("utf-8").splitlines()))
    markets: dict[str, Market] = {}
    for row in rows:
        exchange = exchanges.get(row["exchange_id"])
        if exchange is None and row["code"] != PAPER:
            continue
        markets[row["code"]] = Market(
            code=row["code"],
            exchange_id=row["exchange_id"],
            name=row["name"],
            display_type=row["display_type"],
            icon=row["icon"],
            kinds=tuple(row["kinds"].split()),
            required=_required(exchange),
            optional=tuple(row["optional"].split()),
            help_url=exchange["help_url"] if exchange else None,
            url=exchange["url"] if exchange else None,
            listed_name=row["listed_name"],
        )
    known = {row["exchange_id"] for row in rows}
    for exchange_id in sorted(exchanges.keys() - known - GONE):
        exchange = exchanges[exchange_id]
        markets[exchange_id] = Market(
            code=exchange_id,
            exchange_id=exchange_id,
            name=exchange["name"],
            display_type=exchange_id.capitalize(),
            icon=exchange_id,
            kinds=tuple(exchange["kinds"]),
            required=_required(exchange),
            help_url=exchange["help_url"],
            url=exchange["url"],
        )
    return markets


def _required(exchange: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Our names of the credentials, in the order of the form."""
    wanted = exchange["credentials"] if exchange else ()
    return tuple(ours for ours, theirs in CCXT_CREDENTIALS.items() if theirs in wanted)
