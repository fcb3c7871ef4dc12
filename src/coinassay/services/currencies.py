"""Display currencies: which there are, and what each was worth at any moment.

Rates are recorded while accounts are loaded, for the currencies somebody has chosen, and the bundled daily closes stand
in where nothing was recorded. A rate holds until the next one is known, but not for ever: beyond `LONGEST_CARRY` an
amount is shown in US dollars rather than at a price nobody remembers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from coinassay.domain.account import User
from coinassay.domain.currency import Currency
from coinassay.domain.money import ONE
from coinassay.domain.rates import USD
from coinassay.domain.series import ONE_DAY, start_of
from coinassay.errors import InvalidRequest
from coinassay.services.ports import Catalogue, Clock, DailyCloses
from coinassay.services.ports.currencies import CurrencyStore, KnownRate

LONGEST_CARRY = timedelta(days=7)
"""How long the last known rate holds."""


FIAT = "fiat"
OFFERED = (USD, "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "BRL", "INR", "KRW", "TRY", "PLN", "UAH", "BTC", "ETH")


class CurrencyService:
    """The port CurrencyRates, and what users choose."""

    def __init__(
        self, store: CurrencyStore, closes: DailyCloses, catalogue: Catalogue, clock: Clock, default: str = USD
    ) -> None:
        """`default`: what users see who have not chosen."""
        self._store = store
        self._closes = closes
        self._catalogue = catalogue
        self._clock = clock
        self._default = default

    def currency_of(self, user: User) -> str:
        """What the user's amounts are shown in."""
        return user.display_currency or self._default

    def offered(self) -> Sequence[Currency]:
        """What many people choose; any other that has a price may be chosen as well."""
        return [self._catalogue.find(code) for code in OFFERED]

    async def choose(self, user_id: int, text: str) -> str:
        """Sets what the user's amounts are shown in, and gives it; empty: the installation's.

        Raises InvalidRequest({"currency": …}) for what nobody knows.
        """
        code = text.strip().upper()
        if code and code != USD:
            found = self._catalogue.find(code)
            if found.cmc_id is None and found.kind != FIAT:
                raise InvalidRequest({"currency": ["is not the code of a currency or coin that is known here"]})
        await self._store.set_display_currency(user_id, code)
        return code or self._default

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
