"""How often each exchange may be asked, as it publishes it.

Units are ccxt's: an endpoint has a `cost`, and an exchange lets one unit pass every `rateLimit` milliseconds. That is a
leaky bucket, one for each exchange object; where an exchange is known to count otherwise, it is said here:

Binance counts weight by IP address and by minute of its own clock, and each family of endpoints apart:
- /api: 6000 a minute together (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits). ccxt's cost
  is 0.2 for a weight of 1 (`account`: weight 20, cost 4), so 1200 units.
- /sapi: each endpoint has 12000 a minute of its own, or 180000 for each user where it is counted by user
  (https://dev.binance.vision/t/request-limit-on-the-api-endpoints/9275). Costs are 0.1 for a weight of 1 (locked Simple
  Earn: weight 150, cost 15), or 0.006667: 1200 units both.
- /fapi and /dapi: 2400 a minute each, cost 1 for a weight of 1
  (https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info).
- /papi: 6000 a minute, cost 0.2 for a weight of 1
  (https://developers.binance.com/docs/derivatives/portfolio-margin/general-info).
A minute's limit may be used at once
(https://developers.binance.com/docs/binance-spot-api-docs/websocket-api/rate-limits, "How to interpret rate limits").

Binance.US: 1200 a minute, as ccxt has it ("1200 req per min"), cost 1 for a weight of 1.

Kraken counts private calls for each API key: a counter that may reach 15 and falls by 0.33 a second for the lowest tier
(https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits); ccxt's cost is 3 for 1 of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from coinassay.exchanges.meters import Bucket, Meter, Window

SAFE = 0.95
"""The share of a published window that is used: other programs may ask from the same address, and clocks differ."""

MINUTE = 60.0

BURST_SHARE = 0.2
"""The share of a window's units that may go at once where ccxt's rate holds. The rest flows evenly, so that no window
sees more than the limit: burst + rate x window = limit."""

SLOW = 5.0
"""Units a second below which an exchange's limit is taken to be one by the minute: those of Kraken, Bitso, bitFlyer or
BTC Markets are, and a load of several requests in a row need not be spread over seconds there."""

CCXTS_DEFAULT_WINDOW = 60_000.0
"""ccxt's `rollingWindowSize` where it does not know the exchange's own."""


class Flow(NamedTuple):
    """Evenly, with a burst."""

    rate: float
    """Units a second."""
    burst: float
    """Units at once."""

    def meter(self, now: float) -> Meter:
        return Bucket(self.rate, self.burst, now)


class PerMinute(NamedTuple):
    """So many units in any minute."""

    units: float
    kept: float = 0.0
    """Of these, for shared requests alone: a list of all prices, a catalogue."""

    def meter(self, now: float) -> Meter:
        return Window(self.units, MINUTE, self.kept, now)


class Budget(NamedTuple):
    """What a request is counted against."""

    pool: str
    """Requests of the same name are counted together."""
    allowance: Flow | PerMinute
    least: float = 0.0
    """Units a request takes at least, where ccxt's cost is below the published weight."""
    by_key: bool = False
    """Each API key has one of its own."""
    weight: float = 0.0
    """ccxt's cost for a weight of 1, where the exchange says in its answers what weight it has counted."""


Budgets = Callable[[str, str], Budget]
"""By ccxt's api ("sapi", "private") and path ("capital/config/getall")."""

FAMILIES: Mapping[str, str] = {"binancecoinm": "binance", "binanceusdm": "binance"}
"""ccxt's exchanges that are asked at the same address as another."""

_API = PerMinute(SAFE * 1200, kept=40)  # two lists of all prices (weight 80) and two catalogues (20) a minute
_SAPI = PerMinute(SAFE * 1200)
_FUTURES = PerMinute(SAFE * 2400, kept=100)  # two lists of all prices (weight 40) and catalogues
_PAPI = PerMinute(SAFE * 1200)
_US = PerMinute(SAFE * 1200, kept=100)

_ACCOUNT_WEIGHT = 5.0
"""Of /fapi/v2 and v3 account and balance, where ccxt 4.5.90 has a cost of 1:
https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Account-Information-V3"""


def binance(api: str, path: str) -> Budget:
    if api.startswith("sapi"):
        return Budget(f"/{api}/{path}", _SAPI, weight=0.1)
    if api.startswith("fapi"):
        least = _ACCOUNT_WEIGHT if api in ("fapiPrivateV2", "fapiPrivateV3") else 0.0
        return Budget("/fapi", _FUTURES, least, weight=1.0)
    if api.startswith("dapi"):
        return Budget("/dapi", _FUTURES, weight=1.0)
    if api.startswith("papi"):
        return Budget("/papi", _PAPI, weight=0.2)
    return Budget("/api", _API, weight=0.2)


_KRAKEN_KEY = Flow(rate=SAFE * 0.33 * 3, burst=SAFE * 15 * 3)


def budgets_of(exchange: Any) -> Budgets:
    """Those of a ccxt exchange object."""
    if FAMILIES.get(exchange.id, exchange.id) == "binance":
        return binance
    if exchange.id == "binanceus":
        return alike(_US)
    flow = published(exchange.rateLimit, getattr(exchange, "rollingWindowSize", None))
    if exchange.id == "kraken":
        for_all, for_key = Budget("", flow), Budget("key", _KRAKEN_KEY, by_key=True)
        return lambda api, path: for_key if api == "private" else for_all
    return alike(flow)


def alike(allowance: Flow | PerMinute) -> Budgets:
    """One for all requests."""
    budget = Budget("", allowance)
    return lambda api, path: budget


def published(rate_limit: float, window: float | None = None) -> Flow:
    """From ccxt's `rateLimit` (milliseconds for a unit) and `rollingWindowSize` (milliseconds)."""
    rate = 1000 / max(rate_limit, 1.0)
    known = window / 1000 if window and window != CCXTS_DEFAULT_WINDOW else 1.0
    seconds = MINUTE if rate < SLOW else known
    burst = BURST_SHARE * rate * seconds
    return Flow(rate * (1 - BURST_SHARE), burst) if burst >= 1 else Flow(rate, 1.0)


def weight_told(headers: Mapping[str, str]) -> float | None:
    """The weight that Binance says it has counted in its current minute, for the address and for what was asked
    (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits; for /sapi the weights by address)."""
    told = next((value for name, value in headers.items() if name.lower() in _TOLD), "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


_TOLD = frozenset(("x-mbx-used-weight-1m", "x-sapi-used-ip-weight-1m"))
