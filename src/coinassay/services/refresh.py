"""Accounts that are loaded without anybody asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from coinassay.domain.refresh import OFF, Paused, Refresh, Rhythm
from coinassay.errors import CoinassayError, NotFound
from coinassay.services.ports import AccountStore, Clock
from coinassay.services.ports.refresh import RefreshStore
from coinassay.services.single_flight import LEASE, error_of
from coinassay.services.sync import SyncService

CLAIM = timedelta(seconds=20)
"""For how long who takes an account to load has it for himself. Were he killed, it is due again afterwards; if it is
being loaded then, it is passed over for as long once more."""
SKEW = timedelta(minutes=1)
"""What the clocks of two machines may differ by."""
BATCH = 500


class Accounts(AccountStore, RefreshStore, Protocol):
    """The two stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class RefreshState:
    """When an account is loaded next, and what came of the last time."""

    account_id: int
    next_at: datetime | None
    """None while `paused`. In the past: it is due, and waits for its turn."""
    interval: timedelta
    """OFF: only when somebody asks for it."""
    own: bool
    """Whether the interval was set for this account; otherwise it is the installation's."""
    failures: int
    """In a row; 0 after a good load."""
    failure: str
    """Code of the last error (docs/reference/errors.md); empty after a good load."""
    reason: str
    refreshed_at: datetime | None
    """When the last load ended, good or bad, in the background or not."""
    paused: Paused
    """Why it is not loaded by itself: OFF, or KEY until the key is changed or works again; empty where it is."""


class RefreshService:
    def __init__(self, accounts: Accounts, sync: SyncService, rhythm: Rhythm, clock: Clock) -> None:
        self._accounts = accounts
        self._sync = sync
        self._rhythm = rhythm
        self._clock = clock

    # ------------------------------------------------------------------------------------------- what people see

    async def states(self, user_id: int) -> Sequence[RefreshState]:
        """Of all accounts of the user, oldest first: one statement."""
        return [self._state(each) for each in await self._accounts.list_refreshes(user_id)]

    async def get_state(self, user_id: int, account_id: int) -> RefreshState:
        """Raises NotFound, also for another user's account."""
        return self._state(await self._get(user_id, account_id))

    async def set_interval(self, user_id: int, account_id: int, every: timedelta | None) -> RefreshState:
        """How often the account is loaded: an interval as `domain.refresh.read_interval` reads it, OFF, or None for
        the installation's. Raises NotFound."""
        refresh = await self._get(user_id, account_id)
        next_at = None if refresh.rejected else self._rhythm.soon(account_id, every, self._clock())
        await self._accounts.set_refresh_interval(account_id, every, next_at)
        return self._state(replace(refresh, every=every, next_at=next_at))

    async def _get(self, user_id: int, account_id: int) -> Refresh:
        refresh = await self._accounts.find_refresh(account_id)
        if refresh is None or refresh.user_id != user_id:
            raise NotFound
        return refresh

    def _state(self, refresh: Refresh) -> RefreshState:
        paused = self._rhythm.paused(refresh)
        return RefreshState(
            refresh.account_id,
            None if paused else refresh.next_at,
            self._rhythm.interval(refresh.every),
            refresh.every is not None,
            refresh.failures,
            refresh.failure,
            refresh.reason,
            refresh.refreshed_at,
            paused,
        )

    # ------------------------------------------------------------------------------------------- what is done

    async def next_due(self) -> datetime | None:
        """When the first of all accounts is due; one that has been paused since is counted until it is passed over."""
        return await self._accounts.find_next_due()

    async def claim(self, limit: int) -> Sequence[int]:
        """The ids of at most `limit` accounts that are due, for the caller to refresh: no other gets them. What this
        costs depends on how many are due, not on how many there are."""
        now = self._clock()
        return await self._accounts.claim_due(now, now + CLAIM, limit)

    async def refresh(self, account_id: int, claimed_at: datetime | None = None) -> RefreshState | None:
        """Loads the account, unless it is paused, has gone, was loaded since `claimed_at` or is being loaded; None
        then.

        An exchange that fails raises nothing: `failure` of the state says so, and when it is tried again. Raises
        Conflict and StorageError; then the account is due again when its claim ends.
        """
        refresh = await self._accounts.find_refresh(account_id)
        if refresh is None:
            return None
        if self._rhythm.paused(refresh):
            await self._accounts.settle_refresh(replace(refresh, next_at=None))
            return None
        if claimed_at is not None and refresh.refreshed_at is not None and refresh.refreshed_at >= claimed_at:
            return None
        lease = await self._accounts.find_lease(account_id)
        # One that ends later was taken by a clock that has gone back since: whoever holds it is waited for.
        if lease is not None and timedelta() < lease.expires_at - self._clock() <= SKEW + timedelta(seconds=LEASE):
            return None
        outcome = None if claimed_at is None else await self._accounts.find_outcome(account_id, claimed_at)
        if outcome is not None and outcome.finished_at <= self._clock() + SKEW:
            # Its process was killed after it had loaded the account, and before it could say so.
            settled = self._rhythm.settle(refresh, error_of(outcome), self._clock())
            await self._accounts.settle_refresh(settled, "" if lease is None else lease.holder)
            return self._state(settled)
        try:
            await self._sync.sync_account(refresh.user_id, account_id)
        except NotFound:
            return None
        except CoinassayError:
            after = await self._accounts.find_refresh(account_id)
            if after is None or not after.failure:
                raise
        else:
            after = await self._accounts.find_refresh(account_id)
        return None if after is None else self._state(after)

    async def gather_astray(self) -> int:
        """Gives a time to the accounts that have none, or none that makes sense: those of older versions, those whose
        interval is another one since the setting was changed, those settled by a clock that has gone back.

        Looks at all accounts, so it is for a start and for once in a while. Gives how many there were.
        """
        count = 0
        while True:
            now = self._clock()
            found = await self._accounts.list_astray(now + SKEW, self._rhythm.default, BATCH)
            for each in found:
                at = None if each.rejected else self._rhythm.soon(each.account_id, each.every, now)
                refreshed_at = None if each.refreshed_at is None else min(each.refreshed_at, now)
                await self._accounts.settle_refresh(replace(each, next_at=at, refreshed_at=refreshed_at))
            count += len(found)
            if len(found) < BATCH:
                return count

    async def is_overdue(self, by: timedelta) -> bool:
        """Whether an account has been due for longer than that: then nobody works, or there is too much to do."""
        first = await self._accounts.find_next_due()
        return first is not None and self._clock() - first > by

    # ------------------------------------------------------------------------------------------- other chores

    async def claim_chore(self, name: str, until: datetime, every: timedelta) -> bool:
        """Whether this is due and the caller is the one to do it, who has it for himself until then.

        What is done `every` so often and is due later than that was put off by a clock that has gone back since: it
        is due.
        """
        now = self._clock()
        return await self._accounts.claim_chore(name, now, until, max(until, now + every) + SKEW)

    async def settle_chore(self, name: str, next_at: datetime) -> None:
        await self._accounts.settle_chore(name, next_at)


__all__ = ["OFF", "Paused", "RefreshService", "RefreshState"]
