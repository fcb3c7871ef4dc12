"""What an account traded."""

from __future__ import annotations

from datetime import datetime

import msgspec

from coinassay.api.wire import numbers
from coinassay.services.volume import Volume


class DailyVolume(msgspec.Struct, frozen=True, kw_only=True):
    utc_date: str
    volume_btc: str
    volume_usd: str
    approximate: bool | msgspec.UnsetType = msgspec.UNSET
    """Only there, as true, where a trade could not be valued at the prices of its day, or trades may be missing. Not in
    the documented answers."""


class MonthlyVolume(msgspec.Struct, frozen=True, kw_only=True):
    utc_month: str
    volume_btc: str
    volume_usd: str
    approximate: bool | msgspec.UnsetType = msgspec.UNSET
    """Only there, as true, where a trade could not be valued at the prices of its day, or trades may be missing. Not in
    the documented answers."""


class TotalVolume(msgspec.Struct, frozen=True, kw_only=True):
    volume_btc: str
    volume_usd: str
    approximate: bool | msgspec.UnsetType = msgspec.UNSET
    """Only there, as true, where a trade could not be valued at the prices of its day, or trades may be missing. Not in
    the documented answers."""


def to_daily(day: datetime, volume: Volume) -> DailyVolume:
    return DailyVolume(
        utc_date=day.date().isoformat(),
        volume_btc=numbers.text(volume.money.btc),
        volume_usd=numbers.text(volume.money.usd),
        approximate=volume.approximate or msgspec.UNSET,
    )


def to_monthly(month: datetime, volume: Volume) -> MonthlyVolume:
    return MonthlyVolume(
        utc_month=month.date().isoformat()[:7],
        volume_btc=numbers.text(volume.money.btc),
        volume_usd=numbers.text(volume.money.usd),
        approximate=volume.approximate or msgspec.UNSET,
    )


def to_total(volume: Volume) -> TotalVolume:
    return TotalVolume(
        volume_btc=numbers.text(volume.money.btc),
        volume_usd=numbers.text(volume.money.usd),
        approximate=volume.approximate or msgspec.UNSET,
    )
