"""How often a simulated exchange may be asked, as the real one enforces it.

Binance: weight by address, in minutes of the exchange's clock (a request of 00:01:23 counts towards 00:01:00); /api has
6000 a minute, /fapi and /dapi 2400 each, each endpoint of /sapi 12000. Beyond it: 429 with Retry-After; who goes on
asking /api, /fapi or /dapi nevertheless is banned with 418, for two minutes first.
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits,
https://developers.binance.com/docs/binance-spot-api-docs/websocket-api/rate-limits,
https://dev.binance.vision/t/request-limit-on-the-api-endpoints/9275; weights are those of each endpoint's own page.

Kraken: a counter for each API key that each private call adds 1 to (histories 2), that falls by 0.33 a second and may
reach 15. https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from coinassay.testing.http import Reply, Request, json_reply
from coinassay.testing.simulator.binance_errors import BinanceError

MINUTE = 60_000
"""Milliseconds."""

FIRST_BAN = 120
"""Seconds; each further one is twice as long."""

TOLERATED = 10
"""Requests that are refused with 429 in a minute before the ban."""

API, FUTURES, SAPI = 6000, 2400, 12000
BINANCE_US = 1200

WEIGHTS: Mapping[str, int] = {
    "/api/v3/account": 20,
    "/api/v3/exchangeInfo": 20,
    "/api/v3/myTrades": 20,
    "/sapi/v1/simple-earn/flexible/position": 150,
    "/sapi/v1/simple-earn/locked/position": 150,
    "/sapi/v1/margin/account": 10,
    "/sapi/v1/margin/isolated/account": 10,
    "/sapi/v1/capital/config/getall": 10,
    "/fapi/v2/account": 5,
    "/fapi/v3/account": 5,
    "/fapi/v2/balance": 5,
    "/fapi/v3/balance": 5,
    "/dapi/v1/account": 5,
}
"""All others: 1."""

OF_ALL_MARKETS: Mapping[str, tuple[int, int]] = {
    "/api/v3/ticker/24hr": (2, 80),
    "/api/v3/ticker/price": (2, 4),
    "/api/v3/ticker/bookTicker": (2, 4),
    "/fapi/v1/ticker/24hr": (1, 40),
    "/dapi/v1/ticker/24hr": (1, 40),
}
"""Of one market, and of all of them."""

KRAKEN_MOST, KRAKEN_DECAY = 15.0, 0.33
KRAKEN_HISTORIES = ("Ledgers", "TradesHistory", "QueryLedgers", "QueryTrades")


class Limits(Protocol):
    refused: int
    """Requests that were refused so far."""
    most: Counter[str]
    """The most that was counted at any time, by what is counted together."""

    def refusal(self, request: Request, api_key: str | None) -> Reply | None:
        """Counts the request; what it is answered with when it is one too many."""
        ...

    def told(self, request: Request) -> Mapping[str, str]:
        """The headers that say what was counted so far."""
        ...


def limits_of(dialect: str, clock: Callable[[], int]) -> Limits:
    """`clock`: milliseconds since 1970."""
    if dialect == "kraken":
        return KrakenLimits(clock)
    return BinanceLimits(clock, api=BINANCE_US if dialect == "binanceus" else API)


@dataclass
class BinanceLimits:
    clock: Callable[[], int]
    api: int = API
    refused: int = 0
    most: Counter[str] = field(default_factory=Counter)
    _minute: int = 0
    _used: Counter[tuple[str, str]] = field(default_factory=Counter)
    _insisted: Counter[str] = field(default_factory=Counter)
    """Refused requests of this minute by address."""
    _banned_until: dict[str, int] = field(default_factory=dict)
    _bans: Counter[str] = field(default_factory=Counter)

    def refusal(self, request: Request, api_key: str | None) -> Reply | None:
        now, peer = self.clock(), request.peer
        if now // MINUTE != self._minute:
            self._minute = now // MINUTE
            self._used.clear()
            self._insisted.clear()
        pool, limit = self._pool(request.path)
        may_ban = not pool.startswith("/sapi")
        until = self._banned_until.get(peer, 0)
        if may_ban and now < until:
            return self._refuse(418, f"Way too much request weight used; IP banned until {until}.", until - now)
        self._used[peer, pool] += weight(request)
        used = self._used[peer, pool]
        self.most[pool] = max(self.most[pool], used)
        if used <= limit:
            return None
        if may_ban:
            self._insisted[peer] += 1
            if self._insisted[peer] > TOLERATED:
                self._banned_until[peer] = now + FIRST_BAN * 1000 * 2 ** self._bans[peer]
                self._bans[peer] += 1
        text = f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
        return self._refuse(429, text, MINUTE - now % MINUTE)

    def told(self, request: Request) -> Mapping[str, str]:
        pool, _ = self._pool(request.path)
        name = "X-SAPI-USED-IP-WEIGHT-1M" if pool.startswith("/sapi") else "X-MBX-USED-WEIGHT-1M"
        return {name: str(self._used[request.peer, pool])}

    def _pool(self, path: str) -> tuple[str, int]:
        if path.startswith("/sapi"):
            return path, SAPI
        if path.startswith(("/fapi", "/dapi")):
            return path[:5], FUTURES
        return "/api", self.api

    def _refuse(self, status: int, text: str, wait: int) -> Reply:
        self.refused += 1
        return BinanceError(status, -1003, text, {"Retry-After": str(math.ceil(wait / 1000))}).reply()


def weight(request: Request) -> int:
    one, every = OF_ALL_MARKETS.get(request.path, (0, 0))
    if every:
        return one if "symbol" in request.params else every
    return WEIGHTS.get(request.path, 1)


@dataclass
class KrakenLimits:
    clock: Callable[[], int]
    refused: int = 0
    most: Counter[str] = field(default_factory=Counter)
    _counters: dict[str, tuple[float, int]] = field(default_factory=dict)
    """By API key: the counter, and when it stood there."""

    def refusal(self, request: Request, api_key: str | None) -> Reply | None:
        if not request.path.startswith("/0/private/") or api_key is None:
            return None
        now = self.clock()
        counter, at = self._counters.get(api_key, (0.0, now))
        counter = max(0.0, counter - (now - at) / 1000 * KRAKEN_DECAY)
        counter += 2 if request.path.endswith(KRAKEN_HISTORIES) else 1
        self._counters[api_key] = counter, now
        self.most["key"] = max(self.most["key"], math.ceil(counter))
        if counter <= KRAKEN_MOST:
            return None
        self.refused += 1
        return json_reply({"error": ["EAPI:Rate limit exceeded"]})

    def told(self, request: Request) -> Mapping[str, str]:
        return {}
