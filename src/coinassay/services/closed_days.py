"""What accounts were worth together on days that are over, looked up once.

Almost every day of a chart of years is over: a load adds a snapshot behind the last one and changes none before. So
what was added up is kept for as long as two things stand: the accounts' past numbers, which change with an import and
with a load that is recorded behind a later one, and the last snapshot of each account on the kept days, which changes
with a load that was under way at midnight.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.series import ONE_DAY, days, start_of
from coinassay.domain.snapshot import Money, Snapshot
from coinassay.services.ports import HistoryStore
from coinassay.services.ports.history import PastNumbers

MOST_KEPT = 60_000
"""Days and accounts of all charts that are kept: about 20 MB."""
LOOKED_UP_AT_ONCE = 1_000
"""Days of accounts that are looked up in one statement, before others have their turn."""

_TICK = timedelta(microseconds=1)


class Recorded(HistoryStore, PastNumbers, Protocol):
    """The two stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class _Closed:
    """The days of some accounts that are over."""

    numbers: Sequence[int]
    """The accounts' past numbers, read before anything else."""
    first: date
    totals: Sequence[Money]
    """At the end of each day from `first` on; at least one."""
    edge: Sequence[Snapshot | None]
    """Of each account, its last snapshot on these days or before."""

    @property
    def last(self) -> date:
        return self.first + (len(self.totals) - 1) * ONE_DAY


class ClosedDays:
    def __init__(self, stored: Recorded, most: int = MOST_KEPT) -> None:
        self._stored = stored
        self._most = most
        self._kept: OrderedDict[tuple[int, ...], _Closed] = OrderedDict()
        self._size = 0

    async def totals(self, account_ids: Sequence[int], first: date, last: date, today: date) -> Sequence[Money]:
        """What the accounts were worth together at the end of each UTC day from `first` to `last`, both included: each
        as in its last snapshot until then, nothing where it has none. Only days before `today` are kept."""
        ids = tuple(account_ids)
        numbers = await self._stored.list_past_numbers(ids)
        kept = self._kept.get(ids)
        if kept is not None and kept.numbers == numbers and kept.first <= first:
            until = max(kept.last, last)
            over = max(kept.last, min(until, today - ONE_DAY))
            later, (edge, new_edge) = await self._look_up(ids, kept.last, until, (kept.last, over))
            if edge == kept.edge:
                totals = [*kept.totals, *later[1:]]
                closed = (over - kept.first).days + 1
                self._keep(ids, _Closed(numbers, kept.first, totals[:closed], new_edge))
                begin = (first - kept.first).days
                return totals[begin : begin + (last - first).days + 1]
        over = min(last, today - ONE_DAY)
        totals, (edge,) = await self._look_up(ids, first, last, (over,))
        if over >= first:
            self._keep(ids, _Closed(numbers, first, totals[: (over - first).days + 1], edge))
        return totals

    async def _look_up(
        self, ids: Sequence[int], first: date, last: date, edges: Sequence[date]
    ) -> tuple[list[Money], Sequence[Sequence[Snapshot | None]]]:
        """The totals of these days, and the accounts' last snapshots at the end of each of the days `edges`."""
        moments = [start_of(day) + ONE_DAY - _TICK for day in days(first, last)]
        places = [(day - first).days for day in edges]
        at_edges: list[list[Snapshot | None]] = [[] for _ in edges]
        usd = [ZERO] * len(moments)
        btc = list(usd)
        step = max(1, LOOKED_UP_AT_ONCE // len(moments))
        for begin in range(0, len(ids), step):
            part = ids[begin : begin + step]
            found = await self._stored.find_starts(part, moments)
            for account_id in part:
                until = [
                    each if each is not None and each.taken_at <= moment else None
                    for each, moment in zip(found[account_id], moments, strict=True)
                ]
                for place, at_edge in zip(places, at_edges, strict=True):
                    at_edge.append(until[place] if place >= 0 else None)
                usd = list(map(CONTEXT.add, usd, [ZERO if each is None else each.total.usd for each in until]))
                btc = list(map(CONTEXT.add, btc, [ZERO if each is None else each.total.btc for each in until]))
            await asyncio.sleep(0)
        return list(map(Money, usd, btc)), at_edges

    def _keep(self, ids: tuple[int, ...], closed: _Closed) -> None:
        """Who was not asked for longest is forgotten first."""
        self._forget(ids)
        self._kept[ids] = closed
        self._size += _size(closed)
        while self._size > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, ids: tuple[int, ...]) -> None:
        closed = self._kept.pop(ids, None)
        if closed is not None:
            self._size -= _size(closed)


def _size(closed: _Closed) -> int:
    return len(closed.totals) + len(closed.edge)
