"""Pairs and their prices over real HTTP: what is asked how often, and what an account of each market can trade."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.exchanges.world import MARKETS, NOW, connector, d, market, serving

from coinassay.domain.pair import Instrument, Leverage, Pair
from coinassay.errors import ExchangeUnavailable, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges import public
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.pairs import FAILURE_AGE, PAIRS_AGE, QUOTE_AGE, Pairs, as_paid, belongs
from coinassay.testing.http import Reply, Request
from coinassay.testing.simulator.exchange import SimulatedExchange


class Later:
    """The monotonic clock, moved."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.by


async def one(made: ExchangeConnector, code: str, pair: str) -> Pair:
    return (await made.fetch_pairs(market(code), 10))[pair]


ROW: Mapping[str, Any] = {
    "symbol": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "filters": [],
}


# ------------------------------------------------------------------------------------------------------- pairs


async def test_spot_pairs_with_the_exchanges_own_rules() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        found = await made.fetch_pairs(market("binance"), 10)
        assert "USDT_BTC" == next(iter(found))
        assert "TUSD_BTC" not in found, "a market that was closed"
        rules = found["USDT_BTC"].rules
        assert (d("0.01"), d("0.00001"), d("9000"), d("9000000")) == (
            rules.price_step,
            rules.lot_step,
            rules.max_lot,
            rules.max_total,
        )
        assert (d("121.22278732"), d("5"), d("0.2")) == (
            rules.max_market_lot,
            rules.bid_multiplier_up,
            rules.bid_multiplier_down,
        )


async def test_rules_have_all_their_digits() -> None:
    """More than a float holds."""
    exact = "123456789012345678.123456780000"
    filters = [{"filterType": "PRICE_FILTER", "minPrice": "0", "maxPrice": exact, "tickSize": f"0.{'0' * 20}123"}]
    rows = {"symbols": [dict(ROW) | {"filters": filters}]}
    async with serving({"/fapi/v1/exchangeInfo": rows}) as server, connector({"binance_futures": server.url}) as made:
        rules = (await one(made, "binance_futures", "USDT_BTCUSDT")).rules
        assert (exact, f"1.23E-{21}") == (str(rules.max_price), str(rules.price_step))


async def test_pairs_and_prices_share_one_catalogue() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        await made.fetch_quotes("binance", ["BTC"], 10)
        await asyncio.gather(*(made.fetch_pairs(market(code), 10) for code in ("binance", "binance", "binance_margin")))
        assert 1 == exchange.requests["/api/v3/exchangeInfo"]


async def test_a_margin_account_has_the_pairs_that_can_be_traded_on_margin() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        assert "EUR_BTC" in await made.fetch_pairs(market("binance"), 10)
        found = await made.fetch_pairs(market("binance_margin"), 10)
        assert "USDT_BTC" in found
        assert "EUR_BTC" not in found


@pytest.mark.parametrize(
    ("code", "pair", "instrument", "path"),
    [
        ("binance_futures", "USDT_BTCUSDT", Instrument.LINEAR, "/fapi/v1/exchangeInfo"),
        ("binance_futures_coin", "BTC_BTCUSD_PERP", Instrument.INVERSE, "/dapi/v1/exchangeInfo"),
        ("binance_futures_eea", "BNFCR_BTCUSDT", Instrument.LINEAR, "/fapi/v1/exchangeInfo"),
    ],
)
async def test_contracts_are_listed_by_the_exchange_that_has_them(
    code: str, pair: str, instrument: Instrument, path: str
) -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({code: exchange.url}) as made:
        found = await one(made, code, pair)
        assert instrument is found.instrument
        assert found.leverage is not None
        assert {path: 1} == dict(exchange.requests)


async def test_an_account_of_both_has_spot_markets_and_contracts() -> None:
    """Its catalogue of spot markets stays the one that prices are asked with."""
    code = "binance_portfolio_margin"
    async with await SimulatedExchange.start("binance") as exchange, connector({code: exchange.url}) as made:
        found = await made.fetch_pairs(market(code), 10)
        assert {"USDT_BTC", "USDT_BTCUSDT", "BTC_BTCUSD_PERP"} <= found.keys()
        assert ["/api/v3/exchangeInfo", "/dapi/v1/exchangeInfo", "/fapi/v1/exchangeInfo"] == sorted(exchange.requests)


