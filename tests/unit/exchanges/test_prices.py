"""Prices over real HTTP: which addresses are asked, how often, and what rubbish becomes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.exchanges.world import connector, d, serving

from coinassay.domain.rates import Quote
from coinassay.errors import ExchangeUnavailable, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.public import CATALOGUE_AGE, RETRY_AFTER, Key
from coinassay.testing.http import Reply, Request
from coinassay.testing.simulator.exchange import SimulatedExchange

DIGITS = "63751.123456789012345678901234567890"


def by_pair(quotes: Any) -> dict[str, Quote]:
    return {f"{quote.base}/{quote.quote}": quote for quote in quotes}


def inside(made: ExchangeConnector, exchange_id: str, url: str) -> Any:
    """The catalogue's object that is kept for the exchange."""
    return made._catalogues._public[Key(exchange_id, url)].exchange


# ------------------------------------------------------------------------------------------------------ all at once


async def test_all_spot_prices_come_with_one_request_and_one_catalogue() -> None:
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, clock=lambda: datetime.now(UTC)) as made,
    ):
        first = by_pair(await made.fetch_quotes("binance", ["BTC"], 10))
        second = by_pair(await made.fetch_quotes("binance", [], 10))
        assert first.keys() == second.keys()
        assert {"BTC/USDT", "ETH/BTC"} <= first.keys()
        btc = first["BTC/USDT"]
        assert btc.bid is not None
        assert btc.ask is not None
        assert btc.bid < btc.ask
        assert btc.at is not None
        assert btc.volume
        assert "binance" == btc.source
        assert {"/api/v3/exchangeInfo": 1, "/api/v3/ticker/24hr": 2} == dict(exchange.requests)


async def test_many_callers_at_once_are_one_request() -> None:
    async with await SimulatedExchange.start("kraken") as exchange, connector({"kraken": exchange.url}) as made:
        exchange.faults.add("latency", seconds=0.05)
        found = await asyncio.gather(*(made.fetch_quotes("kraken", ["BTC"], 10) for _ in range(25)))
        assert 1 == len({len(each) for each in found})
        assert {"/0/public/Assets": 1, "/0/public/AssetPairs": 1, "/0/public/Ticker": 1} == dict(exchange.requests)


async def test_futures_are_priced_by_the_spot_exchange_at_their_own_base_url() -> None:
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance_futures": exchange.url}) as made,
    ):
        found = by_pair(await made.fetch_quotes("binanceusdm", ["BTC"], 10))
        assert "binance" == found["BTC/USDT"].source
        assert {"/api/v3/exchangeInfo", "/api/v3/ticker/24hr"} == set(exchange.requests)


async def test_the_exchanges_own_digits_arrive() -> None:
    ticker = {"symbol": "BTCUSDT", "bidPrice": DIGITS, "askPrice": DIGITS, "lastPrice": "0.00", "volume": "1"}
    async with binance([ticker]) as server, connector({"binance": server.url}) as made:
        (quote,) = await made.fetch_quotes("binance", ["BTC"], 10)
        assert d(DIGITS) == quote.bid == quote.ask
        assert quote.last is None


BTC_USDT = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "isSpotTradingAllowed": True,
    "permissions": ["SPOT"],
    "permissionSets": [["SPOT"]],
    "orderTypes": ["LIMIT"],
    "filters": [],
}
BTC_TICKER = {"symbol": "BTCUSDT", "bidPrice": "1", "askPrice": "2", "lastPrice": "1.5", "volume": "3"}


def binance(tickers: Any, catalogue: Any = None) -> Any:
    symbols = {"symbols": [BTC_USDT]} if catalogue is None else catalogue
    return serving({"/api/v3/exchangeInfo": symbols, "/api/v3/ticker/24hr": tickers})


