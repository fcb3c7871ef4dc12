"""Which pairs an account has, and where paper trading takes its own from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, divide
from coinassay.domain.pair import Pair
from coinassay.domain.rates import DAILY_CLOSE, Quote
from coinassay.errors import ExchangeUnavailable, UnknownPair
from coinassay.exchanges.markets import MarketTable
from coinassay.services.market_data import PAPER_REST, MarketDataService
from coinassay.services.ports import AccountStore
from coinassay.testing import ScriptedMarketData

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 2, 28)
PAIR = Pair("USDT_BTC", "BTC/USDT", "BTC", "USDT")
QUOTE = Quote("BTC", "USDT", "kraken", NOW, bid=Decimal(1), ask=Decimal(2), last=Decimal(1))


class SomeCloses:
    """BTC has one of yesterday, USDT one of the day before."""

    def __init__(self) -> None:
        self._closes = {
            "BTC": {DAY: Decimal("60000.5"), DAY - timedelta(days=1): Decimal("50000.5")},
            "ETH": {DAY: Decimal(2500), DAY - timedelta(days=1): Decimal(2000)},
            "USDT": {DAY - timedelta(days=1): Decimal("0.999")},
        }

    @property
    def codes(self) -> Iterable[str]:
        return tuple(self._closes)

    def latest(self, code: str) -> tuple[date, Decimal] | None:
        closes = self._closes.get(code)
        return None if closes is None else max(closes.items())

    def find(self, code: str, day: date) -> tuple[date, Decimal] | None:
        return max((each for each in self._closes[code].items() if each[0] <= day), default=None)


class World:
    def __init__(self, *sources: str) -> None:
        self.now = NOW
        self.data = ScriptedMarketData()
        self.table = MarketTable()
        nobody = cast(AccountStore, None)
        self.service = MarketDataService(
            nobody, self.table, self.data, SomeCloses(), lambda: self.now, paper_sources=sources
        )

    def market(self, code: str = "paper_trading") -> Market:
        found = self.table.find(code)
        assert found is not None
        return found


async def test_a_market_has_the_pairs_of_its_exchange() -> None:
    world = World()
    world.data.script_pairs("kraken", [PAIR])
    world.data.script_quote("kraken", "USDT_BTC", QUOTE)
    assert ("USDT_BTC",) == await world.service.list_pairs(world.market("kraken"))
    found = await world.service.rates(world.market("kraken"), "USDT_BTC")
    assert (PAIR, QUOTE) == (found.pair, found.quote)
    with pytest.raises(UnknownPair):
        await world.service.rates(world.market("kraken"), "USDT_NOSUCH")


async def test_an_exchange_that_fails_is_said() -> None:
    world = World("kraken")
    world.data.script_pairs("kraken", [PAIR])
    world.data.script_quote("kraken", "USDT_BTC", ExchangeUnavailable())
    with pytest.raises(ExchangeUnavailable):
        await world.service.rates(world.market("kraken"), "USDT_BTC")


async def test_paper_trading_has_the_pairs_and_prices_of_its_source() -> None:
    world = World("kraken")
    world.data.script_pairs("kraken", [PAIR])
    world.data.script_quote("kraken", "USDT_BTC", QUOTE)
    assert ("USDT_BTC",) == await world.service.list_pairs(world.market())
    assert QUOTE is (await world.service.rates(world.market(), "USDT_BTC")).quote


async def test_paper_trading_takes_the_spot_market_of_a_source_with_several() -> None:
    world = World("binance")
    world.data.script_pairs("binance", [PAIR])
    assert ("USDT_BTC",) == await world.service.list_pairs(world.market())


async def test_without_a_source_paper_trading_has_what_has_a_daily_close() -> None:
    world = World()
    found = await world.service.list_pairs(world.market())
    assert {"USD_BTC", "USDT_BTC", "BTC_ETH", "USD_USDT"} <= set(found)
    assert not {"BTC_BTC", "USDT_USD"} & set(found)
    rates = await world.service.rates(world.market(), "USD_BTC")
    assert (DAILY_CLOSE, Decimal("60000.5"), None) == (rates.quote.source, rates.quote.last, rates.quote.bid)
    assert datetime(2026, 2, 28, tzinfo=UTC) == rates.quote.at


async def test_two_closes_make_a_price_only_if_they_are_of_one_day() -> None:
    world = World()
    quote = (await world.service.rates(world.market(), "USDT_BTC")).quote
    assert divide(Decimal("50000.5"), Decimal("0.999")) == quote.last
    assert datetime(2026, 2, 27, tzinfo=UTC) == quote.at
    between = (await world.service.rates(world.market(), "BTC_ETH")).quote
    assert between.last is not None
    assert abs(CONTEXT.subtract(CONTEXT.multiply(between.last, Decimal("60000.5")), Decimal(2500))) < Decimal("1e-50")


async def test_a_source_out_of_reach_is_left_alone_for_minutes() -> None:
    world = World("kraken")
    world.data.script_pairs("kraken", ExchangeUnavailable(), [PAIR])
    for _ in range(9):
        assert "USD_BTC" in await world.service.list_pairs(world.market())
        world.now += PAPER_REST / 10
    assert 1 == world.data.calls["kraken"]
    world.now += PAPER_REST
    assert ("USDT_BTC",) == await world.service.list_pairs(world.market())


async def test_a_source_that_stops_answering_gives_way_to_the_closes() -> None:
    world = World("kraken")
    only_there = Pair("USDT_PEPE", "PEPE/USDT", "PEPE", "USDT")
    world.data.script_pairs("kraken", [PAIR, only_there])
    for code in ("USDT_BTC", "USDT_PEPE"):
        world.data.script_quote("kraken", code, ExchangeUnavailable())
    with pytest.raises(ExchangeUnavailable):
        await world.service.rates(world.market(), "USDT_PEPE")
    world.now += PAPER_REST * 2
    assert DAILY_CLOSE == (await world.service.rates(world.market(), "USDT_BTC")).quote.source


async def test_the_next_source_takes_its_place() -> None:
    world = World("nowhere", "kraken", "bitstamp")
    world.data.script_pairs("kraken", ExchangeUnavailable())
    world.data.script_pairs("bitstamp", [PAIR])
    assert ("USDT_BTC",) == await world.service.list_pairs(world.market())
