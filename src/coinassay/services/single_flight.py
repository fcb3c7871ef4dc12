"""One load of an account at a time, whatever number of processes are asked for one.

Who loads an account holds a lease, a row with its name that it renews. Who finds it held waits, and answers with what
came of that load. The lease of a process that was killed is not renewed any more: after `LEASE` seconds somebody who
waits takes over. How long it was not renewed is measured with the waiting process's own monotonic clock, so that wall
clocks that jump, or differ between machines, neither keep an account locked nor make two loads of one. Only one that
expired long ago is taken at once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from coinassay.domain.account import Account
from coinassay.domain.refresh import Rhythm
from coinassay.errors import CoinassayError, ExchangeError, StorageError
from coinassay.services.ports import AccountStore, Clock
from coinassay.services.ports.refresh import Lease, LoadOutcome, RefreshStore, Settled

LEASE = 6.0
"""Seconds after which a lease that was not renewed is taken over. It is renewed three times as often."""
LONG_AGO = timedelta(minutes=5)
"""More than the clocks of two machines differ by."""
POLL = 0.2
"""Seconds between two looks at a lease that somebody else holds."""


class Turn:
    """One load's right to the account, and what follows from it."""

    def __init__(self, settle: Callable[[ExchangeError | None], Awaitable[Settled | None]]) -> None:
        self._settle = settle
        self.over = False

    async def settle(self, error: ExchangeError | None = None) -> Settled | None:
        """What is to be stored together with what came of the load; None where that cannot be said now. Raises
        nothing. Who has stored it says so with `over`."""
        with suppress(StorageError):
            return await self._settle(error)
        return None


LoadAccount = Callable[[Account, Turn], Awaitable[Account]]


class SingleFlight:
    def __init__(
        self,
        store: RefreshStore,
        accounts: AccountStore,
        rhythm: Rhythm,
        clock: Clock,
        *,
        lease: float = LEASE,
        poll: float = POLL,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._rhythm = rhythm
        self._clock = clock
        self._lease = lease
        self._poll = poll

    async def run(self, account: Account, load: LoadAccount) -> Account:
        """What `load` gives, or what the load that runs already gives, in whichever process. Afterwards the account's
        next refresh is settled: a load that somebody asked for counts as one.

        Raises what `load` raises; of another process's load, the ExchangeError that was stored.
        """
        holder = secrets.token_hex(8)
        if not await self._take(account.id, holder):
            outcome = await self._wait(account.id, holder)
            if outcome is not None:
                return await self._answer(account, outcome)
            try:
                account = await self._accounts.get_account(account.user_id, account.id)
            except CoinassayError:
                await self._store.drop_lease(account.id, holder)
                raise
        return await self._hold(account, holder, load)

    async def _take(self, account_id: int, holder: str, abandoned: datetime | None = None) -> bool:
        now = self._clock()
        lease = Lease(holder, now, now + timedelta(seconds=self._lease))
        return await self._store.take_lease(account_id, lease, now - LONG_AGO, abandoned)

    async def _wait(self, account_id: int, holder: str) -> LoadOutcome | None:
        """The outcome of the load that runs; None when it was given up, and the lease is `holder`'s now."""
        awaited: Lease | None = None
        seen_at = 0.0
        was_over = False
        while True:
            lease = await self._store.find_lease(account_id)
            if awaited is not None and (lease is None or lease.holder != awaited.holder):
                outcome = await self._store.find_outcome(account_id, awaited.taken_at)
                if outcome is not None:
                    return outcome
                awaited = None  # its process was stopped, or could not write down what came of it
            if lease is None:
                if await self._take(account_id, holder):
                    return None
                continue
            if awaited is None:
                was_over = await self._store.find_outcome(account_id, lease.taken_at) is not None
            if awaited is None or lease.expires_at != awaited.expires_at:
                awaited, seen_at = lease, time.monotonic()
            elif time.monotonic() - seen_at >= self._lease and await self._take(account_id, holder, lease.expires_at):
                outcome = await self._store.find_outcome(account_id, lease.taken_at)
                if outcome is None or was_over:  # what was over before this call is not its answer
                    return None
                await self._settle(account_id, holder, error_of(outcome))
                return outcome
            await asyncio.sleep(self._poll)

    async def _answer(self, account: Account, outcome: LoadOutcome) -> Account:
        error = error_of(outcome)
        if error is not None:
            raise error
        return await self._accounts.get_account(account.user_id, account.id)

    async def _hold(self, account: Account, holder: str, load: LoadAccount) -> Account:
        # Few loads take so long: a task for each would be made for nothing.
        renewing: asyncio.Task[None] | None = None
        taken_at, began = self._clock(), time.monotonic()

        def begin_renewing() -> None:
            nonlocal renewing
            renewing = asyncio.create_task(self._renew(account.id, holder, taken_at, began))

        timer = asyncio.get_running_loop().call_later(self._lease / 3, begin_renewing)
        turn = Turn(partial(self._settled, account.id, holder))
        try:
            loaded = await load(account, turn)
        except ExchangeError as e:
            if not turn.over:
                await self._settle(account.id, holder, e)
            raise
        except BaseException:
            with suppress(StorageError):  # then it expires
                await self._store.drop_lease(account.id, holder)
            raise
        finally:
            timer.cancel()
            if renewing is not None:
                renewing.cancel()
        if not turn.over:
            await self._settle(account.id, holder, None)
        return loaded

    async def _renew(self, account_id: int, holder: str, taken_at: datetime, began: float) -> None:
        while True:
            age = time.monotonic() - began  # grows whatever the wall clock does
            with suppress(StorageError):
                await self._store.renew_lease(account_id, holder, taken_at + timedelta(seconds=age + self._lease))
            await asyncio.sleep(self._lease / 3)

    async def _settle(self, account_id: int, holder: str, error: ExchangeError | None) -> None:
        """Decides when the account is due next. What came of the load is stored already, so a failure of the database
        is no failure of the load: the lease expires, and the account is due when its claim says."""
        with suppress(StorageError):
            settled = await self._settled(account_id, holder, error)
            if settled is not None:
                await self._store.settle_refresh(settled.refresh, holder)

    async def _settled(self, account_id: int, holder: str, error: ExchangeError | None) -> Settled | None:
        now = self._clock()
        refresh = await self._store.find_refresh(account_id)
        return None if refresh is None else Settled(self._rhythm.settle(refresh, error, now), holder)


def error_of(outcome: LoadOutcome) -> ExchangeError | None:
    """The stored failure as the error it was; None of a good load."""
    if not outcome.failure:
        return None
    for kind in _kinds(ExchangeError):
        if kind.code == outcome.failure:
            return kind(outcome.reason)
    return ExchangeError(outcome.reason)


def _kinds(kind: type[ExchangeError]) -> Iterator[type[ExchangeError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)