async def test_what_is_not_in_the_catalogue_is_no_market() -> None:
    tickers = [BTC_TICKER, BTC_TICKER | {"symbol": "NEWUSDT"}]
    async with binance(tickers) as server, connector({"binance": server.url}) as made:
        assert {"BTC/USDT"} == by_pair(await made.fetch_quotes("binance", ["BTC"], 10)).keys()


BYBIT = {
    "/v5/market/instruments-info": lambda request: {
        "retCode": 0,
        "result": {
            "category": request.params["category"],
            "list": [
                {
                    "symbol": "BTCUSDT",
                    "baseCoin": "BTC",
                    "quoteCoin": "USDT",
                    "status": "Trading",
                    "lotSizeFilter": {},
                    "priceFilter": {"tickSize": "0.1"},
                }
            ],
            "nextPageCursor": "",
        },
    },
    "/v5/market/tickers": lambda request: {
        "retCode": 0,
        "result": {"category": "spot", "list": [{"symbol": "BTCUSDT", "bid1Price": "1", "ask1Price": "2"}]},
    },
}


async def test_bybit_is_asked_for_spot() -> None:
    """Its own default are the contracts, in the catalogue and in the prices."""
    async with serving(BYBIT) as server, connector({"bybit": server.url}) as made:
        found = by_pair(await made.fetch_quotes("bybit", ["BTC"], 10))
        assert {"BTC/USDT"} == found.keys()
        assert ["spot"] * 2 == [request.params["category"] for request in server.requests]


# ------------------------------------------------------------------------------------------------------ one by one


def bitflyer(price: Callable[[Request], Any]) -> Any:
    spot = [{"product_code": code, "market_type": "Spot"} for code in ("BTC_JPY", "ETH_JPY", "ETH_BTC", "XRP_JPY")]
    return serving({"/v1/getmarkets": spot, "/v1/getticker": price, "/v1/getmarkets/usa": [], "/v1/getmarkets/eu": []})


def priced(request: Request) -> Any:
    code = request.params["product_code"]
    return f'{{"product_code":"{code}","timestamp":"2026-03-01T11:59:59.5","best_bid":1.10,"best_ask":2,"ltp":1.5}}'


async def test_without_a_list_the_pairs_that_matter_are_asked() -> None:
    async with bitflyer(priced) as server, connector({"bitflyer": server.url}) as made:
        found = by_pair(await made.fetch_quotes("bitflyer", ["BTC", "JPY"], 10))
        assert {"BTC/JPY", "ETH/BTC", "ETH/JPY"} == found.keys()
        assert "1.10" == str(found["BTC/JPY"].bid)
        assert 3 == server.asked["/v1/getticker"]


async def test_one_dead_pair_does_not_hide_the_others() -> None:
    def one_fails(request: Request) -> Any:
        return Reply(500, b"{}") if "BTC_JPY" == request.params["product_code"] else priced(request)

    async with bitflyer(one_fails) as server, connector({"bitflyer": server.url}) as made:
        found = by_pair(await made.fetch_quotes("bitflyer", ["BTC"], 10))
        assert "The exchange did not answer. (bitflyer: HTTP 500)" == found["BTC/JPY"].failure
        assert (None, None, None) == (found["BTC/JPY"].bid, found["BTC/JPY"].ask, found["BTC/JPY"].last)
        assert ["", ""] == [found[pair].failure for pair in ("ETH/BTC", "ETH/JPY")]


@pytest.mark.parametrize("body", ["<html></html>", "", "{}", '{"best_bid":'])
async def test_a_pair_answered_with_rubbish_was_not_answered(body: str) -> None:
    def one_is_spoilt(request: Request) -> Any:
        return Reply(200, body.encode()) if "BTC_JPY" == request.params["product_code"] else priced(request)

    async with bitflyer(one_is_spoilt) as server, connector({"bitflyer": server.url}) as made:
        assert by_pair(await made.fetch_quotes("bitflyer", ["BTC"], 10))["BTC/JPY"].failure


