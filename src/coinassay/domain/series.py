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
    known = tuple(records)
    closings = _closings(known[0], first) if len(known) == 1 else _sums([_closings(record, first) for record in known])
    if not closings:
        return ()
    deposits: dict[date, Money] = {}
    for record in known:
        for flow in record.flows:
            day = day_of(flow.at)
            deposits[day] = deposits[day] + flow.money if day in deposits else flow.money
    points: list[Point] = []
    total = nothing = Money()
    for day in days(min(closings), last):
        total = closings.get(day, total)
        points.append(Point(start_of(day), total, deposits.get(day, nothing)))
    if now is not None:
        present = Money()
        for record in known:
            value = record.snapshots[-1].total if record.snapshots and record.now is None else record.now
            present = present + (value or nothing)
        points.append(Point(now, present, nothing))
    return tuple(points)


def _closings(record: Record, first: date) -> dict[date, Money]:
    """What the account was worth at the end of each day that has a snapshot; what lies before `first` is its value."""
    return {max(day_of(snapshot.taken_at), first): snapshot.total for snapshot in record.snapshots}


def _sums(accounts: Sequence[dict[date, Money]]) -> dict[date, Money]:
    """The accounts together, at the end of each day that has a snapshot of one of them."""
    changes: dict[date, Money] = {}
    for closings in accounts:
        before = Money()
        for day, value in closings.items():
            change = value - before
            changes[day] = changes[day] + change if day in changes else change
            before = value
    total = Money()
    sums: dict[date, Money] = {}
    for day in sorted(changes):
        total = sums[day] = total + changes[day]
    return sums
