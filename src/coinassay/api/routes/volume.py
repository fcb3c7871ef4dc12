"""How much an account traded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from coinassay.api.call import Call
from coinassay.api.declared import Text
from coinassay.api.params import INVALID, Params
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.volume import DailyVolume, MonthlyVolume, TotalVolume, to_daily, to_monthly, to_total
from coinassay.domain.api_key import Permission
from coinassay.domain.trade import start_of_day
from coinassay.errors import ExchangeError, NoVolume, UnavailableForAccount
from coinassay.services.bundle import Services

DATE = Text("date", "A UTC day as `YYYY-MM-DD`; today where it is not given.", "2025-03-28")
MONTH = Text("month", "A UTC month as `YYYY-MM`; this month where it is not given.", "2025-03")

DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


class VolumeRoutes:
    def __init__(self, services: Services) -> None:
        self._volume = services.volume
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        read = Permission.ACCOUNTS_READ
        volume = "/ver1/accounts/{account_id}/volume"
        errors = (UnavailableForAccount, NoVolume, ExchangeError)
        return (
            Route(
                "GET",
                f"{volume}/daily",
                self.daily_volume,
                read,
                summary="What was traded on a day",
                answer=DailyVolume,
                params=(DATE,),
                errors=errors,
            ),
            Route(
                "GET",
                f"{volume}/monthly",
                self.monthly_volume,
                read,
                summary="What was traded in a month",
                answer=MonthlyVolume,
                params=(MONTH,),
                errors=errors,
            ),
            Route(
                "GET",
                f"{volume}/total",
                self.total_volume,
                read,
                summary="What was traded in all",
                answer=TotalVolume,
                errors=(UnavailableForAccount, ExchangeError),
            ),
        )

    async def daily_volume(self, call: Call) -> bytes:
        """Real trades of one UTC day. 404 where there were none."""
        account_id = call.take_account_id()
        day = self._start(call.params, DATE, _DATE, "")
        call.params.check()
        volume = await self._volume.between(call.user_id, account_id, day, day + DAY, "date")
        return encode(to_daily(day, volume))

    async def monthly_volume(self, call: Call) -> bytes:
        """Real trades of one UTC month. 404 where there were none."""
        account_id = call.take_account_id()
        month = self._start(call.params, MONTH, _MONTH, "-01").replace(day=1)
        call.params.check()
        after = (month + 31 * DAY).replace(day=1)
        volume = await self._volume.between(call.user_id, account_id, month, after, "month")
        return encode(to_monthly(month, volume))

    async def total_volume(self, call: Call) -> bytes:
        """All the trades the exchange tells; 0.0 for an account that never traded."""
        return encode(to_total(await self._volume.total(call.user_id, call.take_account_id())))

    def _start(self, params: Params, which: Text, form: re.Pattern[str], rest: str) -> datetime:
        """The beginning of the day that is asked for, or of today."""
        today = start_of_day(self._clock())
        given = which.read(params)
        if not given:
            return today
        try:
            day = datetime.fromisoformat(given + rest).replace(tzinfo=UTC) if form.fullmatch(given) else None
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year < 9999:
            params.complain(which.name, INVALID)
            return today
        return day
