"""GET accounts/currency_rates and currency_rates_with_leverage_data: price and rules of one pair."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import BASE, Client
from tests.api.conftest import START, House

from coinassay.domain.pair import Instrument, Leverage, Pair, PairRules
from coinassay.domain.rates import Quote
from coinassay.errors import ExchangeUnavailable

PATH = "/ver1/accounts/currency_rates"
WITH_LEVERAGE = f"{PATH}_with_leverage_data"


def d(text: str) -> Decimal:
    return Decimal(text)


SPOT = Pair(
    "USDT_BTC",
    "BTC/USDT",
    "BTC",
    "USDT",
    rules=PairRules(
        price_step=d("0.01000000"),
        min_price=d("0.01000000"),
        max_price=d("1000000.00000000"),
        lot_step=d("0.00001000"),
        min_lot=d("0.00001000"),
        max_lot=d("9000.00000000"),
        min_market_lot=d("0.00000000"),
        max_market_lot=d("121.22278732"),
        min_total=d("5.00000000"),
        max_total=d("9000000.00000000"),
        min_market_total=d("5.00000000"),
        bid_multiplier_up=d("5"),
        bid_multiplier_down=d("0.2"),
        ask_multiplier_up=d("5"),
        ask_multiplier_down=d("0.2"),
    ),
)
FUTURES = Pair(
    "BNFCR_1INCHUSDT",
    "1INCH/USDT:USDT",
    "1INCH",
    "USDT",
    Instrument.LINEAR,
    "BNFCR",
    PairRules(
        price_step=d("0.0001"),
        min_price=d("0.0613"),
        max_price=d("100000"),
        lot_step=d("1"),
        min_lot=d("1"),
        max_lot=d("5000000"),
        min_market_lot=d("1"),
        max_market_lot=d("500000"),
        min_total=d("5"),
        bid_multiplier_up=d("1.1000"),
        ask_multiplier_down=d("0.9000"),
    ),
    Leverage(cross=True, isolated=False, max=d("25")),
)
BARE = Pair("USD_XYZ", "XYZ/USD", "XYZ", "USD")

SPOT_ANSWER = {
    "last": "63802.44",
    "bid": "63802.44",
    "ask": "63802.45",
    "orderbook_ask": "63802.45",
    "orderbook_bid": "63802.44",
    "orderbook_last": "63802.44",
    "orderbook_price_currency": "USDT",
    "strategy_name": "orderbook_price",
    "contract_strategy_name": "orderbook_price",
    "instrumentKind": "spot",
    "minPrice": "0.01",
    "maxPrice": "1000000.0",
    "priceStep": "0.01",
    "minLotSize": "0.00001",
    "lotStep": "0.00001",
    "maxMarketBuyAmount": "121.22278732",
    "maxMarketSellAmount": "121.22278732",
    "bidMultiplierDown": "0.2",
    "bidMultiplierUp": "5.0",
    "askMultiplierUp": "5.0",
    "askMultiplierDown": "0.2",
    "minTotal": "5.0",
    "minMarketTotal": "5.0",
    "maxTotal": "9000000.0",
    "maxLotSize": "9000.0",
}
"""The documented example, byte for byte (https://developers.3commas.io)."""

FUTURES_ANSWER = {
    "last": "0.3039",
    "bid": "0.3039",
    "ask": "0.304",
    "orderbook_ask": "0.304",
    "orderbook_bid": "0.3039",
    "orderbook_last": "0.3039",
    "orderbook_price_currency": "BNFCR",
    "strategy_name": "orderbook_price",
    "contract_strategy_name": "orderbook_price",
    "leverage_data": [
        {
            "code": "cross",
            "name": "Cross",
            "can_set_leverage_value": True,
            "available_leverage_values": [],
            "max_leverage": "25.0",
            "valid": {"min": 1, "max": "25.0"},
        }
    ],
    "instrumentKind": "linear_futures",
    "priceStep": "0.0001",
    "minLotSize": "1.0",
    "maxLotSize": "5000000.0",
    "lotStep": "1.0",
    "maxMarketBuyAmount": "500000.0",
    "maxMarketSellAmount": "500000.0",
    "minMarketBuyAmount": "1.0",
    "minMarketSellAmount": "1.0",
    "minTotal": "5.0",
    "bidMultiplierUp": "1.1",
    "askMultiplierDown": "0.9",
    "minPrice": "0.0613",
    "maxPrice": "100000.0",
}
"""The documented example of contracts."""


def quote(base: str, *, bid: str | None, ask: str | None, last: str | None, at: datetime = START) -> Quote:
    prices = [None if text is None else d(text) for text in (bid, ask, last)]
    return Quote(base, "USDT", "binance", at, bid=prices[0], ask=prices[1], last=prices[2])


@pytest.fixture(autouse=True)
def scripts(house: House) -> None:
    data = house.market_data
    data.script_pairs("binance", [SPOT, BARE])
    data.script_pairs("binance_futures_eea", [FUTURES])
    data.script_quote("binance", "USDT_BTC", quote("BTC", bid="63802.44000000", ask="63802.45", last="63802.44"))
    data.script_quote("binance", "USD_XYZ", quote("XYZ", bid=None, ask=None, last="0.00000001"))
    data.script_quote(
        "binance_futures_eea", "BNFCR_1INCHUSDT", quote("1INCH", bid="0.3039", ask="0.304", last="0.3039")
    )


async def ask(client: Client, query: str, path: str = PATH) -> Any:
    reply = await client.get(f"{path}?{query}")
    assert 200 == reply.status_code, reply.body
    return reply.json()


async def test_the_documented_answer_for_a_spot_market(alice: Client) -> None:
    found = await ask(alice, "market_code=binance&pair=USDT_BTC")
    assert SPOT_ANSWER == found
    assert list(SPOT_ANSWER) == list(found), "in the documented order"


async def test_the_documented_answer_for_a_contract(alice: Client) -> None:
    assert FUTURES_ANSWER == await ask(alice, "market_code=binance_futures_eea&pair=BNFCR_1INCHUSDT", WITH_LEVERAGE)


async def test_without_leverage_the_rest_is_the_same(alice: Client) -> None:
    query = "market_code=binance_futures_eea&pair=BNFCR_1INCHUSDT"
    full = await ask(alice, query, WITH_LEVERAGE)
    del full["leverage_data"]
    assert full == await ask(alice, query)


async def test_what_is_not_leveraged_has_one_mode(alice: Client) -> None:
    found = await ask(alice, "market_code=binance&pair=USDT_BTC", WITH_LEVERAGE)
    assert ["none"] == [mode["code"] for mode in found.pop("leverage_data")]
    assert SPOT_ANSWER == found


async def test_what_the_exchange_does_not_say_is_left_out(alice: Client) -> None:
    assert await ask(alice, "market_code=binance&pair=USD_XYZ") == {
        "last": "0.00000001",
        "orderbook_last": "0.00000001",
        "orderbook_price_currency": "USD",
        "strategy_name": "orderbook_price",
        "contract_strategy_name": "orderbook_price",
        "instrumentKind": "spot",
    }


@pytest.mark.parametrize("limit_type", ["bot", "smart_trade"])
async def test_the_exchanges_limits_hold_for_all_who_trade(alice: Client, limit_type: str) -> None:
    assert SPOT_ANSWER == await ask(alice, f"market_code=binance&pair=USDT_BTC&limit_type={limit_type}")


@pytest.mark.parametrize("headers", [{}, {"apikey": "nobody", "signature": "rubbish"}])
@pytest.mark.parametrize("path", [PATH, WITH_LEVERAGE])
async def test_nobody_has_to_sign(alice: Client, path: str, headers: dict[str, str]) -> None:
    target = f"{BASE}{path}?market_code=binance&pair=USDT_BTC".encode()
    assert 200 == (await alice.send_unsigned("GET", target, headers=headers)).status_code


@pytest.mark.parametrize("path", [PATH, WITH_LEVERAGE])
@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("?", {"market_code": ["is missing"], "pair": ["is missing"]}),
        ("?market_code=binance", {"pair": ["is missing"]}),
        ("?pair=USDT_BTC", {"market_code": ["is missing"]}),
        ("?market_code=ftx&pair=USDT_BTC", {"market_code": ["does not have a valid value"]}),
        ("?market_code=binance&pair[]=USDT_BTC", {"pair": ["is invalid"]}),
        (
            "?market_code=binance&pair=USDT_BTC&limit_type=gut_feeling",
            {"limit_type": ["does not have a valid value"]},
        ),
    ],
)
async def test_parameters_that_are_missing_or_wrong(
    alice: Client, path: str, query: str, problems: dict[str, list[str]]
) -> None:
    reply = await alice.get(path + query)
    assert (400, "record_invalid") == (reply.status_code, reply.error)
    assert problems == reply.json()["error_attributes"]