async def test_a_pair_that_was_never_traded_has_no_price_and_no_failure() -> None:
    def untraded(request: Request) -> Any:
        code = request.params["product_code"]
        return {"product_code": code, "best_bid": None} if "BTC_JPY" == code else priced(request)

    async with bitflyer(untraded) as server, connector({"bitflyer": server.url}) as made:
        quote = by_pair(await made.fetch_quotes("bitflyer", ["BTC"], 10))["BTC/JPY"]
        assert (None, None, "") == (quote.bid, quote.last, quote.failure)


async def test_what_did_not_come_in_time_says_so() -> None:
    async def one_hangs(request: Request) -> Any:
        if "BTC_JPY" == request.params["product_code"]:
            await asyncio.sleep(30)
        return priced(request)

    async with bitflyer(one_hangs) as server, connector({"bitflyer": server.url}) as made:
        await made.fetch_quotes("bitflyer", [], 10)  # loads the catalogue
        begin = time.monotonic()
        found = by_pair(await made.fetch_quotes("bitflyer", ["BTC"], 0.5))
        assert ["BTC/JPY"] == [pair for pair, quote in found.items() if quote.failure]
        assert time.monotonic() - begin < 0.6


async def test_when_none_comes_the_exchange_is_out_of_reach() -> None:
    down = Reply(502, b"bad gateway")
    async with bitflyer(lambda request: down) as server, connector({"bitflyer": server.url}) as made:
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_quotes("bitflyer", ["BTC"], 5)


async def test_geminis_list_of_last_prices_is_not_asked() -> None:
    answers = {
        "/v1/symbols": ["btcusd", "ethbtc"],
        "/v1/symbols/details/btcusd": {"symbol": "BTCUSD", "base_currency": "BTC", "quote_currency": "USD"},
        "/v1/symbols/details/ethbtc": {"symbol": "ETHBTC", "base_currency": "ETH", "quote_currency": "BTC"},
        "/v1/pubticker/btcusd": {
            "bid": "1",
            "ask": "2",
            "last": "1",
            "volume": {"BTC": "3", "timestamp": 1772366399000},
        },
        "/v2/ticker/btcusd": {"symbol": "BTCUSD", "bid": "1", "ask": "2", "close": "1"},
    }
    async with serving(answers) as server, connector({"gemini": server.url}) as made:
        found = by_pair(await made.fetch_quotes("gemini", ["BTC"], 10))
        assert (d("1"), d("2")) == (found["BTC/USD"].bid, found["BTC/USD"].ask)
        assert not server.asked["/v1/pricefeed"]


async def test_a_list_without_bid_and_ask_is_completed_for_the_pairs_that_matter() -> None:
    """Coinbase lists last prices without a time: by themselves they are no usable quotes."""
    product = {"product_type": "SPOT", "status": "online", "price": "60000", "volume_24h": "5"}
    products = [
        product | {"product_id": f"{base}-USD", "base_currency_id": base, "quote_currency_id": "USD"}
        for base in ("BTC", "ETH", "SOL")
    ]
    base = "/api/v3/brokerage/market/products"
    answers = {
        base: {"products": products, "num_products": 3},
        f"{base}/BTC-USD/ticker": {"trades": [{"product_id": "BTC-USD", "price": "60000"}], "best_bid": "59999", "best_ask": "60001"},
        "/v2/currencies": {"data": []},
        "/v2/currencies/crypto": {"data": []},
        "/v2/exchange-rates": {"data": {"currency": "USD", "rates": {}}},
    }  # fmt: skip
    async with serving(answers) as server, connector({"coinbase": server.url}) as made:
        found = by_pair(await made.fetch_quotes("coinbase", ["BTC"], 10))
        assert (d("59999"), d("60001")) == (found["BTC/USD"].bid, found["BTC/USD"].ask)
        assert found["ETH/USD"].bid is None
        assert d("60000") == found["ETH/USD"].last
        assert not server.asked[f"{base}/ETH-USD/ticker"]


