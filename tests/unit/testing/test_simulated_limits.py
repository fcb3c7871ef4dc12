"""A simulated exchange that counts what it is asked, as the real one does."""

from __future__ import annotations

from typing import Any

import httpx

from coinassay.testing import SimulatedExchange
from coinassay.testing.http import Request
from coinassay.testing.simulator.limits import FIRST_BAN, TOLERATED, BinanceLimits, KrakenLimits, limits_of

KEY = "key"


class Clock:
    def __init__(self) -> None:
        self.now = 1_772_366_400_000

    def __call__(self) -> int:
        return self.now


def asked(path: str, query: str = "", peer: str = "127.0.0.1") -> Request:
    return Request("GET", path, query, {}, b"", peer)


def passed(limits: Any, path: str, times: int, **more: str) -> int:
    """How many of so many requests are not refused."""
    return sum(limits.refusal(asked(path, **more), KEY) is None for _ in range(times))


def test_a_minute_of_binances_clock_has_a_weight() -> None:
    clock = Clock()
    limits = BinanceLimits(clock)
    assert 300 == passed(limits, "/api/v3/account", 303)
    refusal = limits.refusal(asked("/api/v3/ping"), KEY)
    assert refusal is not None
    assert (429, "60") == (refusal.status, refusal.headers["Retry-After"])
    assert b'"code":-1003' in refusal.body
    clock.now += 59_400
    refusal = limits.refusal(asked("/api/v3/ping"), KEY)
    assert refusal is not None
    assert "1" == refusal.headers["Retry-After"]
    clock.now += 600
    assert 1 == passed(limits, "/api/v3/ping", 1)
    assert 5 == limits.refused
    assert 6062 == limits.most["/api"]


def test_each_address_and_each_family_of_endpoints_has_its_own() -> None:
    limits = BinanceLimits(Clock())
    assert 80 == passed(limits, "/sapi/v1/simple-earn/locked/position", 85)
    assert 1200 == passed(limits, "/sapi/v1/margin/account", 1201)
    assert 75 == passed(limits, "/api/v3/ticker/24hr", 75)
    assert 0 == passed(limits, "/api/v3/ping", 1)
    assert 3000 == passed(limits, "/api/v3/ticker/24hr", 3001, query="symbol=BTCUSDT", peer="127.0.0.2")
    assert 480 == passed(limits, "/fapi/v3/account", 481)
    assert 480 == passed(limits, "/dapi/v1/account", 481)


def test_who_goes_on_asking_is_banned_longer_each_time() -> None:
    clock = Clock()
    limits = BinanceLimits(clock, api=1200)
    for seconds in (FIRST_BAN, 2 * FIRST_BAN):
        passed(limits, "/api/v3/account", 60 + TOLERATED + 1)
        refusal = limits.refusal(asked("/api/v3/ping"), KEY)
        assert refusal is not None
        assert (418, str(seconds)) == (refusal.status, refusal.headers["Retry-After"])
        assert 1 == passed(limits, "/sapi/v1/system/status", 1)
        clock.now += seconds * 1000
    assert 1 == passed(limits, "/api/v3/ping", 1)


def test_nobody_is_banned_by_sapi() -> None:
    limits = BinanceLimits(Clock())
    for _ in range(200):
        refusal = limits.refusal(asked("/sapi/v1/simple-earn/locked/position"), KEY)
        assert refusal is None or 429 == refusal.status


def test_kraken_counts_by_key() -> None:
    clock = Clock()
    limits = KrakenLimits(clock)
    assert 15 == passed(limits, "/0/private/BalanceEx", 16)
    assert 100 == passed(limits, "/0/public/Ticker", 100)
    assert limits.refusal(asked("/0/private/BalanceEx"), "another key") is None
    clock.now += 10_000  # 16 - 3.3 = 12.7
    assert 2 == passed(limits, "/0/private/BalanceEx", 3)
    refusal = limits.refusal(asked("/0/private/Ledgers"), KEY)
    assert refusal is not None
    assert b"EAPI:Rate limit exceeded" in refusal.body


def test_binance_us_has_less() -> None:
    limits = limits_of("binanceus", Clock())
    assert 60 == passed(limits, "/api/v3/account", 61)


def test_it_is_enforced_when_it_is_switched_on(simulated_binance: SimulatedExchange, http: httpx.Client) -> None:
    url = simulated_binance.url
    assert {"enforced": False} == http.get(f"{url}/__control__/limits").json()
    limits = simulated_binance.enforce_limits()
    assert isinstance(limits, BinanceLimits)
    limits.api = 1
    statuses = [http.get(f"{url}/api/v3/ping").status_code for _ in range(2)]
    # Where a minute of the clock ends in between there is one more.
    assert 429 == statuses[-1] or 429 == http.get(f"{url}/api/v3/ping").status_code
    told = http.get(f"{url}/__control__/limits").json()
    assert 1 <= told["refused"]
    assert 2 <= told["most"]["/api"]
