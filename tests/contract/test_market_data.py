"""What every source of pairs and their prices keeps to: the one that asks exchanges through ccxt, and the scripted one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.market import Market
from coinassay.domain.pair import Instrument, Leverage, Pair, PairRules
from coinassay.domain.rates import Quote
from coinassay.errors import ExchangeError, ExchangeUnavailable
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.ports import MarketData
from coinassay.testing import ScriptedMarketData, SimulatedExchange


def now() -> datetime:
    return datetime.now(UTC)


def market(code: str) -> Market:
    found = MarketTable().find(code)
    assert found is not None
    return found


SPOT, FUTURES = market("binance"), market("binance_futures")


@dataclass
class Case:
    """A source that knows USDT_BTC at binance and USDT_BTCUSDT at binance_futures, and one out of reach."""

    source: MarketData
    out_of_reach: MarketData
    slow: MarketData


async def through_ccxt() -> AsyncIterator[Case]:
    def connector(exchange: SimulatedExchange) -> ExchangeConnector:
        urls = {"binance": exchange.url, "binance_futures": exchange.url}
        return ExchangeConnector(BundledCatalogue(), base_urls=urls, clock=now)

    async with (
        await SimulatedExchange.start("binance") as exchange,
        await SimulatedExchange.start("binance") as down,
        await SimulatedExchange.start("binance") as slow,
    ):
        down.faults.add("maintenance")
        slow.faults.add("hang")
        made = [connector(each) for each in (exchange, down, slow)]
        yield Case(*made)
        for each in made:
            await each.close()


async def scripted() -> AsyncIterator[Case]:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rules = PairRules(price_step=Decimal("0.01"), min_total=Decimal(5))
    spot = Pair("USDT_BTC", "BTC/USDT", "BTC", "USDT", rules=rules)
    linear, leverage = Instrument.LINEAR, Leverage()
    contract = Pair("USDT_BTCUSDT", "BTC/USDT:USDT", "BTC", "USDT", linear, "USDT", rules, leverage)
    source = ScriptedMarketData()
    source.script_pairs("binance", [spot])
    source.script_pairs("binance_futures", [contract])
    for code, pair in (("binance", "USDT_BTC"), ("binance_futures", "USDT_BTCUSDT")):
        bid, ask = Decimal("9"), Decimal("10")
        source.script_quote(code, pair, Quote("BTC", "USDT", "binance", at, bid=bid, ask=ask, last=bid))
    down, slow = ScriptedMarketData(), ScriptedMarketData()
    down.script_pairs("binance", ExchangeUnavailable())
    slow.script_pairs("binance", [spot], delay=30)
    yield Case(source, down, slow)


@pytest.fixture(params=[through_ccxt, scripted])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    async for made in request.param():
        yield made


async def test_pairs_go_by_their_code(case: Case) -> None:
    for each in (SPOT, FUTURES):
        pairs = await case.source.fetch_pairs(each, 10)
        assert pairs
        assert all(code == pair.code for code, pair in pairs.items())


async def test_spot_markets_and_contracts_are_told_apart(case: Case) -> None:
    for pair in (await case.source.fetch_pairs(SPOT, 10)).values():
        assert f"{pair.quote}_{pair.base}" == pair.code
        assert (Instrument.SPOT, None, "") == (pair.instrument, pair.leverage, pair.settle)
    for pair in (await case.source.fetch_pairs(FUTURES, 10)).values():
        assert pair.code.startswith(f"{pair.settle}_")
        assert pair.instrument is not Instrument.SPOT
        assert pair.leverage is not None


async def test_rules_are_exact(case: Case) -> None:
    for each, code in ((SPOT, "USDT_BTC"), (FUTURES, "USDT_BTCUSDT")):
        rules = (await case.source.fetch_pairs(each, 10))[code].rules
        assert (Decimal("0.01"), Decimal(5)) == (rules.price_step, rules.min_total)


async def test_the_same_question_has_the_same_answer(case: Case) -> None:
    assert await case.source.fetch_pairs(SPOT, 10) == await case.source.fetch_pairs(SPOT, 10)


async def test_a_price_is_that_of_the_pair(case: Case) -> None:
    for each, code in ((SPOT, "USDT_BTC"), (FUTURES, "USDT_BTCUSDT")):
        pair = (await case.source.fetch_pairs(each, 10))[code]
        quote = await case.source.fetch_quote(each, pair, 10)
        assert ("BTC", "USDT") == (quote.base, quote.quote)
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.last is not None
        assert 0 < quote.bid <= quote.ask


async def test_an_exchange_out_of_reach_is_an_error_of_ours(case: Case) -> None:
    with pytest.raises(ExchangeError) as caught:
        await case.out_of_reach.fetch_pairs(SPOT, 10)
    assert caught.value.retryable


async def test_it_takes_no_longer_than_it_may(case: Case) -> None:
    begin = time.monotonic()
    with pytest.raises(ExchangeUnavailable):
        await case.slow.fetch_pairs(SPOT, 0.2)
    assert time.monotonic() - begin < 10
