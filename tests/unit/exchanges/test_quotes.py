from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchanges.world import NOW, d

from coinassay.domain.rates import Quote
from coinassay.exchanges.quotes import is_usable, pairs_for, quote_of, quotes_of

DIGITS = "0.123456789012345678901234567890"


def spot(symbol: str, **more: Any) -> dict[str, Any]:
    base, quote = symbol.split("/")
    return {"symbol": symbol, "base": base, "quote": quote, "spot": True, "active": True, "contract": False} | more


def markets(*symbols: str) -> dict[str, Any]:
    return {symbol: spot(symbol) for symbol in symbols}


def quote(ticker: Any, known: dict[str, Any] | None = None) -> Quote | None:
    return quote_of(ticker, markets("BTC/USDT") if known is None else known, "kraken", NOW)


def test_the_exchanges_digits_and_its_time() -> None:
    ticker = {"symbol": "BTC/USDT", "bid": DIGITS, "ask": "1E+2", "last": 7, "open": "0.10", "baseVolume": "3"}
    found = quote(ticker | {"timestamp": 1772366399123})
    assert found is not None
    assert DIGITS == str(found.bid)
    assert (d("1E+2"), d("7"), d("0.10"), d("3")) == (found.ask, found.last, found.open, found.volume)
    assert datetime(2026, 3, 1, 11, 59, 59, 123000, UTC) == found.at
    assert ("BTC", "USDT", "kraken") == (found.base, found.quote, found.source)


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTC/USDT:USDT", "BTC/USD:BTC-240329-50000-C", "/USDT", "BTC/", "", None, 7, ["BTC/USDT"]]
)
def test_what_is_no_spot_market_is_dropped(symbol: Any) -> None:
    assert quote({"symbol": symbol, "bid": "1", "ask": "2"}) is None


def test_a_market_the_catalogue_calls_a_contract_is_dropped() -> None:
    known = {"BTC/USDT": spot("BTC/USDT", contract=True)}
    assert quote({"symbol": "BTC/USDT", "bid": "1", "ask": "2"}, known) is None


def test_the_catalogues_codes_are_taken_over_the_symbols() -> None:
    known = {"BTC/USDT": spot("BTC/USDT", base="WBTC")}
    found = quote({"symbol": "BTC/USDT", "bid": "1", "ask": "2"}, known)
    assert found is not None
    assert "WBTC" == found.base


@pytest.mark.parametrize("junk", ["0", "0.000", 0, "-1", "NaN", "Infinity", "abc", "", None, True, [], {}, 1.5, "1e99"])
def test_no_price_is_made_of_junk(junk: Any) -> None:
    """A dead market says 0 for "nobody bids": a price of zero would be a guess. A float has lost digits already."""
    found = quote(dict.fromkeys(("bid", "ask", "last", "open"), junk) | {"symbol": "BTC/USDT"})
    assert found is not None
    assert (None, None, None, None) == (found.bid, found.ask, found.last, found.open)


@pytest.mark.parametrize("junk", [0, -5, "soon", None, True, 1e300, "1e40", 99999999999999, 10**30, [], 1772366400])
def test_no_time_is_made_of_junk(junk: Any) -> None:
    """1772366400 is seconds, for 21 January 1970 in milliseconds; a time far ahead is no better than none."""
    found = quote({"symbol": "BTC/USDT", "bid": "1", "timestamp": junk})
    assert found is not None
    assert found.at is None


@pytest.mark.parametrize(
    ("base", "quoted", "expected"),
    [("5", "0", "5"), ("0", "7", "7"), ("0", "0", "0"), (None, "7", "7"), ("-1", None, None), (None, None, None)],
)
def test_the_volume_counts_in_either_unit(base: Any, quoted: Any, expected: str | None) -> None:
    found = quote({"symbol": "BTC/USDT", "baseVolume": base, "quoteVolume": quoted})
    assert found is not None
    assert (None if expected is None else d(expected)) == found.volume


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(["symbol", "bid", "ask", "last", "open", "baseVolume", "quoteVolume", "timestamp"])