def contract(settle: str, symbol: str) -> Pair:
    code = f"{settle}_{symbol}"
    return Pair(code, symbol, "BTC", "USDT", Instrument.LINEAR, settle, leverage=Leverage())


@pytest.mark.parametrize(
    ("code", "settle", "symbol", "has"),
    [
        ("bybit_usdt_perpetual", "USDT", "BTC/USDT:USDT", True),
        ("bybit_usdt_perpetual", "USDC", "BTC/USDC:USDC", False),
        ("bybit_usdt_perpetual", "USDT", "BTC/USDT:USDT-261225", False),
        ("gate_io_btc_perpetual", "BTC", "BTC/USD:BTC", True),
        ("gate_io_btc_perpetual", "USDT", "BTC/USDT:USDT", False),
        ("gate_io_usdt_perpetual", "USDT", "BTC/USDT:USDT", True),
        ("okex_futures", "USDT", "BTC/USDT:USDT-261225", True),
    ],
)
def test_which_contracts_a_market_has(code: str, settle: str, symbol: str, has: bool) -> None:
    assert has is belongs(market(code), contract(settle, symbol))


def test_only_one_market_is_settled_in_credits() -> None:
    pair = contract("USDT", "1INCHUSDT")
    assert "BNFCR_1INCHUSDT" == as_paid(market("binance_futures_eea"), pair).code
    assert "BNFCR" == as_paid(market("binance_futures_eea"), pair).price_currency
    assert pair is as_paid(market("binance_futures"), pair)


BYBIT_ROW = {"baseCoin": "BTC", "quoteCoin": "USDT", "settleCoin": "USDT", "status": "Trading", "priceFilter": {}}


def bybit(request: Request) -> Any:
    category = request.params["category"]
    kinds = {"spot": "Spot", "linear": "LinearPerpetual", "inverse": "InversePerpetual"}
    row = BYBIT_ROW | {"symbol": f"BTC{category}", "contractType": kinds[category], "lotSizeFilter": {}}
    if category == "inverse":
        row |= {"quoteCoin": "USD", "settleCoin": "BTC"}
    if category == "linear":
        row["leverageFilter"] = {"minLeverage": "1", "maxLeverage": "100.00"}
    return {"retCode": 0, "result": {"category": category, "list": [row], "nextPageCursor": ""}}


async def test_options_are_neither_asked_for_nor_listed() -> None:
    async with (
        serving({"/v5/market/instruments-info": bybit}) as server,
        connector({"bybit_usdt_perpetual": server.url}) as made,
    ):
        found = await made.fetch_pairs(market("bybit_usdt_perpetual"), 10)
        assert ["USDT_BTClinear"] == list(found)
        leverage = found["USDT_BTClinear"].leverage
        assert leverage is not None
        assert Decimal(100) == leverage.max
        assert {"linear", "inverse"} == {each.params["category"] for each in server.requests}


async def test_a_read_of_pairs_that_are_known_asks_nobody() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        first = await made.fetch_pairs(market("binance"), 10)
        for _ in range(100):
            assert first is await made.fetch_pairs(market("binance"), 10)
        assert 1 == exchange.requests["/api/v3/exchangeInfo"]


async def test_new_markets_appear_with_the_next_catalogue() -> None:
    clock = Later()
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, monotonic=clock) as made,
    ):
        assert "USDT_NEW" not in await made.fetch_pairs(market("binance"), 10)
        exchange.set_price("NEW/USDT", last="1")
        clock.by += public.CATALOGUE_AGE + 1
        for _ in range(50):
            if "USDT_NEW" in await made.fetch_pairs(market("binance"), 10):
                return
            clock.by += PAIRS_AGE + 1
            await asyncio.sleep(0.02)
        pytest.fail("the catalogue was not renewed")


async def test_an_exchange_out_of_reach_is_left_alone_for_a_while() -> None:
    clock = Later()
    down = Reply(502, b"bad gateway")
    async with serving({"*": down}) as server, connector({"binance": server.url}, monotonic=clock) as made:
        for _ in range(5):
            with pytest.raises(ExchangeUnavailable):
                await made.fetch_pairs(market("binance"), 10)
        assert 1 == server.asked["/api/v3/exchangeInfo"]
        clock.by += FAILURE_AGE + 1
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_pairs(market("binance"), 10)
        assert 2 == server.asked["/api/v3/exchangeInfo"]