async def test_a_list_without_bid_and_ask_is_no_answer_where_they_cannot_be_asked_for() -> None:
    """Coinbase while it lists its products and answers nothing else: its last prices alone would price nothing."""
    product = {"product_type": "SPOT", "status": "online", "price": "60000", "volume_24h": "5"}
    products = [product | {"product_id": "BTC-USD", "base_currency_id": "BTC", "quote_currency_id": "USD"}]
    base = "/api/v3/brokerage/market/products"
    answers = {base: {"products": products}, f"{base}/BTC-USD/ticker": Reply(503, b"{}")}
    async with serving(answers) as server, connector({"coinbase": server.url}) as made:
        (quote,) = await made.fetch_quotes("coinbase", ["BTC"], 10)
        assert (None, True) == (quote.last, bool(quote.failure))


# -------------------------------------------------------------------------------------------------------- rubbish


@pytest.mark.parametrize("body", ["<html></html>", "", "{}", '{"symbols":[]}', "[]", '{"symbols":'])
async def test_a_catalogue_of_rubbish_is_refused_and_not_kept(body: str) -> None:
    async with binance([BTC_TICKER], body) as server, connector({"binance": server.url}) as made:
        with pytest.raises(UnexpectedReply):
            await made.fetch_quotes("binance", ["BTC"], 10)
        server.answers["/api/v3/exchangeInfo"] = {"symbols": [BTC_USDT]}
        assert 1 == len(await made.fetch_quotes("binance", ["BTC"], 10))


@pytest.mark.parametrize("body", ["<html></html>", "", "{}", "[]", '[{"symbol":"BTCUSDT"}]', '[{"symbol":'])
async def test_prices_of_rubbish_are_refused(body: str) -> None:
    """ccxt makes an empty list of them: everything would be without a price."""
    async with binance(body) as server, connector({"binance": server.url}) as made:
        with pytest.raises(UnexpectedReply):
            await made.fetch_quotes("binance", ["BTC"], 10)


