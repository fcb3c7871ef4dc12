"""Prices of the day before travel the same way as the prices of now."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.money import divide
from coinassay.domain.quotes import Graph
from coinassay.domain.rates import ASSUMED_PEG, Leg, Quote, Rate
from coinassay.domain.routing import Router, Rules, Unit
from coinassay.domain.valuation import value
from coinassay.testing.text import bal, rates_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def quote(pair: str, price: str, then: str | None = None) -> Quote:
    base, counter = pair.split("/")
    at = Decimal(price)
    return Quote(base, counter, "kraken", NOW, bid=at, ask=at, open=None if then is None else Decimal(then))


def rate_of(asset: str, *quotes: Quote, units: tuple[Unit, ...] = (), rules: Rules | None = None) -> Rate:
    rate = Router(Graph("kraken", quotes, NOW), rules=rules).find_rate(asset, units)
    assert isinstance(rate, Rate), rate
    return rate


def test_one_leg() -> None:
    assert Decimal("1900") == rate_of("ETH", quote("ETH/USD", "2000", "1900")).day_ago


def test_the_product_of_the_legs() -> None:
    rate = rate_of("ADA", quote("ADA/BTC", "0.00001", "0.00002"), quote("BTC/USD", "60000", "50000"))
    assert (Decimal("0.6"), Decimal(1)) == (rate.price, rate.day_ago)


def test_a_market_turned_round() -> None:
    rate = rate_of("EUR", quote("USD/EUR", "0.8", "0.75"))
    assert (Decimal("1.25"), divide(Decimal(1), Decimal("0.75"))) == (rate.price, rate.day_ago)


def test_a_unit_of_many() -> None:
    rate = rate_of("SATS", quote("1000SATS/USD", "0.5", "0.25"), units=(Unit("1000SATS", Decimal(1000)),))
    assert (Decimal("0.0005"), Decimal("0.00025")) == (rate.price, rate.day_ago)


def test_an_assumed_peg_was_one_then_too() -> None:
    rate = rate_of("ETH", quote("ETH/USDT", "2000", "1900"), rules=Rules(pegs={"USDT": "USD"}))
    assert [ASSUMED_PEG] == [leg.source for leg in rate.legs if leg.assumed]
    assert Decimal(1900) == rate.day_ago


@pytest.mark.parametrize("then", [None, "0", "-1", "1E+31", "1E-31", "NaN"])
def test_what_is_no_price_is_not_known(then: str | None) -> None:
    assert rate_of("ETH", quote("ETH/USD", "2000", then)).day_ago is None


def test_one_unknown_leg_leaves_the_whole_unknown() -> None:
    assert rate_of("ADA", quote("ADA/BTC", "0.00001", "0.00002"), quote("BTC/USD", "60000")).day_ago is None


def test_a_dollar_was_a_dollar() -> None:
    assert Decimal(1) == Rate("USD", "USD", Decimal(1)).day_ago


def test_a_rate_whose_way_is_not_known_says_nothing_about_yesterday() -> None:
    assert Rate("BTC", "USD", Decimal(60000)).day_ago is None


def test_a_valuation_keeps_the_bitcoin_of_the_day_before() -> None:
    rates = rates_of({"BTC": "60000"}, NOW)
    leg = Leg("BTC", "USD", Decimal(60000), "kraken", NOW, open=Decimal(50000))
    known = value([bal("1 BTC")], type(rates)(NOW, {"BTC": Rate("BTC", "USD", Decimal(60000), (leg,))}))
    assert Decimal(50000) == known.btc_day_ago
    assert value([], type(rates)(NOW, {})).btc_day_ago is None
