"""Display currencies: who chose which, and what each was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from coinassay.errors import NotFound
from coinassay.services.ports.currencies import KnownRate
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, change
from coinassay.storage.noun import Noun


class Currencies(Noun):
    """The port CurrencyStore."""

    async def set_display_currency(self, user_id: int, currency: str) -> None:
        await self._db.write([change(sql.SET_DISPLAY_CURRENCY, NotFound(), id=user_id, display_currency=currency)])

    async def list_display_currencies(self) -> Sequence[str]:
        return [str(row[0]) for row in await self._db.fetch_all(sql.LIST_DISPLAY_CURRENCIES, {})]

    async def list_market_codes(self, user_id: int) -> Sequence[str]:
        return [str(row[0]) for row in await self._db.fetch_all(sql.LIST_MARKET_CODES, {"user_id": user_id})]

    async def record_currency_rates(self, rates: Mapping[str, Decimal], at: datetime) -> None:
        rows = [{"currency": currency, "at": at, "usd": usd} for currency, usd in rates.items()]
        await self._db.write([Change(sql.ADD_CURRENCY_RATE, rows)])

    async def list_currency_rates(self, currency: str, first: datetime, last: datetime) -> Sequence[KnownRate]:
        params = {"currency": currency, "first": first, "last": last}
        return [KnownRate(at, usd) for at, usd in await self._db.fetch_all(sql.LIST_CURRENCY_RATES, params)]

    async def drop_currency_rates(self, currency: str, at: Sequence[datetime]) -> None:
        await self._db.write([Change(sql.DROP_CURRENCY_RATE, [{"currency": currency, "at": each} for each in at])])
