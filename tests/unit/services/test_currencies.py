"""What display currencies were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from coinassay.domain.series import start_of
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.currencies import LONGEST_CARRY, CurrencyService
from coinassay.services.ports.currencies import KnownRate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Recorded:
    """A currency store in memory."""

    def __init__(self) -> None:
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
    assert await service(Recorded()).list_rates("USD", [NOON, NOON - HOUR]) == [1, 1]


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
