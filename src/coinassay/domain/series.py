"""Value over time, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from coinassay.domain.snapshot import Flow, Money

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    total: Money
    deposits: Money
    """Net deposits of the day, each valued at its own time."""


def days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def start_of(day: date) -> datetime:
    """00:00:00 UTC."""
    return datetime.combine(day, time(), UTC)


def day_of(moment: datetime) -> date:
    """The UTC day."""
    return moment.astimezone(UTC).date()


def daily(totals: Sequence[Money], first: date, flows: Iterable[Flow] = ()) -> list[Point]:
    """A point for each UTC day from `first` on, at its 00:00:00, oldest first: what there was at the end of that day,
    as `totals` say, and what was deposited in it. Flows of other days are left out."""
    deposits: dict[date, Money] = {}
    for flow in flows:
        day = day_of(flow.at)
        deposits[day] = deposits[day] + flow.money if day in deposits else flow.money
    nothing = Money()
    begin = start_of(first)
    return [
        Point(begin + n * ONE_DAY, total, deposits.get(first + n * ONE_DAY, nothing)) for n, total in enumerate(totals)
    ]
