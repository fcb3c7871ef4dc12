"""What display currencies were worth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.domain.rates import DAILY_CLOSE, Leg, Rate, RateBook
from coinassay.domain.series import start_of
from coinassay.errors import ExchangeUnavailable, InvalidRequest
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.currencies import LONGEST_CARRY, CurrencyService, RecordingRates
from coinassay.services.ports.currencies import KnownRate
from coinassay.testing.scripted import ScriptedRates
from coinassay.testing.text import rates_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Recorded:
    """A currency store in memory."""

    def __init__(self) -> None:
        self.markets: list[str] = []
        self.chosen: dict[int, str] = {}
        self.rates: dict[str, dict[datetime, Decimal]] = {}

    async def set_display_currency(self, user_id: int, currency: str) -> None:
        self.chosen[user_id] = currency

    async def list_display_currencies(self) -> Sequence[str]:
        return sorted({currency for currency in self.chosen.values() if currency})

    async def list_market_codes(self, user_id: int) -> Sequence[str]:
        return self.markets

    async def record_currency_rates(self, rates: Mapping[str, Decimal], at: datetime) -> None:
        for currency, usd in rates.items():
            self.rates.setdefault(currency, {}).setdefault(at, usd)

    async def list_currency_rates(self, currency: str, first: datetime, last: datetime) -> Sequence[KnownRate]:
        known = sorted(KnownRate(at, usd) for at, usd in self.rates.get(currency, {}).items())
        begin = max((rate.at for rate in known if rate.at <= first), default=first)
        return [rate for rate in known if begin <= rate.at <= last]

    async def drop_currency_rates(self, currency: str, at: Sequence[datetime]) -> None:
        for each in at:
            self.rates[currency].pop(each, None)


class OneCoin:
    """Daily closes of DOGE: the number of the day in the year 2026, up to the 20th of February."""

    codes = ("DOGE",)
    last = date(2026, 2, 20)

    def latest(self, code: str) -> tuple[date, Decimal] | None:
        return self.find(code, self.last)

    def find(self, code: str, day: date) -> tuple[date, Decimal] | None:
        found = min(day, self.last)
        if code != "DOGE" or day - found > timedelta(days=7) or found.year < 2026:
            return None
        return found, Decimal(found.timetuple().tm_yday)


def service(recorded: Recorded) -> CurrencyService:
    return CurrencyService(recorded, OneCoin(), BundledCatalogue(), lambda: NOON)


async def test_a_dollar_is_a_dollar() -> None:
    assert await service(Recorded()).list_rates("USD", [NOON, NOON - HOUR]) == [Decimal(1)] * 2


async def test_a_rate_holds_until_the_next_one_is_known() -> None:
    recorded = Recorded()
    for hours, usd in ((0, "1.1"), (2, "1.2")):
        await recorded.record_currency_rates({"EUR": Decimal(usd)}, NOON + hours * HOUR)
    moments = [NOON + hours * HOUR for hours in (-1, 0, 1, 2, 24)]
    expected = [None, Decimal("1.1"), Decimal("1.1"), Decimal("1.2"), Decimal("1.2")]
    assert await service(recorded).list_rates("EUR", moments) == expected
    assert await service(recorded).list_rates("EUR", moments[::-1]) == expected[::-1]
    assert await service(recorded).list_rates("EUR", []) == []


async def test_but_not_for_ever() -> None:
    recorded = Recorded()
    await recorded.record_currency_rates({"EUR": Decimal("1.1")}, NOON)
    moments = [NOON + LONGEST_CARRY, NOON + LONGEST_CARRY + timedelta(microseconds=1)]
    assert await service(recorded).list_rates("EUR", moments) == [Decimal("1.1"), None]


async def test_a_close_is_known_when_its_day_is_over() -> None:
    midnight = start_of(date(2026, 2, 10))
    found = await service(Recorded()).known_rates("DOGE", [midnight - timedelta(microseconds=1), midnight])
    assert found == [KnownRate(midnight - 24 * HOUR, Decimal(39)), KnownRate(midnight, Decimal(40))]


async def test_whichever_is_later_counts() -> None:
    recorded = Recorded()
    morning = start_of(date(2026, 2, 10)) + 6 * HOUR
    await recorded.record_currency_rates({"DOGE": Decimal("0.5")}, morning)
    found = await service(recorded).list_rates(
        "DOGE", [morning - HOUR, morning, morning + 17 * HOUR, morning + 19 * HOUR]
    )
    assert found == [40, Decimal("0.5"), Decimal("0.5"), 41]


async def test_the_last_close_does_not_hold_for_ever_either() -> None:
    last = start_of(OneCoin.last) + 24 * HOUR
    days = [last + timedelta(days=n) for n in range(10)]
    found = await service(Recorded()).list_rates("DOGE", days)
    assert found == [51] * 8 + [None] * 2


# ---------------------------------------------------------------------------------------------------- recording


@dataclass
class Installation:
    """A service with scripted rates, and a clock."""

    recorded: Recorded = field(default_factory=Recorded)
    rates: ScriptedRates = field(default_factory=lambda: ScriptedRates(rates_of({"BTC": "60000", "EUR": "1.08"}, NOON)))
    now: datetime = NOON
    made: CurrencyService | None = None

    @property
    def service(self) -> CurrencyService:
        if self.made is None:
            self.made = CurrencyService(
                self.recorded,
                OneCoin(),
                BundledCatalogue(),
                lambda: self.now,
                rates=self.rates,
                markets=MarketTable(),
            )
        return self.made

    async def load(self, market_code: str = "kraken") -> list[KnownRate]:
        """Somebody's account is loaded; what is recorded of the euro afterwards."""
        market = MarketTable().find(market_code)
        assert market is not None
        await RecordingRates(self.rates, self.service).fetch_rates(market, [], 1)
        for _ in range(20):
            await asyncio.sleep(0)
        return list(await self.recorded.list_currency_rates("EUR", NOON, self.now))


