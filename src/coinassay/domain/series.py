"""Value over time, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from coinassay.domain.snapshot import Flow, Money, Snapshot

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    total: Money
    deposits: Money
    """Net deposits of the day, each valued at its own time."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one account: the input of `daily`."""

    snapshots: Sequence[Snapshot]
    """Oldest first: at least the last of each day that has one, and the last before the first day."""
    flows: Sequence[Flow] = ()
    now: Money | None = None
    """What it is worth now; None: as in its last snapshot."""


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


def daily(records: Iterable[Record], first: date, last: date, now: datetime | None = None) -> tuple[Point, ...]:
    """One point for each UTC day from `first` to `last`, at its 00:00:00, oldest first: what all accounts together were
    worth at the end of that day, and what was deposited in it.

    A day without a snapshot carries the last value forward. The days before the first snapshot of all are left out: of
    them nothing is known. With `now` the last point is that moment; today's deposits are in today's point, not in it.
    """
    values: dict[date, Money] = {}
    deposits: dict[date, Money] = {}
    present = Money()
    begin: date | None = None
    for record in records:
        before = Money()
        for snapshot in record.snapshots:
            day = max(day_of(snapshot.taken_at), first)
            values[day] = values.get(day, Money()) + (snapshot.total - before)
            before = snapshot.total
            begin = day if begin is None else min(begin, day)
        for flow in record.flows:
            day = day_of(flow.at)
            deposits[day] = deposits.get(day, Money()) + flow.money
        present = present + (before if record.now is None else record.now)
    if begin is None:
        return ()
    points: list[Point] = []
    total = Money()
    for day in days(begin, last):
        total = total + values.get(day, Money())
        points.append(Point(start_of(day), total, deposits.get(day, Money())))
    if now is not None:
        points.append(Point(now, present, Money()))
    return tuple(points)