@pytest.mark.parametrize("pair", ["USDT_NOSUCH", "BTC_USDT", "", "%F0%9F%92%B8", "usdt_btc"])
async def test_a_pair_that_is_none(alice: Client, pair: str) -> None:
    reply = await alice.get(f"{PATH}?market_code=binance&pair={pair}")
    assert (400, {"error": "Unknown pair"}) == (reply.status_code, reply.json())


async def test_an_exchange_that_cannot_be_asked(house: House, alice: Client) -> None:
    house.market_data.script_quote("binance", "USDT_BTC", ExchangeUnavailable("binance did not answer in 15 s."))
    reply = await alice.get(f"{PATH}?market_code=binance&pair=USDT_BTC")
    assert (503, "unknown_market_api_error") == (reply.status_code, reply.error)
    assert "binance did not answer in 15 s." == reply.json()["error_description"]


async def test_paper_trading_at_daily_closes_says_so(house: House, alice: Client) -> None:
    assert SPOT_ANSWER == await ask(alice, "market_code=paper_trading&pair=USDT_BTC")
    house.market_data.script_pairs("binance", ExchangeUnavailable())
    found = await ask(alice, "market_code=paper_trading&pair=USD_BTC")
    assert ("daily_close", "USD", "spot") == (
        found["strategy_name"],
        found["orderbook_price_currency"],
        found["instrumentKind"],
    )
    assert d(found["last"]) > 0
    assert "bid" not in found
