"""What becomes of the past: thinned out as it grows older, and looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.past import Past, look_back
from coinassay.domain.retention import DAY, DEFAULT, HOUR, Cuts, Retention, cuts, superseded
from coinassay.errors import NotFound
from coinassay.services.ports import Clock
from coinassay.services.ports.history import PastStore, RetentionStore, Thinned

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 500
"""Rows that are looked at, and dropped, in one transaction: a few milliseconds, then others have their turn."""
ACCOUNTS_AT_ONCE = 200

ATTEMPTS_KEPT = timedelta(days=90)
"""For how long it is kept how attempts to load an account went."""
MOST_ATTEMPTS = 1000
"""Of one account: a week of one every ten minutes."""

THIN_EVERY = timedelta(hours=1)
"""An hour goes as a whole, so oftener there is nothing to do."""


class Stored(PastStore, RetentionStore, Protocol):
    """The two stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a run of `thin` dropped."""

    snapshots: int = 0
    attempts: int = 0


class HistoryService:
    def __init__(
        self,
        stored: Stored,
        clock: Clock,
        retention: Callable[[], Awaitable[Retention]] | Retention = DEFAULT,
        at_once: int = AT_ONCE,
    ) -> None:
        """`retention`: as a function it is asked anew at each `thin`. `at_once`: rows, at least 2."""
        self._stored = stored
        self._clock = clock
        self._retention = retention
        self._at_once = at_once

    async def thin(self) -> Dropped:
        """Drops the snapshots that are no longer kept, and records of old attempts to load.

        In many small transactions, each of which leaves a history that is whole: it may be ended at any point and goes
        on from there the next time. Two at once do no harm.
        """
        retention = self._retention
        cut = cuts(retention if isinstance(retention, Retention) else await retention(), self._clock())
        dropped = Dropped()
        after = 0
        while page := await self._stored.list_to_thin(cut.hourly, cut.daily, after, ACCOUNTS_AT_ONCE):
            for progress in page:
                after = progress.account_id
                attempts = await self._drop_attempts(after)
                try:
                    snapshots = await self._drop_snapshots(progress, cut)
                except NotFound:  # removed meanwhile, with its history
                    snapshots = 0
                dropped = Dropped(dropped.snapshots + snapshots, dropped.attempts + attempts)
        return dropped

    async def _drop_snapshots(self, progress: Thinned, cut: Cuts) -> int:
        dropped = 0
        for step in (DAY, HOUR):
            start, end = _range(progress, cut, step)
            while start < end:
                moments = await self._stored.list_measured(progress.account_id, start, end, self._at_once)
                # The last of many may be followed by another of its hour: it is looked at again with those.
                start = moments[-1] if len(moments) == self._at_once else end
                progress = replace(progress, daily_to=start) if step == DAY else replace(progress, hourly_to=start)
                gone = superseded(moments, step)
                await self._stored.drop_snapshots(progress, gone)
                dropped += len(gone)
                await asyncio.sleep(0)
        return dropped

    async def _drop_attempts(self, account_id: int) -> int:
        before = self._clock() - ATTEMPTS_KEPT
        dropped = 0
        while found := await self._stored.drop_attempts(account_id, before, MOST_ATTEMPTS, self._at_once):
            dropped += found
        return dropped

    async def composition_at(self, accounts: Sequence[Account], moment: datetime) -> Past:
        """What the accounts held at the moment, as their last loads until then found it: to the resolution of what is
        kept (docs/explanation/history.md). Accounts that had not been loaded by then are left out."""
        found = await self._stored.find_past([account.id for account in accounts], moment)
        return look_back((found[account.id] for account in accounts if account.id in found), moment)


def _range(progress: Thinned, cut: Cuts, step: timedelta) -> tuple[datetime, datetime]:
    """What of an account's history is still to be thinned to one snapshot a step. What becomes daily at once is not
    made hourly before."""
    if step == DAY:
        return progress.daily_to or EARLIEST, cut.daily
    return max(progress.hourly_to or EARLIEST, cut.daily), cut.hourly
