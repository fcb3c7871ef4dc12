"""Display currencies: which there are, and what each was worth at any moment.

Rates are recorded while accounts are loaded, for the currencies somebody has chosen, and the bundled daily closes stand
in where nothing was recorded. A rate holds until the next one is known, but not for ever: beyond `LONGEST_CARRY` an
amount is shown in US dollars rather than at a price nobody remembers.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from coinassay.domain.account import User
from coinassay.domain.api_key import ApiKey
from coinassay.domain.balance import Balance
from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.market import Market
from coinassay.domain.money import ONE, ZERO
from coinassay.domain.rates import USD, RateBook
from coinassay.domain.series import ONE_DAY, start_of
from coinassay.errors import CoinassayError, InvalidRequest
from coinassay.services.ports import Catalogue, Clock, DailyCloses, Markets, RateSource
from coinassay.services.ports.currencies import CurrencyStore, KnownRate

LONGEST_CARRY = timedelta(days=7)
"""How long the last known rate holds."""
EVERY = timedelta(minutes=5)
"""Between two rates that are recorded of one currency."""
FULL = timedelta(days=7)
"""After which one an hour is kept."""
HOURLY = timedelta(days=90)
"""After which one a day is kept."""
THINNED_EVERY = timedelta(hours=1)
STEP = 500
"""Rates dropped at once."""
REMEMBERED = timedelta(seconds=5)
"""For which the present rate is not looked up again."""
TIMEOUT = 5.0
"""Seconds to wait for a rate."""
MARKETS_ASKED = 3
"""At which a price is looked for when a currency is chosen."""

FIAT = "fiat"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

OFFERED = (USD, "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "BRL", "INR", "KRW", "TRY", "PLN", "UAH", "BTC", "ETH")


class CurrencyService:
    """The port CurrencyRates, and what users choose."""

    def __init__(
        self,
        store: CurrencyStore,
        closes: DailyCloses,
        catalogue: Catalogue,
        clock: Clock,
        default: str = USD,
        *,
        rates: RateSource | None = None,
        markets: Markets | None = None,
    ) -> None:
        """`default`: what users see who have not chosen. Without `rates` and `markets` nothing is recorded.

        Raises InvalidRequest where nobody knows the default.
        """
        self._store = store
        self._closes = closes
        self._catalogue = catalogue
        self._clock = clock
        self._default = self._checked(default)
        self._rates = rates
        self._markets = markets
        self._recording: asyncio.Task[None] | None = None
        self._recorded_at: datetime | None = None
        self._thinned_at: dict[str, datetime] = {}
        self._present: dict[str, tuple[datetime, KnownRate | None]] = {}

    def currency_of(self, user: User | ApiKey) -> str:
        """What the user's amounts, or those of the key's user, are shown in."""
        return user.display_currency or self._default

    def offered(self) -> Sequence[Currency]:
        """What many people choose; any other that has a price may be chosen as well."""
        return [self._catalogue.find(code) for code in OFFERED]

    async def choose(self, user_id: int, text: str) -> str:
        """Sets what the user's amounts are shown in, and gives it; empty: the installation's.

        Raises InvalidRequest({"currency": …}) for what nobody knows.
        """
        code = self._checked(text) if text.strip() else ""
        await self._store.set_display_currency(user_id, code)
        self._recorded_at = None
        if code and self._markets is not None and await self.now(code) is None:
            codes = await self._store.list_market_codes(user_id)
            await self._look_for(code, [market for each in codes if (market := self._markets.find(each)) is not None])
        return code or self._default

    def _checked(self, text: str) -> str:
        code = text.strip().upper()
        if code != USD:
            found = self._catalogue.find(code)
            if found.cmc_id is None and found.kind != FIAT:
                raise InvalidRequest({"currency": ["is not the code of a currency or coin that is known here"]})
        return code

    async def now(self, currency: str) -> KnownRate | None:
        """The rate as it is known now. Remembered for a moment."""
        now = self._clock()
        asked, rate = self._present.get(currency, (None, None))
        if asked is None or not timedelta() <= now - asked < REMEMBERED:
            (rate,) = await self.known_rates(currency, [now])
            self._present[currency] = now, rate
        return rate

    async def list_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[Decimal | None]:
        return [None if rate is None else rate.usd for rate in await self.known_rates(currency, moments)]

    async def known_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[KnownRate | None]:
        """`list_rates`, each rate with the time it is of."""
        if currency == USD:
            return [KnownRate(moment, ONE) for moment in moments]
        if not moments:
            return ()
        recorded = await self._store.list_currency_rates(currency, min(moments), max(moments))
        times = [rate.at for rate in recorded]
        found = []
        for moment in moments:
            place = bisect_right(times, moment)
            rate = recorded[place - 1] if place else None
            close = self._close(currency, moment)
            if rate is None or (close is not None and close.at > rate.at):
                rate = close
            found.append(rate if rate is not None and moment - rate.at <= LONGEST_CARRY else None)
        return found

    def _close(self, currency: str, moment: datetime) -> KnownRate | None:
        """The last daily close that was known: that of a day is known when it is over."""
        found = self._closes.find(currency, (moment.astimezone(UTC) - ONE_DAY).date())
        return None if found is None else KnownRate(start_of(found[0]) + ONE_DAY, found[1])

    # --------------------------------------------------------------------------------------------- recording

    def note(self, market: Market) -> None:
        """Somebody has just asked for the prices of this market: those of the display currencies are recorded, unless
        that was done a short while ago. Neither waits nor raises."""
        now = self._clock()
        due = self._recorded_at is None or not timedelta() <= now - self._recorded_at < EVERY
        if due and self._rates is not None and (self._recording is None or self._recording.done()):
            self._recorded_at = now
            self._recording = asyncio.create_task(self._record(market), name="rates of display currencies")

    async def close(self) -> None:
        """Ends what is under way."""
        if self._recording is not None:
            self._recording.cancel()
            await asyncio.gather(self._recording, return_exceptions=True)

    async def _record(self, market: Market) -> None:
        try:
            wanted = {self._default, *await self._store.list_display_currencies()} - {USD}
            now = self._clock()
            due = []
            for code in sorted(wanted):
                last = await self._store.list_currency_rates(code, now, now)
                if not last or now - last[-1].at >= EVERY:
                    due.append(code)
            if due and not await self._ask(due, market):
                self._recorded_at = None  # the next market may know them
            for code in sorted(wanted):
                await self._thin(code)
        except CoinassayError:
            self._recorded_at = None  # the last rate holds, and the next load is another chance

    async def _look_for(self, code: str, markets: Iterable[Market]) -> None:
        """Tries to have a rate at once, where users have just chosen the currency."""
        by_exchange = {market.exchange_id: market for market in markets}
        for market in list(by_exchange.values())[:MARKETS_ASKED]:
            try:
                if await self._ask([code], market):
                    return
            except CoinassayError:
                continue

    async def _ask(self, codes: Sequence[str], market: Market) -> bool:
        """Records what the market says of the currencies; whether it knows them all."""
        assert self._rates is not None
        known = [code for code in codes if self._catalogue.resolve(market.exchange_id, code) == Resolved(code, ONE)]
        balances = [Balance(code, "", ZERO, exchange_code=code) for code in known]
        book = await self._rates.fetch_rates(market, balances, TIMEOUT)
        # A daily close is known anyhow, and for the day it is of.
        found = {
            code: rate.price
            for code in known
            if (rate := book.get(code)) is not None and not rate.stale_source and rate.price > ZERO
        }
        if found:
            await self._store.record_currency_rates(found, self._clock())
            for code in found:
                self._present.pop(code, None)
        return len(found) == len(codes)

    async def _thin(self, code: str) -> None:
        """Of the older rates the last of each hour is kept, of the oldest the last of each day."""
        now = self._clock()
        thinned = self._thinned_at.get(code)
        if thinned is not None and timedelta() <= now - thinned < THINNED_EVERY:
            return
        self._thinned_at[code] = now
        kept: dict[datetime, datetime] = {}
        rates = await self._store.list_currency_rates(code, EARLIEST, now - FULL)
        for rate in rates:
            hour = rate.at.replace(minute=0, second=0, microsecond=0)
            kept[hour if now - rate.at < HOURLY else hour.replace(hour=0)] = rate.at
        stay = set(kept.values())
        dropped = [rate.at for rate in rates if rate.at not in stay]
        for place in range(0, len(dropped), STEP):
            await self._store.drop_currency_rates(code, dropped[place : place + STEP])


class RecordingRates:
    """A rate source that lets the display currencies be priced along with what accounts hold."""

    def __init__(self, rates: RateSource, currencies: CurrencyService) -> None:
        self._rates = rates
        self._currencies = currencies

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        book = await self._rates.fetch_rates(market, balances, timeout)
        self._currencies.note(market)
        return book

    async def prepare(self, market: Market, timeout: float) -> None:
        await self._rates.prepare(market, timeout)
