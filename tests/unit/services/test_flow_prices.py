"""What deposits and withdrawals were worth at their own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from coinassay.domain.market import Market
from coinassay.domain.movement import Sight
from coinassay.domain.rates import RateBook
from coinassay.domain.snapshot import FlowPrice, Money, PriceOrigin
from coinassay.errors import ExchangeUnavailable
from coinassay.pricing.closes import Closes
from coinassay.services.flow_prices import MOST_QUESTIONS, FlowPrices, Known, worth
from coinassay.services.ports.flows import PastPrice
from coinassay.testing.scripted import ScriptedRates
from coinassay.testing.scripted_flows import ScriptedPastPrices
from coinassay.testing.text import rates_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARKET = Market("here", "x", "X", "X", "x", ("spot",), ("secret", "api_key"))
HELD = rates_of({"BTC": "60000", "SOL": "150"}, NOW)
LONG_AGO = datetime(2019, 5, 17, 15, 30, tzinfo=UTC)


def sight(at: datetime, sol: str, btc_rate: str = "40000") -> Sight:
    return Sight(at, at, {"SOL": Decimal(2)}, {"SOL": Decimal(2) * Decimal(sol)}, Decimal(btc_rate))


async def price(
    asset: str,
    at: datetime,
    *sights: Sight,
    past: ScriptedPastPrices | None = None,
    rates: ScriptedRates | None = None,
    book: RateBook = HELD,
) -> FlowPrice | None:
    finder = FlowPrices(rates or ScriptedRates(ExchangeUnavailable()), Closes(), past or ScriptedPastPrices())
    found = await finder.find(MARKET, [(asset, at)], Known(book, sights), NOW, 10)
    return found.get((asset, at))


async def test_of_now_the_rates_of_the_load() -> None:
    found = await price("SOL", NOW - timedelta(minutes=10))
    assert found is not None
    assert (found.origin, found.usd, found.btc_rate) == (PriceOrigin.TICKER, Decimal(150), Decimal(60000))


async def test_of_now_and_held_no_longer_it_is_asked_for() -> None:
    rates = ScriptedRates(rates_of({"DOT": "5", "BTC": "1"}, NOW))
    found = await price("DOT", NOW - timedelta(minutes=1), rates=rates)
    assert found is not None
    assert (found.usd, found.btc_rate) == (Decimal(5), Decimal(60000)), "one Bitcoin, one rate in a load"
    assert rates.asked == [("DOT",)]


async def test_a_dollar_is_a_dollar() -> None:
    for at in (NOW, LONG_AGO):
        found = await price("USD", at)
        assert found is not None
        assert found.usd == 1
        assert found.btc_rate


async def test_a_snapshot_within_the_hour_goes_before_a_close() -> None:
    at = NOW - timedelta(days=2)
    found = await price("SOL", at, sight(at + timedelta(minutes=50), "120"), past=ScriptedPastPrices({"SOL": "99"}))
    assert found is not None
    assert (found.origin, found.usd, found.btc_rate) == (PriceOrigin.HELD, Decimal(120), Decimal(40000))


async def test_the_close_of_the_day_for_what_the_program_knows() -> None:
    past = ScriptedPastPrices()
    found = await price("BTC", LONG_AGO, past=past)
    close = Closes().find("BTC", LONG_AGO.date())
    assert found is not None
    assert close is not None
    assert (found.origin, found.usd, found.btc_rate) == (PriceOrigin.CLOSE, close[1], close[1])
    assert found.at == datetime(2019, 5, 17, tzinfo=UTC)
    assert not past.asked


async def test_else_the_exchange_is_asked() -> None:
    past = ScriptedPastPrices({"SOL": "99"})
    at = NOW - timedelta(days=2)
    found = await price("SOL", at, sight(at + timedelta(hours=5), "120"), past=past)
    assert found is not None
    assert (found.origin, found.usd, found.source) == (PriceOrigin.CLOSE, Decimal(99), "x 1d SOL/USD")


async def test_else_the_nearest_snapshot_within_a_week() -> None:
    at = NOW - timedelta(days=20)
    sights = [sight(at - timedelta(days=3), "100"), sight(at + timedelta(days=2), "110")]
    found = await price("SOL", at, *sights)
    assert found is not None
    assert (found.origin, found.usd, found.at) == (PriceOrigin.HELD, Decimal(110), at + timedelta(days=2))


async def test_else_what_it_is_valued_at_now() -> None:
    """The value holds it at that price, so nothing else would balance."""
    at = NOW - timedelta(days=20)
    found = await price("SOL", at, sight(at + timedelta(days=8), "110"))
    assert found is not None
    assert (found.origin, found.usd, found.at) == (PriceOrigin.TICKER, Decimal(150), NOW)


async def test_else_there_is_none() -> None:
    assert await price("NOBODY", NOW - timedelta(days=20)) is None
    assert await price("NOBODY", NOW) is None


async def test_an_exchange_is_asked_only_so_often_and_its_failure_is_no_end() -> None:
    class Down:
        asked = 0

        async def fetch_past_price(self, market: Market, code: str, at: datetime, timeout: float) -> PastPrice | None:
            self.asked += 1
            raise ExchangeUnavailable

    past = Down()
    finder = FlowPrices(ScriptedRates(ExchangeUnavailable()), Closes(), past)
    needs = [("SOL", NOW - timedelta(days=n)) for n in range(1, 2 * MOST_QUESTIONS)]
    found = await finder.find(MARKET, needs, Known(HELD), NOW, 10)
    assert past.asked == MOST_QUESTIONS
    assert len(found) == len(needs)


def test_bitcoin_is_worth_itself() -> None:
    found = FlowPrice(PriceOrigin.TICKER, Decimal(3), Decimal("2.9"), NOW)
    assert worth("BTC", Decimal("-0.1"), found) == Money(Decimal("-0.3"), Decimal("-0.1"))
    assert worth("SOL", Decimal(29), found) == Money(Decimal(87), Decimal(30))
