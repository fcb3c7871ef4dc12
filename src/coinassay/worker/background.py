"""Background work as a whole: in this process on SQLite, shared by all workers on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from coinassay import logs
from coinassay.errors import ConfigurationError
from coinassay.services.bundle import Services
from coinassay.settings import Settings
from coinassay.worker.schedule import CONCURRENCY, InProcess, Schedule

GRACE = 5.0
"""Seconds beyond the timeout of a load that loads have to come to their end."""
LATE = timedelta(minutes=5)
"""An account that has been due for longer is a sign that too few work, or nobody."""


@dataclass(frozen=True, slots=True)
class Health:
    late: bool
    """Whether an account has been due for more than `LATE`."""
    workers: int | None
    """Workers that gave a sign of life lately; None on SQLite, where servers do the work."""

    @property
    def good(self) -> bool:
        return not self.late and self.workers != 0


@asynccontextmanager
async def in_background(
    services: Services, settings: Settings, concurrency: int = CONCURRENCY
) -> AsyncIterator[Callable[[], None]]:
    """Does what nobody asks for until the context is left, and then lets running loads come to their end.

    What is given back makes it look for nothing new from then on. Raises ConfigurationError and StorageError.
    """
    grace = settings.load_timeout + GRACE
    async with AsyncExitStack() as stack:
        if settings.on_postgres:
            queue = await stack.enter_async_context(_open_queue(settings, services, concurrency))
            schedule = asyncio.create_task(Schedule(services, queue).run(), name="look for what is due")
            tasks: list[asyncio.Task[Any]] = [
                schedule,
                asyncio.create_task(queue.work(grace), name="work"),
                asyncio.create_task(queue.take_up_stalled(), name="take up what lost workers left"),
            ]
            stops = list(tasks)
        else:
            runner = InProcess(services, concurrency)
            schedule = asyncio.create_task(Schedule(services, runner).run(), name="look for what is due")
            tasks, stops = [schedule], [schedule]
            stack.push_async_callback(runner.close, grace)
        for task in tasks:
            task.add_done_callback(_log_crash)
        logs.get_logger().info("working", concurrency=concurrency, queue=settings.on_postgres)

        def stop_soon() -> None:
            while stops:  # each once: a worker that is cancelled again does not wait for its jobs
                stops.pop().cancel()

        try:
            yield stop_soon
        finally:
            stop_soon()
            await asyncio.gather(*tasks, return_exceptions=True)


def _open_queue(settings: Settings, services: Services, concurrency: int) -> Any:
    try:
        from coinassay.worker.queue import open_queue
    except ImportError as e:
        raise ConfigurationError(
            "Background work on PostgreSQL needs packages that are not installed.",
            hint="pip install 'coinassay[postgresql]'",
        ) from e
    return open_queue(settings.database_url, services, concurrency)


async def check(services: Services, settings: Settings) -> Health:
    """Whether background work is done. Raises StorageError."""
    workers = None
    if settings.on_postgres:
        from coinassay.worker.queue import count_workers

        workers = await count_workers(settings.database_url)
    return Health(await services.refresh.is_overdue(LATE), workers)


def _log_crash(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logs.get_logger().error("background work ended", exc_info=error)


__all__ = ["CONCURRENCY", "Health", "check", "in_background"]