async def test_pairs_that_are_known_stand_in_for_an_exchange_that_is_out_of_reach() -> None:
    clock = Later()
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, monotonic=clock) as made,
    ):
        before = await made.fetch_pairs(market("binance"), 10)
        exchange.faults.add("server_error")
        made._catalogues._public.clear()  # as when too many others were asked for
        clock.by += PAIRS_AGE + 1
        assert before == await made.fetch_pairs(market("binance"), 10)


async def test_who_has_no_patience_is_told_and_the_answer_is_there_for_the_next() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        exchange.faults.add("latency", seconds=0.3)
        with pytest.raises(ExchangeUnavailable, match="did not answer"):
            await made.fetch_pairs(market("binance"), 0.1)
        assert await made.fetch_pairs(market("binance"), 10)
        assert 1 == exchange.requests["/api/v3/exchangeInfo"]


async def test_catalogues_that_nobody_asked_for_longest_are_let_go() -> None:
    """Anyone may ask for the pairs of any exchange: their catalogues must not fill the memory."""
    async with (
        await SimulatedExchange.start("binance") as binance,
        await SimulatedExchange.start("kraken") as kraken,
        connector({"binance": binance.url, "binance_futures": binance.url, "kraken": kraken.url}, catalogues=2) as made,
    ):
        for code in ("binance", "kraken", "binance_futures"):
            await made.fetch_pairs(market(code), 10)
        assert ["kraken", "binanceusdm"] == [key.exchange_id for key in made._catalogues._public]
        assert d("0.01") == (await one(made, "binance", "USDT_BTC")).rules.price_step
        await made.fetch_quotes("binance", ["BTC"], 10)
        assert 2 == binance.requests["/api/v3/exchangeInfo"]


async def test_isolated_nobody_but_the_base_urls_is_asked() -> None:
    async with (
        await SimulatedExchange.start("kraken") as exchange,
        connector({"kraken": exchange.url}, isolated=True) as made,
    ):
        assert await made.fetch_pairs(market("kraken"), 10)
        with pytest.raises(NotSupportedByExchange, match="Only simulated exchanges are asked here"):
            await made.fetch_pairs(market("binance"), 10)
        with pytest.raises(NotSupportedByExchange):
            await made.fetch_quotes("okx", ["BTC"], 10)


# ------------------------------------------------------------------------------------------------------- prices


async def test_a_price_is_one_ticker_for_everybody_who_asks_within_seconds() -> None:
    clock = Later()
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, monotonic=clock) as made,
    ):
        pair = await one(made, "binance", "USDT_BTC")
        quotes = await asyncio.gather(*(made.fetch_quote(market("binance"), pair, 10) for _ in range(20)))
        assert 1 == len({id(quote) for quote in quotes}) == exchange.requests["/api/v3/ticker/24hr"]
        assert ("BTC", "USDT", "binance") == (quotes[0].base, quotes[0].quote, quotes[0].source)
        assert quotes[0].bid is not None
        exchange.set_price("BTC/USDT", last="1.5", bid="1.4", ask="1.6")
        clock.by += QUOTE_AGE + 0.1
        again = await made.fetch_quote(market("binance"), pair, 10)
        assert (d("1.5"), d("1.4"), d("1.6")) == (again.last, again.bid, again.ask)


LONG = "9.123456789012345678901234567890"


def futures(book: Any, ticker: Any = None) -> Any:
    return serving(
        {
            "/fapi/v1/exchangeInfo": {"symbols": [ROW]},
            "/fapi/v1/ticker/24hr": {"symbol": "BTCUSDT", "lastPrice": LONG} if ticker is None else ticker,
            "/fapi/v1/depth": book,
        }
    )


