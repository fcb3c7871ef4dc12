"""Keeps a limiter's meters in step with the ledger that all processes share, a few small transactions a second."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from coinassay.domain.budget import Grant, Lease, Ledger, Report
from coinassay.errors import Conflict, StorageError
from coinassay.exchanges.leased import Demand, Leased
from coinassay.services.ports import BudgetStore

LEASE = 6.0
"""Seconds for which units are lent. A process that is killed keeps what it had so long, and a window longer."""

HEARTBEAT = 2.0
"""Seconds between two reports while nothing else makes one necessary."""

EACH = 0.25
"""Seconds between two transactions, of all processes together, while requests wait."""

AT_ONCE = 20
"""Transactions that need not wait for that, where little was asked before: a load after a quiet time."""

ATTEMPTS = 10
"""At a ledger that other processes change at the same moment."""

RETRY = 1.0
"""Seconds until a database that has failed is tried again. Until then nothing is asked that it has not granted."""

LONGEST_LEASE = 60.0

_CHANCE = random.SystemRandom()


class Limited(Protocol):
    """The limiter, as its keeper sees it."""

    def meters(self) -> Mapping[str, Leased]: ...

    def demand(self) -> Mapping[str, Demand]:
        """By meter, of all that wait."""
        ...

    @property
    def waiting(self) -> int: ...

    def pause_left(self) -> float: ...

    def pause(self, seconds: float) -> None:
        """Another process was told to leave the exchange alone."""
        ...

    def look_again(self) -> None:
        """There may be more than before."""
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """Where processes share their limits."""

    store: BudgetStore
    egress: str
    """The address, or what stands for it, that this machine asks exchanges from."""
    holder: str
    """This process."""

    @classmethod
    def of(cls, store: BudgetStore, egress: str) -> Shared:
        return cls(store, egress, secrets.token_hex(4))


class Keeper:
    """Of one limiter, in its event loop. Runs while somebody waits or something is held."""

    def __init__(
        self, shared: Shared, exchange: str, limited: Limited, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._exchange = exchange
        self._limited = limited
        self._now = now
        self.known = False
        """Whether the ledger was seen. Before that nothing may be asked: the exchange may have asked for a pause."""
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._holders = 1
        self._permits = float(AT_ONCE)
        self._permits_at = now()

    def wake(self) -> None:
        """Somebody waits, or something is held that must be known."""
        self._wanted.set()
        self.stay()

    def stay(self) -> None:
        """Something is held: the ledger has to hear of it from time to time."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"limits of {self._exchange}")

    async def close(self) -> None:
        """Gives back what is not used."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self.known:
            with suppress(StorageError):
                await self._settle(leaving=True)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    await self._wanted.wait()
            await self._permit()
            self._wanted.clear()
            try:
                await self._settle()
            except StorageError:
                await asyncio.sleep(RETRY)
                self._wanted.set()
                continue
            self._limited.look_again()
            if not self._wanted.is_set() and self._is_idle():
                # Nobody waits and nothing is held, but the ledger still counts this process among those who share.
                await self._settle_quietly()
                if not self._wanted.is_set() and self._is_idle():
                    return

    def _is_idle(self) -> bool:
        return not self._limited.waiting and all(meter.is_idle for meter in self._limited.meters().values())

    async def _permit(self) -> None:
        """Waits until one more transaction is due."""
        each = EACH * self._holders
        now = self._now()
        self._permits = min(float(AT_ONCE), self._permits + (now - self._permits_at) / each)
        self._permits_at = now
        self._permits -= 1
        if self._permits < 0:
            await asyncio.sleep(-self._permits * each)

    async def _settle_quietly(self) -> None:
        with suppress(StorageError):
            await self._settle(leaving=True)

    async def _settle(self, *, leaving: bool = False) -> None:
        """One transaction. Raises StorageError, and Conflict as one."""
        began = self._now()
        demand = {} if leaving else self._limited.demand()
        meters = dict(self._limited.meters())
        nothing = Demand()
        reports = {
            name: meter.report(began, demand.get(name, nothing), self._holders, leaving=leaving)
            for name, meter in meters.items()
        }
        try:
            ledger, grants, at, lease = await self._write(reports, meters, leaving=leaving)
        except BaseException:
            for name, report in reports.items():
                meters[name].unreported(report, began)
            raise
        self.known = True
        self._holders = lease.holders
        now = self._now()
        left = ledger.pause_left(at)
        if left > self._limited.pause_left() + 1.0:
            self._limited.pause(left)
        for name, grant in grants.items():
            pool = ledger.pools.get(name)
            if pool is not None:
                meters[name].granted(grant, pool, now, at, began + lease.seconds, self._shared.holder)

    async def _write(
        self, reports: Mapping[str, Report], meters: Mapping[str, Leased], *, leaving: bool
    ) -> tuple[Ledger, Mapping[str, Grant], float, Lease]:
        store, holder = self._shared.store, self._shared.holder
        for attempt in range(ATTEMPTS):
            stored = await store.read_budget(self._shared.egress, self._exchange)
            at = stored.now.timestamp()
            ledger = Ledger.decode(stored.ledger)
            ledger.forget(at, LONGEST_LEASE)
            seconds = min(LONGEST_LEASE, max(LEASE, 3 * EACH * len(ledger.holders)))
            holders = ledger.enter(holder, self._limited.waiting, at, seconds)
            lease = Lease(seconds, holders)
            pause = self._limited.pause_left() if self.known else 0.0
            if pause:
                ledger.pause(pause, at)
            grants = {
                name: ledger.pool(name, meters[name].limit()).settle(holder, report, at, lease)
                for name, report in reports.items()
            }
            if leaving:
                ledger.leave(holder)
            try:
                await store.write_budget(stored, ledger.encode())
            except Conflict:
                await asyncio.sleep(_CHANCE.uniform(0, 0.004 * 2 ** min(attempt, 5)))
            else:
                return ledger, grants, at, lease
        raise StorageError("Other processes change the limits of the exchange all the time.")
