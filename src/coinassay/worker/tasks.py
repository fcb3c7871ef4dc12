"""What is done without anybody asking, besides loading accounts.

A chore is a coroutine function over the services with a period. To add one, add a line to `CHORES`: it then runs in the
server on SQLite and in the workers on PostgreSQL, in one process at a time, and is taken up again where that process
was killed. It may be killed at any point, and must then be one that can simply be begun again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from coinassay import logs
from coinassay.errors import CoinassayError, StorageError
from coinassay.services.bundle import Services
from coinassay.services.history import THIN_EVERY

LEASE = timedelta(minutes=1)
"""For how long a chore belongs to who took it. It is renewed while the chore runs."""


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    """In words; also its key in the database: a chore that is renamed is another one."""
    run: Callable[[Services], Awaitable[object]]
    every: timedelta
    """From one end to the next beginning."""


async def gather_astray(services: Services) -> None:
    await services.refresh.gather_astray()


async def thin_history(services: Services) -> None:
    await services.history.thin()


CHORES: tuple[Chore, ...] = (
    Chore("gather accounts that are never due", gather_astray, timedelta(hours=1)),
    Chore("thin out history", thin_history, THIN_EVERY),
)


async def refresh_account(services: Services, account_id: int, claimed_at: datetime) -> None:
    """Loads an account that was claimed. Says what came of it in the log, and raises nothing that is ours."""
    log = logs.get_logger()
    log.debug("refresh started", account_id=account_id)
    began = time.monotonic()
    try:
        state = await services.refresh.refresh(account_id, claimed_at)
    except CoinassayError as e:
        log.warning("refresh failed", account_id=account_id, seconds=_since(began), code=e.code, reason=e.message)
        return
    if state is None:
        log.debug("refresh was not needed", account_id=account_id)
    elif state.failure:
        log.warning(
            "refresh failed",
            account_id=account_id,
            seconds=_since(began),
            code=state.failure,
            reason=state.reason,
            failures=state.failures,
            next_at=state.next_at,
            paused=state.paused.value,
        )
    else:
        log.info("refresh finished", account_id=account_id, seconds=_since(began), next_at=state.next_at)


async def claim_chore(services: Services, chore: Chore) -> bool:
    """Whether the chore is due, and nobody else does it."""
    return await services.refresh.claim_chore(chore.name, services.clock() + LEASE, chore.every)


async def run_chore(services: Services, chore: Chore) -> None:
    """Does a chore that was claimed. Says what came of it in the log, and raises nothing that is ours."""
    log = logs.get_logger()
    log.info("chore started", chore=chore.name)
    began = time.monotonic()
    renewing = asyncio.create_task(_renew(services, chore), name=f"go on to {chore.name}")
    try:
        await chore.run(services)
    except CoinassayError as e:
        log.warning("chore failed", chore=chore.name, seconds=_since(began), code=e.code, reason=e.message)
    else:
        log.info("chore finished", chore=chore.name, seconds=_since(began))
    finally:
        renewing.cancel()
    with suppress(StorageError):  # then it is due when its lease ends
        await services.refresh.settle_chore(chore.name, services.clock() + chore.every)


async def _renew(services: Services, chore: Chore) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(StorageError):
            await services.refresh.settle_chore(chore.name, services.clock() + LEASE)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def find_chore(name: str, chores: Sequence[Chore] = CHORES) -> Chore | None:
    return next((chore for chore in chores if chore.name == name), None)
