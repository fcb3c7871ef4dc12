"""What each exchange allows, against what ccxt says its requests cost."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from coinassay.exchanges.budgets import FAMILIES, SAFE, Flow, PerMinute, binance, budgets_of, published


def cost(exchange: Any, api: str, path: str, method: str = "get", name: str = "cost") -> float:
    return float(exchange.api[api][method][path][name])


def per_minute(api: str, path: str) -> float:
    allowance = binance(api, path).allowance
    assert isinstance(allowance, PerMinute)
    return allowance.units


@pytest.mark.parametrize(
    ("api", "path", "method", "weight", "limit"),
    [
        ("private", "account", "get", 20, 6000),
        ("public", "exchangeInfo", "get", 20, 6000),
        ("sapi", "asset/get-funding-asset", "post", 1, 12000),
        ("sapi", "simple-earn/locked/position", "get", 150, 12000),
        ("sapi", "margin/account", "get", 10, 12000),
        ("fapiPrivateV3", "account", "get", 5, 2400),
        ("dapiPrivate", "account", "get", 5, 2400),
        ("papi", "balance", "get", 20, 6000),
    ],
)
def test_binance_is_asked_nine_tenths_of_what_it_publishes(
    api: str, path: str, method: str, weight: float, limit: float
) -> None:
    """ccxt's costs are the published weights times a factor; a minute's units hold as many requests as its weight."""
    each = max(cost(ccxt.binance(), api, path, method), binance(api, path).least)
    assert SAFE * limit / weight == pytest.approx(per_minute(api, path) / each)


def test_two_lists_of_all_prices_and_two_catalogues_fit_into_what_is_kept_for_them() -> None:
    exchange = ccxt.binance()
    for allowance, prefix in (
        (binance("public", "ping").allowance, "public"),
        (binance("fapi", "").allowance, "fapiPublic"),
    ):
        assert isinstance(allowance, PerMinute)
        needed = cost(exchange, prefix, "ticker/24hr", name="noSymbol") + cost(exchange, prefix, "exchangeInfo")
        assert 2 * needed <= allowance.kept < allowance.units / 10


def test_each_endpoint_of_sapi_has_a_budget_of_its_own_and_api_has_one() -> None:
    assert binance("sapi", "a").pool != binance("sapi", "b").pool != binance("sapiV2", "b").pool
    assert binance("public", "a").pool == binance("private", "b").pool
    assert binance("fapiPublic", "a").pool == binance("fapiPrivateV3", "b").pool != binance("dapiPublic", "a").pool
    pools = {binance(api, "x").pool for api in ccxt.binance().api}
    assert {"/api", "/fapi", "/dapi", "/papi"} <= pools


def test_its_futures_share_the_address() -> None:
    for exchange_id, family in FAMILIES.items():
        assert budgets_of(getattr(ccxt, exchange_id)()) is budgets_of(getattr(ccxt, family)())


def test_kraken_counts_private_calls_by_key() -> None:
    budgets = budgets_of(ccxt.kraken())
    private, public = budgets("private", "BalanceEx"), budgets("public", "Ticker")
    assert private.by_key
    assert not public.by_key
    assert isinstance(private.allowance, Flow)
    each = cost(ccxt.kraken(), "private", "BalanceEx", "post")
    assert 15 * SAFE == pytest.approx(private.allowance.burst / each)
    assert 0.33 * SAFE == pytest.approx(private.allowance.rate / each)


@pytest.mark.parametrize("exchange_id", ccxt.exchanges)
def test_nobody_else_is_asked_more_often_than_ccxt_says(exchange_id: str) -> None:
    exchange = getattr(ccxt, exchange_id)()
    rate, burst = published(exchange.rateLimit, exchange.rollingWindowSize)
    assert 1 <= burst
    for window in (60.0, 600.0):
        assert burst + rate * window <= max(1.0, 1000 / exchange.rateLimit) * window + 1 + 1e-6


@pytest.mark.parametrize("exchange_id", ["okx", "bybit", "kucoin", "gate", "bitget", "htx", "coinbase", "bitfinex"])
def test_the_others_flow_evenly_with_a_modest_burst(exchange_id: str) -> None:
    exchange = getattr(ccxt, exchange_id)()
    allowance = budgets_of(exchange)("private", "x").allowance
    assert isinstance(allowance, Flow)
    assert 0.8 * 1000 / exchange.rateLimit == pytest.approx(allowance.rate)
    assert allowance.burst <= 0.2 * 60 * 1000 / exchange.rateLimit
