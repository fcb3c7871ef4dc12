"""The rows of balance_chart_data."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coinassay.api.wire import numbers
from coinassay.domain.series import Point


class ChartRow(msgspec.Struct, frozen=True):
    date: int
    """Whole seconds since 1970."""
    usd: numbers.Number
    btc: numbers.Number
    btc_deposit_amount: numbers.Number
    usd_deposit_amount: numbers.Number


def to_chart(points: Iterable[Point]) -> list[ChartRow]:
    """The rows, in the order of the points."""
    number = numbers.number
    return [
        ChartRow(
            date=int(point.at.timestamp()),
            usd=number(point.total.usd),
            btc=number(point.total.btc),
            btc_deposit_amount=number(point.deposits.btc),
            usd_deposit_amount=number(point.deposits.usd),
        )
        for point in points
    ]