@given(st.lists(anything | st.dictionaries(fields, anything | st.just("BTC/USDT")), max_size=5))
def test_nothing_an_exchange_says_raises(tickers: list[Any]) -> None:
    for found in quotes_of(tickers, markets("BTC/USDT"), "kraken", NOW):
        for price in (found.bid, found.ask, found.last, found.open):
            assert price is None or (price.is_finite() and price > 0)


# ------------------------------------------------------------------------------------------------------- pairs


def test_a_pair_to_the_dollar_or_what_stands_for_it() -> None:
    known = markets("BTC/USD", "BTC/USDT", "BTC/EUR", "BTC/JPY", "ETH/BTC")
    assert ["BTC/USD", "BTC/USDT"] == pairs_for(["BTC"], known)


def test_through_others_where_there_is_no_dollar() -> None:
    """XYZ - BTC - JPY would end nowhere; XYZ - ETH - EUR - USD arrives."""
    known = markets("XYZ/ETH", "XYZ/BTC", "ETH/EUR", "BTC/JPY", "EUR/USD")
    assert {"XYZ/BTC", "XYZ/ETH", "ETH/EUR", "BTC/JPY", "EUR/USD"} == set(pairs_for(["XYZ"], known))


def test_the_asset_may_be_what_is_quoted_in() -> None:
    assert {"USDT/EUR", "EUR/USD"} == set(pairs_for(["EUR"], markets("USDT/EUR", "EUR/USD")))


def test_markets_from_where_a_dollar_can_be_reached_come_first() -> None:
    """USDC/USDT and BTC/USDT are better known, but a dollar lies behind the euro: USDT has a price of its own."""
    known = markets("USDC/USDT", "BTC/USDT", "USDT/EUR", "EUR/USD")
    assert {"USDT/EUR", "EUR/USD"} <= set(pairs_for(["USDT"], known))
    assert "USDT/EUR" in pairs_for(["BTC"], known)


def test_dead_contracts_and_strangers_are_not_asked() -> None:
    known = {
        "BTC/USD": spot("BTC/USD", active=False),
        "BTC/USDC": spot("BTC/USDC", contract=True),
        "BTCUSDT": spot("BTC/USDT") | {"symbol": "BTCUSDT"},
        "BTC/EUR": spot("BTC/EUR"),
    }
    assert ["BTC/EUR"] == pairs_for(["BTC", "XYZ"], known)


def test_the_dollar_itself_needs_no_pair() -> None:
    assert [] == pairs_for(["USD"], markets("BTC/USD"))


@given(
    st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), max_size=30),
    st.lists(st.sampled_from("ABCDEF")),
    st.integers(1, 10),
)
def test_pairs_are_bounded_known_and_asked_once(pairs: list[tuple[str, str]], codes: list[str], most: int) -> None:
    known = markets(*{f"{base}/{other}" for base, other in pairs if base != other})
    found = pairs_for(codes, known, most)
    assert len(found) <= most
    assert len(found) == len(set(found))
    assert set(found) <= set(known)


@pytest.mark.parametrize(
    ("given_", "usable"),
    [
        ({"bid": "1", "ask": "2"}, True),
        ({"bid": "1"}, False),
        ({"last": "1"}, False),
        ({"last": "1", "baseVolume": "3"}, False),
        ({"last": "1", "baseVolume": "3", "timestamp": 1772366399123}, True),
        ({"last": "1", "baseVolume": "0", "timestamp": 1772366399123}, False),
        ({}, False),
    ],
)
def test_what_a_price_can_be_made_of(given_: dict[str, Any], usable: bool) -> None:
    found = quote({"symbol": "BTC/USDT"} | given_)
    assert found is not None
    assert usable is is_usable(found)
