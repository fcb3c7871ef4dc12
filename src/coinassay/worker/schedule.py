"""Finds what is due, and has it done: in this process, or by whichever worker is free (coinassay.worker.queue)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from coinassay import logs
from coinassay.errors import StorageError
from coinassay.services.bundle import Services
from coinassay.worker.tasks import CHORES, Chore, claim_chore, refresh_account, run_chore

CONCURRENCY = 64
"""Accounts that are loaded at the same time. Most of them wait: for an exchange, or for their turn there."""
TICK = 1.0
"""Seconds between two looks at what is due."""
BUSY = 0.05
"""The same while more is due than there is room for."""
LOOK_AGAIN = 60.0
"""Seconds after which a chore that somebody else does is looked at again, at most."""


class Runner(Protocol):
    """Who does what was found due."""

    async def room(self) -> int:
        """For how many more accounts."""
        ...

    async def refresh(self, account_ids: Sequence[int], claimed_at: datetime) -> None: ...

    async def do(self, chore: Chore) -> None: ...


class InProcess:
    """Does it here. Belongs to one event loop."""

    def __init__(self, services: Services, concurrency: int = CONCURRENCY) -> None:
        self._services = services
        self._concurrency = concurrency
        self._loads: set[asyncio.Task[None]] = set()
        self._chores: set[asyncio.Task[None]] = set()

    async def room(self) -> int:
        return self._concurrency - len(self._loads)

    async def refresh(self, account_ids: Sequence[int], claimed_at: datetime) -> None:
        for account_id in account_ids:
            self._start(self._loads, refresh_account(self._services, account_id, claimed_at))

    async def do(self, chore: Chore) -> None:
        self._start(self._chores, run_chore(self._services, chore))

    def _start(self, running: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(_log_crash)

    async def close(self, grace: float) -> None:
        """Lets loads come to their end for `grace` seconds. Chores are ended at once: they can be begun again."""
        for task in self._chores:
            task.cancel()
        if self._loads:
            await asyncio.wait(self._loads, timeout=grace)
        left = self._loads | self._chores
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _log_crash(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logs.get_logger().error("background work crashed", exc_info=error)


class Schedule:
    """Looks for accounts and chores that are due, again and again, until it is cancelled."""

    def __init__(
        self, services: Services, runner: Runner, chores: Sequence[Chore] = CHORES, tick: float = TICK
    ) -> None:
        self._services = services
        self._runner = runner
        self._chores = chores
        self._tick = tick
        self._look_at: dict[str, datetime] = {}
        """Chores, and when it is worth asking whether they are due."""

    async def run(self) -> None:
        troubled = False
        while True:
            busy = False
            try:
                busy = await self.look()
                troubled = False
            except StorageError as e:
                if not troubled:  # once, not every second
                    logs.get_logger().warning("what is due could not be looked up", exc_info=e)
                troubled = True
            await asyncio.sleep(min(BUSY, self._tick) if busy else self._tick)

    async def look(self) -> bool:
        """Once. Whether more may be due than there was room for. Raises StorageError."""
        for chore in self._chores:
            await self._look_at_chore(chore)
        now = self._services.clock()
        first = await self._services.refresh.next_due()
        if first is None or first > now:
            return False
        room = await self._runner.room()
        if room <= 0:
            return True
        account_ids = await self._services.refresh.claim(room)
        if account_ids:
            await self._runner.refresh(account_ids, now)
        return len(account_ids) >= room

    async def _look_at_chore(self, chore: Chore) -> None:
        now = self._services.clock()
        at = self._look_at.get(chore.name)
        # A clock that went back must not keep it waiting.
        if at is not None and now < at <= now + timedelta(seconds=LOOK_AGAIN):
            return
        self._look_at[chore.name] = now + min(chore.every, timedelta(seconds=LOOK_AGAIN))
        if await claim_chore(self._services, chore):
            await self._runner.do(chore)
