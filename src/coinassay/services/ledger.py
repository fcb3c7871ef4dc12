"""The profit ledger of accounts: day by day what they were worth, what came and went, and what was earned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.ledger import Bookkeeper, History, Ledger, close_book
from coinassay.domain.rates import BTC, USD
from coinassay.domain.series import ONE_DAY, day_of, days, start_of
from coinassay.domain.snapshot import Flow, Snapshot
from coinassay.services.ports import Clock, HistoryStore
from coinassay.services.ports.currencies import CurrencyRates
from coinassay.services.ports.history import PastStore

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LOOKED_UP_AT_ONCE = 4_000
"""Days of accounts that are looked up in one statement, before others have their turn."""
ACCOUNTS_AT_ONCE = 200
ATTEMPTS = 3
"""How often a ledger is made that a load changes meanwhile."""

_TICK = timedelta(microseconds=1)


class Stored(HistoryStore, PastStore, Protocol):
    """The two stores this needs, usually one object."""


class LedgerService:
    def __init__(self, stored: Stored, rates: CurrencyRates, clock: Clock) -> None:
        self._stored = stored
        self._rates = rates
        self._clock = clock

    async def current(
        self,
        read: Callable[[], Awaitable[Sequence[Account]]],
        first: date | None = None,
        last: date | None = None,
        currency: str = USD,
    ) -> Ledger:
        """`ledger` of the accounts that `read` gives, as they were at one moment: with deposits from before a load and
        the value from after it, a deposit would be a profit. Raises what `read` raises."""
        accounts = await read()
        for _ in range(ATTEMPTS):
            ledger = await self.ledger(accounts, first, last, currency)
            before, accounts = accounts, await read()
            if _versions(before) == _versions(accounts):
                break
        return ledger

    async def ledger(
        self, accounts: Sequence[Account], first: date | None = None, last: date | None = None, currency: str = USD
    ) -> Ledger:
        """The ledger of the accounts together, a row for each UTC day from `first` to `last`, both included; without
        them from the beginning and up to now.

        Days of which nothing is known yet are left out: those before the first load and those to come. Several accounts
        are one: what moves between them is no flow.
        """
        now = self._clock()
        loaded = [account for account in accounts if account.loaded_at is not None]
        oldest = await self._oldest([account.id for account in loaded])
        ids = list(oldest)
        today = day_of(now)
        end = today if last is None else min(last, today)
        flows, begin = await self._flows(oldest, first)
        if begin is None or begin > end:
            return Ledger.nothing()
        legs = await self._stored.list_legs(ids) if len(ids) > 1 else ()
        keeper = Bookkeeper(begin, end, now if end == today else None, legs)
        moments = [start_of(day) + ONE_DAY - _TICK for day in days(begin - ONE_DAY, end)]
        for part in _parts(ids, max(1, LOOKED_UP_AT_ONCE // len(moments))):
            found = await self._stored.find_starts(part, moments)
            for account_id in part:
                keeper.add(History(account_id, _distinct(found[account_id], moments), flows[account_id]))
                await asyncio.sleep(0)
        book = keeper.book()
        rates = () if currency in (USD, BTC) else await self._rates.list_rates(currency, book.moments)
        return await asyncio.to_thread(close_book, book, currency, rates)

    async def _oldest(self, ids: Sequence[int]) -> Mapping[int, Snapshot]:
        """The first snapshot of each."""
        found: dict[int, Snapshot] = {}
        for part in _parts(ids, ACCOUNTS_AT_ONCE):
            for account_id, (snapshot,) in (await self._stored.find_starts(part, [EARLIEST])).items():
                if snapshot is not None:
                    found[account_id] = snapshot
        return found

    async def _flows(
        self, oldest: Mapping[int, Snapshot], wanted: date | None
    ) -> tuple[Mapping[int, Sequence[Flow]], date | None]:
        """The flows a ledger from the day `wanted` on is made of, and its first day: `wanted`, or the first of which
        anything is known where that is later. None where nothing is."""
        flows: dict[int, Sequence[Flow]] = {}
        known = [day_of(snapshot.taken_at) for snapshot in oldest.values()]
        for part in _parts(list(oldest), ACCOUNTS_AT_ONCE):
            after = await self._since(part, oldest, wanted)
            flows |= await self._stored.list_flows(part, after)
            await asyncio.sleep(0)
        known += (day_of(each[0].at) for each in flows.values() if each)
        begin = min(known, default=None)
        return flows, begin if begin is None or wanted is None else max(begin, wanted)

    async def _since(self, ids: Sequence[int], oldest: Mapping[int, Snapshot], wanted: date | None) -> datetime:
        """The moment after which all flows of these accounts are needed: the last load before the day `wanted`."""
        if wanted is None or any(day_of(oldest[account_id].taken_at) >= wanted for account_id in ids):
            return EARLIEST
        starts = await self._stored.find_starts(ids, [start_of(wanted) - _TICK])
        return min(found[0].taken_at for found in starts.values() if found[0] is not None) - _TICK


def _versions(accounts: Sequence[Account]) -> Sequence[tuple[int, int]]:
    return [(account.id, account.version) for account in accounts]


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[place : place + size] for place in range(0, len(ids), size))


def _distinct(found: Sequence[Snapshot | None], moments: Sequence[datetime]) -> Sequence[Snapshot]:
    """The snapshot of each moment at which there was one, each once."""
    known = {
        snapshot.taken_at: snapshot
        for snapshot, moment in zip(found, moments, strict=True)
        if snapshot is not None and snapshot.taken_at <= moment
    }
    return list(known.values())