async def test_without_bid_and_ask_in_the_ticker_the_order_book_has_them() -> None:
    """With its digits, of which ccxt makes floats; the best one first, which ccxt would sort as text: 9 before 10."""
    book = {"bids": [[LONG, "1"], ["10.1", "1"], ["2", "1"]], "asks": [["10.2", "1"], ["11", "1"], ["9000", "1"]]}
    async with futures(book) as server, connector({"binance_futures": server.url}) as made:
        pair = await one(made, "binance_futures", "USDT_BTCUSDT")
        quote = await made.fetch_quote(market("binance_futures"), pair, 10)
        assert (d(LONG), d("10.1"), d("10.2")) == (quote.last, quote.bid, quote.ask)
        assert "5" == server.requests[-1].params["limit"]


async def test_the_digits_of_the_order_book_arrive() -> None:
    async with (
        futures({"bids": [[LONG, "1"]], "asks": [[LONG, "1"]]}) as server,
        connector({"binance_futures": server.url}) as made,
    ):
        pair = await one(made, "binance_futures", "USDT_BTCUSDT")
        quote = await made.fetch_quote(market("binance_futures"), pair, 10)
        assert d(LONG) == quote.bid == quote.ask


async def test_an_empty_order_book_has_no_bid_and_no_ask() -> None:
    async with (
        futures({"bids": [], "asks": []}) as server,
        connector({"binance_futures": server.url}) as made,
    ):
        pair = await one(made, "binance_futures", "USDT_BTCUSDT")
        quote = await made.fetch_quote(market("binance_futures"), pair, 10)
        assert (d(LONG), None, None) == (quote.last, quote.bid, quote.ask)


async def test_a_pair_without_any_price_is_an_unexpected_reply() -> None:
    nothing = {"symbol": "BTCUSDT", "lastPrice": "0"}
    async with (
        futures({"bids": [], "asks": []}, nothing) as server,
        connector({"binance_futures": server.url}) as made,
    ):
        pair = await one(made, "binance_futures", "USDT_BTCUSDT")
        with pytest.raises(UnexpectedReply, match="did not say a price"):
            await made.fetch_quote(market("binance_futures"), pair, 10)


async def test_a_market_that_has_closed_meanwhile_has_no_price() -> None:
    async with await SimulatedExchange.start("kraken") as exchange, connector({"kraken": exchange.url}) as made:
        await made.fetch_pairs(market("kraken"), 10)
        gone = Pair("USD_GONE", "GONE/USD", "GONE", "USD")
        with pytest.raises(NotSupportedByExchange, match="closed this market"):
            await made.fetch_quote(market("kraken"), gone, 10)


async def test_what_is_kept_does_not_grow_without_end() -> None:
    async with (
        await SimulatedExchange.start("kraken") as exchange,
        await SimulatedExchange.start("binance") as other,
        connector({"kraken": exchange.url, "binance": other.url}) as made,
    ):
        found = await made.fetch_pairs(market("kraken"), 10)
        catalogues = made._catalogues
        kept = Pairs(catalogues, catalogues._background, made._addresses, lambda: NOW, size=3, markets=1)
        for pair in list(found.values())[:7]:
            await kept.quote(market("kraken"), pair)
        assert len(kept._quotes) <= 3
        for code in ("kraken", "binance"):
            assert await kept.pairs(market(code))
        assert ["binance"] == list(kept._pairs)


def test_every_exchange_with_a_choice_lists_contracts_apart_from_its_spot_markets() -> None:
    """Looks through ccxt for a way of choosing that is not known here."""
    import ccxt.async_support as ccxt

    apart = set()
    for exchange_id in sorted({each.exchange_id for each in MARKETS.list()} - {"paper"}):
        spot, contracts = (getattr(ccxt, exchange_id)() for _ in range(2))
        if not public.lists_apart(spot):
            continue
        public.prepare(spot)
        public.prepare_futures(contracts)
        chosen = [kinds(each.options["fetchMarkets"]["types"]) for each in (spot, contracts)]
        assert ["spot"] == chosen[0], exchange_id
        assert chosen[1], exchange_id
        assert not {"spot", "margin", "option"} & set(chosen[1]), exchange_id
        apart.add(exchange_id)
    assert {"binance", "bybit", "okx", "gate", "kucoin", "bitget", "htx"} <= apart
    assert "mexc" not in apart, "it has a choice that it does not follow"


def kinds(types: Any) -> list[str]:
    return [name for name in types if not isinstance(types, dict) or types[name]]
