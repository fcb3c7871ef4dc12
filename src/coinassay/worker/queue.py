"""Background work on PostgreSQL, through procrastinate: whichever worker is free does what any of them found due.

When an account is due, whether it failed and when it is tried again stands in our own tables; a job only says that
somebody should look at it now. So a job that is lost costs nothing but time: the account's claim ends, and it is due
again. A job that is run twice does nothing the second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.manager import JobManager
from procrastinate.tasks import Task
from psycopg.conninfo import make_conninfo

from coinassay import logs
from coinassay.errors import StorageError
from coinassay.services.bundle import Services
from coinassay.worker.queue_schema import SCHEMA, prepare
from coinassay.worker.tasks import CHORES, Chore, find_chore, refresh_account, run_chore

ACCOUNTS = "accounts"
UPKEEP = "upkeep"

HEARTBEAT = 2.0
"""Seconds between two signs of life of a worker."""
STALLED = 8.0
"""Seconds without one after which others take up its jobs."""
POLL = 1.0
"""Seconds until a job is seen that nobody announced: one that was taken up."""
RECONNECT = 2.0
"""Seconds until a worker that lost its database tries again."""
CONNECTIONS = 8
PATIENCE = 5.0
"""Seconds for which a connection is waited for, and after which the pool's attempts to make one begin anew: the pauses
between them double each time, so a worker would come back as long after its database as that was away."""
AHEAD = 2
"""Jobs that wait for each one that runs, at most: who is due later waits in the table of accounts, in the right order,
and not in the queue."""


class Queue:
    """The queue as one worker sees it: the runner of its schedule, and where its own jobs come from."""

    def __init__(
        self,
        app: procrastinate.App,
        services: Services,
        concurrency: int,
        chores: Sequence[Chore],
        heartbeat: float,
        stalled: float,
    ) -> None:
        self._app = app
        self._services = services
        self._concurrency = concurrency
        self._chores = chores
        self._heartbeat = heartbeat
        self._stalled = stalled
        self._refresh: Task[Any, Any, Any] = app.task(name="refresh", queue=ACCOUNTS)(self._run_refresh)
        # A chore is done before accounts that wait: there are few of them, and they keep the database small.
        self._do: Task[Any, Any, Any] = app.task(name="chore", queue=UPKEEP, priority=1)(self._run_chore)

    # -------------------------------------------------------------------------------------------- putting jobs in

    async def room(self) -> int:
        with _failures():
            queues = await self._app.job_manager.list_queues_async(queue=ACCOUNTS)
        return AHEAD * self._concurrency - sum(int(queue["todo"]) for queue in queues)

    async def refresh(self, account_ids: Sequence[int], claimed_at: datetime) -> None:
        await self._put([self._refresh_job(account_id, claimed_at) for account_id in account_ids])

    async def do(self, chore: Chore) -> None:
        await self._put([self._do.configure(queueing_lock=f"chore {chore.name}").make_new_job(name=chore.name)])

    def _refresh_job(self, account_id: int, claimed_at: datetime) -> Job:
        return self._refresh.configure(queueing_lock=f"account {account_id}").make_new_job(
            account_id=account_id, claimed_at=claimed_at.isoformat()
        )

    async def _put(self, jobs: list[Job]) -> None:
        """What waits in the queue already is not put there once more."""
        with _failures():
            try:
                await self._app.job_manager.batch_defer_jobs_async(jobs)
            except AlreadyEnqueued:  # one of them, and then none was taken
                for job in jobs:
                    with suppress(AlreadyEnqueued):
                        await self._app.job_manager.defer_job_async(job)

    # -------------------------------------------------------------------------------------------- doing them

    async def _run_refresh(self, account_id: int, claimed_at: str) -> None:
        await refresh_account(self._services, account_id, datetime.fromisoformat(claimed_at))

    async def _run_chore(self, name: str) -> None:
        chore = find_chore(name, self._chores)
        if chore is None:
            logs.get_logger().warning("chore is not known here", chore=name)  # of another version
            return
        await run_chore(self._services, chore)

    async def work(self, grace: float) -> None:
        """Does jobs until it is cancelled; then lets those that run come to their end for `grace` seconds."""
        while True:
            with suppress(ConnectorException):
                await self._app.run_worker_async(
                    concurrency=self._concurrency,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL,
                    update_heartbeat_interval=self._heartbeat,
                    stalled_worker_timeout=self._stalled,
                    shutdown_graceful_timeout=grace,
                )
            task = asyncio.current_task()
            if (
                task is not None and task.cancelling()
            ):  # it could not sign off, which took the place of its cancellation
                return
            logs.get_logger().warning("the queue cannot be read; the worker tries again")
            await asyncio.sleep(RECONNECT)

    async def take_up_stalled(self) -> None:
        """Puts the jobs of workers that were killed back into the queue, again and again until it is cancelled."""
        while True:
            await asyncio.sleep(self._heartbeat)
            with suppress(ConnectorException):
                jobs = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled)
                for job in jobs:
                    await self._take_up(job)

    async def _take_up(self, job: Job) -> None:
        manager = self._app.job_manager
        logs.get_logger().warning("a job of a lost worker is taken up", task=job.task_name, **job.task_kwargs)
        try:
            await manager.retry_job(job)
        except ConnectorException:  # it waits there once more already, or another worker was faster
            with suppress(ConnectorException):
                await JobManager.finish_job(manager, job, status=Status.ABORTED, delete_job=True)


class Jobs(JobManager):
    """procrastinate's, where a database that is away when a job is over crashes nothing."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Raises nothing of the database's. A job that was not finished is taken up by another worker, which finds
        nothing to do: this one has lost its heartbeat too, and begins anew under another number."""
        try:
            await super().finish_job(job, status, delete_job)
        except ConnectorException as e:
            if isinstance(e.__cause__, psycopg.OperationalError):  # otherwise it was taken up by another worker already
                said = "that a job is over could not be written down"
                logs.get_logger().warning(said, task=job.task_name, **job.task_kwargs)


@asynccontextmanager
async def open_queue(
    url: str,
    services: Services,
    concurrency: int,
    chores: Sequence[Chore] = CHORES,
    heartbeat: float = HEARTBEAT,
    stalled: float = STALLED,
    patience: float = PATIENCE,
) -> AsyncIterator[Queue]:
    """The queue in the database at `url`, made where it is not there yet. Raises StorageError."""
    # While the database is away the pool warns several times a second; that it is away is said once by the schedule.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logging.getLogger("procrastinate.utils").setLevel(logging.CRITICAL)  # each task of a worker that lost its database
    with _failures():
        await prepare(url)
        connector = procrastinate.PsycopgConnector(
            conninfo=_conninfo(url),
            min_size=1,
            max_size=CONNECTIONS,
            timeout=patience,
            reconnect_timeout=patience,
        )
        app = procrastinate.App(connector=connector)
        app.job_manager = Jobs(connector)
        await app.open_async()
    try:
        yield Queue(app, services, concurrency, chores, heartbeat, stalled)
    finally:
        with suppress(ConnectorException):
            await app.close_async()


def _conninfo(url: str) -> str:
    return make_conninfo(url, options=f"-c search_path={SCHEMA}")


async def count_workers(url: str, within: float = STALLED) -> int:
    """Workers that gave a sign of life within as many seconds. Raises StorageError."""
    with _failures():
        async with await psycopg.AsyncConnection.connect(_conninfo(url), autocommit=True) as connection:
            cursor = await connection.execute("SELECT to_regclass('procrastinate_workers')")
            if await cursor.fetchone() == (None,):  # none was ever started
                return 0
            cursor = await connection.execute(
                "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)",
                [within],
            )
            found = len(await cursor.fetchall())
    return found


@contextmanager
def _failures() -> Iterator[None]:
    """Turns what the driver or the queue raises into a StorageError, without its text: that may quote an address."""
    try:
        yield
    except (ConnectorException, psycopg.Error) as e:
        raise StorageError("The task queue in the database could not be reached.") from e