@pytest.fixture
def house() -> Installation:
    made = Installation()
    made.recorded.chosen[1] = "EUR"
    return made


async def test_loads_record_what_was_chosen_and_nothing_else(house: Installation) -> None:
    assert await house.load() == [KnownRate(NOON, Decimal("1.08"))]
    assert list(house.recorded.rates) == ["EUR"]
    house.recorded.chosen = {}
    house.now += 10 * timedelta(minutes=1)
    assert len(await house.load()) == 1


async def test_one_rate_in_five_minutes(house: Installation) -> None:
    for minutes, known in ((0, 1), (4, 1), (5, 2), (9, 2), (10, 3)):
        house.now = NOON + minutes * timedelta(minutes=1)
        assert len(await house.load()) == known, minutes
    calls = house.rates.calls.total()
    house.now += timedelta(minutes=1)
    other = Installation(house.recorded, house.rates, house.now)
    assert len(await other.load()) == 3, "another process has just recorded one"
    assert house.rates.calls.total() == calls + 1, "and asks for nothing but the load's own prices"


async def test_a_market_that_does_not_know_leaves_it_to_the_next(house: Installation) -> None:
    house.rates.script("binance", rates_of({"BTC": "60000"}, NOON))
    assert await house.load("binance") == []
    assert await house.load("kraken") == [KnownRate(NOON, Decimal("1.08"))]


async def test_a_source_that_fails_fails_nobody(house: Installation) -> None:
    market = MarketTable().find("kraken")
    assert market is not None
    house.rates.script("kraken", ExchangeUnavailable("It is down."))
    house.service.note(market)
    for _ in range(20):
        await asyncio.sleep(0)
    assert house.recorded.rates == {}
    house.rates.script("kraken", rates_of({"EUR": "1.09"}, NOON))
    assert await house.load() == [KnownRate(NOON, Decimal("1.09"))]


async def test_a_daily_close_is_not_recorded_as_a_price_of_now(house: Installation) -> None:
    leg = Leg("EUR", "USD", Decimal("1.05"), DAILY_CLOSE, NOON)
    house.rates.script("kraken", RateBook(NOON, {"EUR": Rate("EUR", "USD", Decimal("1.05"), (leg,))}))
    assert await house.load() == []


async def test_older_rates_are_thinned_out(house: Installation) -> None:
    days = timedelta(days=1)
    rates = {NOON - 6 * days + n * 5 * timedelta(minutes=1): Decimal(n + 1) for n in range(24)}  # kept
    rates |= {NOON - 20 * days + n * 5 * timedelta(minutes=1): Decimal(n + 1) for n in range(24)}  # two hours
    rates |= {NOON - 200 * days + n * timedelta(hours=1): Decimal(n + 1) for n in range(24)}  # two days
    house.recorded.rates["EUR"] = rates
    await house.load()
    kept = sorted(house.recorded.rates["EUR"])
    assert len([at for at in kept if NOON - 7 * days < at < NOON]) == 24
    assert [at - (NOON - 20 * days) for at in kept if NOON - 21 * days < at < NOON - 7 * days] == [
        timedelta(minutes=55),
        timedelta(minutes=115),
    ]
    assert [at - (NOON - 200 * days) for at in kept if at < NOON - 100 * days] == [
        timedelta(hours=11),
        timedelta(hours=23),
    ]


# ------------------------------------------------------------------------------------------------------ choosing


async def test_the_users_exchanges_are_asked_until_one_knows(house: Installation) -> None:
    house.recorded.markets = ["binance", "kraken"]
    house.rates.script("binance", rates_of({"BTC": "60000"}, NOON))
    assert await house.service.choose(1, "eur") == "EUR"
    assert await house.service.now("EUR") == KnownRate(NOON, Decimal("1.08"))


@pytest.mark.parametrize("text", ["XQZ", "EUR USD", "\0"])
async def test_what_nobody_knows_is_refused(house: Installation, text: str) -> None:
    with pytest.raises(InvalidRequest):
        await house.service.choose(1, text)
    with pytest.raises(InvalidRequest):
        CurrencyService(house.recorded, OneCoin(), BundledCatalogue(), lambda: NOON, text)
    assert house.recorded.chosen == {1: "EUR"}


async def test_the_present_rate_is_remembered_for_a_moment(house: Installation) -> None:
    assert await house.service.now("EUR") is None
    house.recorded.rates["EUR"] = {NOON: Decimal("1.08")}
    assert await house.service.now("EUR") is None
    house.now += timedelta(seconds=5)
    assert await house.service.now("EUR") == KnownRate(NOON, Decimal("1.08"))