async def test_who_tells_prices_only_to_key_holders_has_rejected_nobodys_key() -> None:
    refusal = Reply(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    async with binance(refusal) as server, connector({"binance": server.url}) as made:
        with pytest.raises(NotSupportedByExchange):
            await made.fetch_quotes("binance", ["BTC"], 10)


async def test_who_refuses_this_servers_address_has_prices_all_the_same() -> None:
    """Without prices everything would be worth nothing; an exchange that is out of reach changes nothing."""
    refusal = Reply(403, b'{"msg":"Your IP address is blocked"}')
    async with binance(refusal) as server, connector({"binance": server.url}) as made:
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_quotes("binance", ["BTC"], 10)


async def test_an_exchange_of_futures_only_has_no_spot_prices_to_ask() -> None:
    async with serving({}) as server, connector({"blofin": server.url}) as made:
        assert () == await made.fetch_quotes("blofin", ["BTC"], 10)
        assert not server.requests


async def test_paper_is_no_exchange() -> None:
    async with connector({}) as made:
        assert () == await made.fetch_quotes("paper", ["BTC"], 10)


# -------------------------------------------------------------------------------------------------------- time


async def test_a_slow_catalogue_is_there_for_the_next_caller() -> None:
    async def slow(request: Request) -> Any:
        await asyncio.sleep(0.4)
        return {"symbols": [BTC_USDT]}

    async with binance([BTC_TICKER]) as server, connector({"binance": server.url}) as made:
        server.answers["/api/v3/exchangeInfo"] = slow
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_quotes("binance", ["BTC"], 0.2)
        assert 1 == len(await made.fetch_quotes("binance", ["BTC"], 5))
        assert 1 == server.asked["/api/v3/exchangeInfo"]


class Later:
    """The monotonic clock, moved."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.by


async def settled(made: ExchangeConnector) -> None:
    for _ in range(100):
        if not made._catalogues._tasks:
            return
        await asyncio.sleep(0.01)


async def test_an_old_catalogue_is_renewed_while_it_is_served() -> None:
    clock = Later()
    async with binance([BTC_TICKER]) as server, connector({"binance": server.url}, monotonic=clock) as made:
        await made.fetch_quotes("binance", ["BTC"], 5)
        old = inside(made, "binance", server.url)
        clock.by += CATALOGUE_AGE + 1
        await made.fetch_quotes("binance", ["BTC"], 5)
        await settled(made)
        assert 2 == server.asked["/api/v3/exchangeInfo"]
        assert old is not inside(made, "binance", server.url)


async def test_a_renewal_that_fails_leaves_the_old_catalogue_for_a_while() -> None:
    clock = Later()
    async with binance([BTC_TICKER]) as server, connector({"binance": server.url}, monotonic=clock) as made:
        await made.fetch_quotes("binance", ["BTC"], 5)
        server.answers["/api/v3/exchangeInfo"] = "<html>"
        clock.by += CATALOGUE_AGE + 1
        for _ in range(3):
            assert 1 == len(await made.fetch_quotes("binance", ["BTC"], 5))
            await settled(made)
        assert 2 == server.asked["/api/v3/exchangeInfo"]
        clock.by += RETRY_AFTER + 1
        await made.fetch_quotes("binance", ["BTC"], 5)
        await settled(made)
        assert 3 == server.asked["/api/v3/exchangeInfo"]


def many(count: int) -> dict[str, Any]:
    return {"symbols": [BTC_USDT | {"symbol": f"C{n}USDT", "baseAsset": f"C{n}"} for n in range(count)]}


async def test_parsing_a_large_catalogue_stops_nobody() -> None:
    """ccxt parses 1,500 markets in one piece. In the main loop nothing else would happen meanwhile."""
    asked = asyncio.Event()

    def answer(request: Request) -> Any:
        asked.set()
        return many(1500)

    tickers = [BTC_TICKER | {"symbol": "C1USDT"}]
    async with binance(tickers, answer) as server, connector({"binance": server.url}) as made:
        await made.fetch_quotes("blofin", [], 5)  # loads ccxt
        loading = asyncio.create_task(made.fetch_quotes("binance", ["C1"], 20))
        await asked.wait()
        turns = 0
        while not loading.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert 1 == len(await loading)
        assert turns >= 10


async def test_what_the_exchange_said_of_its_markets_is_not_kept() -> None:
    """`info` is three quarters of a catalogue's memory; `markets` and `markets_by_id` hold different objects."""
    async with binance([BTC_TICKER]) as server, connector({"binance": server.url}) as made:
        await made.fetch_quotes("binance", ["BTC"], 5)
        exchange = inside(made, "binance", server.url)
        held = [*exchange.markets.values(), *(each for row in exchange.markets_by_id.values() for each in row)]
        assert 2 == len(held)
        assert [None, None] == [each["info"] for each in held]


async def test_a_thousand_prices_are_read_faster_than_by_ccxt() -> None:
    """ccxt derives change, average and vwap for each of them."""
    import ccxt.async_support as ccxt

    rows = [BTC_TICKER | {"symbol": f"C{n}USDT", "priceChange": "0.5", "openPrice": "1"} for n in range(1000)]
    async with binance(rows, many(1000)) as server, connector({"binance": server.url}) as made:
        await made.fetch_quotes("binance", ["BTC"], 20)
        ours = inside(made, "binance", server.url)
        theirs = ccxt.binance({"number": str})
        theirs.set_markets_from_exchange(ours)
        spent = []
        for each in (ours, theirs):
            begin = time.thread_time()
            each.parse_tickers(rows)
            spent.append(time.thread_time() - begin)
        assert spent[0] < spent[1] * 0.8
