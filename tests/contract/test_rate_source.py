"""What every source of rates keeps to: the one in use, on live quotes and on daily closes, and the scripted one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ONE
from coinassay.domain.rates import MAX_LEGS
from coinassay.errors import ExchangeError, ExchangeUnavailable
from coinassay.pricing.book import RateService
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.ports import RateSource
from coinassay.testing import ScriptedQuotes, ScriptedRates, bal, quotes_of, rates_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HELD = [bal("0.5 BTC"), bal("2 ETH in earn"), bal("100 USDT"), bal("3 USD"), bal("9 XYZ"), bal("0 SOL")]
QUOTES = quotes_of(
    {"BTC/USDT": "bid 59999, ask 60001", "ETH/BTC": "bid 0.04, ask 0.041", "USDT/USD": "bid 0.999, ask 1"},
    source="kraken",
)


def market(exchange_id: str) -> Market:
    return Market(exchange_id, exchange_id, exchange_id, exchange_id, exchange_id, ("spot",), ())


@dataclass
class Case:
    """A source and a market whose BTC, ETH, USDT and USD it prices; XYZ has no price."""

    source: RateSource
    market: Market


def live() -> Case:
    return Case(RateService(ScriptedQuotes({"kraken": QUOTES}), BundledCatalogue(), lambda: NOW), market("kraken"))


def elsewhere() -> Case:
    quotes = ScriptedQuotes({"kraken": QUOTES, "bit2c": ()})
    return Case(RateService(quotes, BundledCatalogue(), lambda: NOW, fallbacks=["kraken"]), market("bit2c"))


def closes() -> Case:
    return Case(RateService(ScriptedQuotes(), BundledCatalogue(), lambda: NOW), market("paper"))


def scripted() -> Case:
    book = rates_of({"BTC": "60000", "ETH": "2400", "USDT": "1"}, NOW, refusals={"XYZ": "no market at kraken"})
    return Case(ScriptedRates(book), market("kraken"))


def failing_live(error: ExchangeError) -> Case:
    return Case(RateService(ScriptedQuotes({}, error), BundledCatalogue(), lambda: NOW), market("kraken"))


def failing_scripted(error: ExchangeError) -> Case:
    return Case(ScriptedRates(error), market("kraken"))


def slow_live() -> Case:
    quotes = ScriptedQuotes()
    quotes.script("kraken", QUOTES, delay=30)
    return Case(RateService(quotes, BundledCatalogue(), lambda: NOW), market("kraken"))


def slow_scripted() -> Case:
    rates = ScriptedRates()
    rates.script("kraken", rates_of({}), delay=30)
    return Case(rates, market("kraken"))


@pytest.fixture(params=[live, elsewhere, closes, scripted])
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param()
    return made


async def test_every_asset_has_a_rate_or_a_reason(case: Case) -> None:
    book = await case.source.fetch_rates(case.market, HELD, 5)
    for balance in HELD:
        rate = book.get(balance.asset)
        if rate is None:
            assert book.why_not(balance.asset)
        else:
            assert (balance.asset, "USD") == (rate.asset, rate.currency)
            assert rate.price > 0
    assert None not in [book.get(asset) for asset in ("BTC", "ETH", "USDT", "USD")]
    assert None is book.get("XYZ")


async def test_bitcoin_is_there_also_where_none_is_held(case: Case) -> None:
    assert (await case.source.fetch_rates(case.market, [bal("3 USD")], 5)).get("BTC") is not None
    assert (await case.source.fetch_rates(case.market, [], 5)).get("BTC") is not None


async def test_a_dollar_is_one_dollar(case: Case) -> None:
    assert (await case.source.fetch_rates(case.market, HELD, 5)).rates["USD"].price == ONE


async def test_every_rate_says_how_it_came_about(case: Case) -> None:
    book = await case.source.fetch_rates(case.market, HELD, 5)
    for asset, rate in book.rates.items():
        product, here = Decimal(1), asset
        for leg in rate.legs:
            assert here == leg.from_
            assert leg.source
            assert leg.assumed or (leg.at is not None and leg.at.tzinfo is not None)
            product, here = CONTEXT.multiply(product, leg.price), leg.to
        assert here == "USD"
        assert product == rate.price
        assert len(rate.legs) <= MAX_LEGS
    assert book.as_of.tzinfo is not None


async def test_the_same_question_has_the_same_answer(case: Case) -> None:
    first = await case.source.fetch_rates(case.market, HELD, 5)
    second = await case.source.fetch_rates(case.market, HELD[::-1], 5)
    assert (first.rates, first.refusals) == (second.rates, second.refusals)


@pytest.mark.parametrize("make", [failing_live, failing_scripted])
async def test_an_exchange_that_cannot_be_asked_is_an_error_of_ours(make: Callable[[ExchangeError], Case]) -> None:
    case = make(ExchangeUnavailable("kraken is in maintenance.", exchange_id="kraken"))
    with pytest.raises(ExchangeUnavailable, match="kraken is in maintenance"):
        await case.source.fetch_rates(case.market, HELD, 5)


@pytest.mark.parametrize("make", [failing_live, failing_scripted])
async def test_preparing_changes_no_answer(make: Callable[[ExchangeError], Case], case: Case) -> None:
    before = await case.source.fetch_rates(case.market, HELD, 5)
    await case.source.prepare(case.market, 5)
    assert before.rates == (await case.source.fetch_rates(case.market, HELD, 5)).rates
    failing = make(ExchangeUnavailable())
    await failing.source.prepare(failing.market, 5)


@pytest.mark.parametrize("make", [slow_live, slow_scripted])
async def test_it_takes_no_longer_than_it_may(make: Callable[[], Case]) -> None:
    case = make()
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(ExchangeUnavailable):
        await case.source.fetch_rates(case.market, HELD, 0.05)
    assert loop.time() - started < 1
    if isinstance(case.source, RateService):
        await case.source.close()
