"""The task queue on PostgreSQL: made once, each job queued once and done by one, those of a lost worker taken up."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from tests.postgres import Cluster

from coinassay.errors import StorageError
from coinassay.services.bundle import Services
from coinassay.services.refresh import RefreshState
from coinassay.worker.queue import PATIENCE, Queue, count_workers, open_queue
from coinassay.worker.queue_schema import SCHEMA, prepare, steps
from coinassay.worker.tasks import Chore

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Refreshing:
    """What the tasks ask of the services, written down."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.begun: list[int] = []
        self.done: list[tuple[int, datetime]] = []
        self.at_once = self.most_at_once = 0
        self.settled: list[str] = []

    async def refresh(self, account_id: int, claimed_at: datetime) -> RefreshState | None:
        self.begun.append(account_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.at_once -= 1
        self.done.append((account_id, claimed_at))
        return None

    async def settle_chore(self, name: str, next_at: datetime) -> None:
        self.settled.append(name)


@pytest.fixture
def url(postgres: Cluster) -> Iterator[str]:
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


@contextlib.asynccontextmanager
async def worker(
    url: str,
    refreshing: Refreshing,
    concurrency: int = 4,
    chores: tuple[Chore, ...] = (),
    grace: float = 5.0,
    heartbeat: float = 0.1,
    patience: float = PATIENCE,
) -> AsyncIterator[tuple[Queue, asyncio.Task[None]]]:
    services = cast(Services, SimpleNamespace(refresh=refreshing, clock=lambda: NOW))
    async with open_queue(url, services, concurrency, chores, heartbeat, 0.5, patience) as queue:
        working = asyncio.create_task(queue.work(grace))
        helping = asyncio.create_task(queue.take_up_stalled())
        try:
            yield queue, working
        finally:
            working.cancel()
            helping.cancel()
            await asyncio.gather(working, helping, return_exceptions=True)


class Wire:
    """The way to a database, which can be cut."""

    def __init__(self, url: str) -> None:
        address, _, self._database = url.rpartition("/")
        self._user, _, place = address.rpartition("@")
        self._host, _, port = place.rpartition(":")
        self._port = int(port)
        self._own_port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._nobody = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{self._user}@127.0.0.1:{self._own_port}/{self._database}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._own_port)
        self._own_port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for each in self._open:
            each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(self._host, self._port)
        self._open |= {writer, here}
        self._nobody.clear()
        await asyncio.gather(_copy(reader, here), _copy(there, writer), return_exceptions=True)
        self._open -= {writer, here}
        if not self._open:
            self._nobody.set()

    async def close(self) -> None:
        self.cut()
        await self._nobody.wait()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def wire(url: str) -> AsyncIterator[Wire]:
    wire = Wire(url)
    await wire.mend()
    yield wire
    await wire.close()


async def until(condition: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what happens elsewhere tells nobody
            await asyncio.sleep(0.01)


async def test_its_tables_are_made_once_by_whoever_is_first(url: str) -> None:
    await asyncio.gather(*(prepare(url) for _ in range(5)))
    tables = rows(url, f"SELECT count(*) FROM pg_tables WHERE schemaname = '{SCHEMA}'")
    assert [(4,)] == tables
    assert [] == rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows(url, f"INSERT INTO {SCHEMA}.procrastinate_workers DEFAULT VALUES RETURNING id")
    await prepare(url)
    assert [(1,)] == rows(url, f"SELECT count(*) FROM {SCHEMA}.procrastinate_workers")


async def test_tables_of_an_older_version_are_brought_up_to_date(url: str) -> None:
    older = "03.03.00_01_pre_priority_lock_fetch_job.sql"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}; SET search_path = {SCHEMA}".encode())
        for name, step in steps().items():
            if name <= older:
                connection.execute(step)
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{older}'".encode())
    await prepare(url)
    newest = max(steps())
    assert older < newest
    assert [(newest,)] == rows(url, f"SELECT obj_description('{SCHEMA}'::regnamespace, 'pg_namespace')")
    refreshing = Refreshing()
    async with worker(url, refreshing) as (queue, _):
        await queue.refresh([1], NOW)
        await until(lambda: 1 == len(refreshing.done))


async def test_each_account_is_queued_once_and_loaded_by_one(url: str) -> None:
    refreshing = Refreshing(takes=0.01)
    async with worker(url, refreshing) as (one, _), worker(url, refreshing) as (other, _):
        await asyncio.gather(
            one.refresh(range(1, 21), NOW), other.refresh(range(10, 31), NOW), one.refresh([5, 40, 5], NOW)
        )
        await until(lambda: {*range(1, 31), 40} == {account_id for account_id, _ in refreshing.done})
        assert {NOW} == {claimed_at for _, claimed_at in refreshing.done}
        assert refreshing.most_at_once <= 8
        await until(lambda: [(0,)] == rows(url, f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs"))


async def test_what_waits_is_not_queued_once_more(url: str) -> None:
    refreshing = Refreshing(takes=0.3)
    async with worker(url, refreshing, concurrency=1) as (queue, _):
        await queue.refresh([1], NOW)
        await until(lambda: [1] == refreshing.begun)
        for _ in range(3):
            await queue.refresh([2, 3], NOW)
        assert 0 == await queue.room()
        await until(lambda: 3 == len(refreshing.done))
        assert 2 == await queue.room()
    assert [1, 2, 3] == refreshing.begun


async def test_jobs_of_a_lost_worker_are_taken_up_by_another(url: str) -> None:
    lost, found = Refreshing(takes=60), Refreshing()
    async with worker(url, lost, concurrency=3, grace=0, heartbeat=60) as (queue, _):
        await queue.refresh([1, 2, 3], NOW)
        await until(lambda: 3 == len(lost.begun))
        async with worker(url, found) as (other, _):
            await other.refresh([3], NOW)  # found due once more meanwhile
            await until(lambda: {1, 2, 3} == {account_id for account_id, _ in found.done})
            await until(lambda: [(0,)] == rows(url, f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs"))
    assert [] == lost.done


async def test_a_chore_is_done_by_one_worker(url: str) -> None:
    ran: list[str] = []

    async def note(services: Services) -> None:
        ran.append("thin")
        await asyncio.sleep(0.05)

    chores = (Chore("thin", note, timedelta(hours=1)),)
    refreshing = Refreshing()
    async with worker(url, refreshing, chores=chores) as (one, _), worker(url, refreshing, chores=chores):
        await one.do(chores[0])
        await until(lambda: ["thin"] == refreshing.settled)
        await asyncio.sleep(0.1)
    assert ["thin"] == ran


async def test_workers_are_counted_while_they_give_signs_of_life(url: str) -> None:
    assert 0 == await count_workers(url)
    async with worker(url, Refreshing()), worker(url, Refreshing()):
        async with asyncio.timeout(5):
            while await count_workers(url) != 2:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.02)
    assert 0 == await count_workers(url)


async def test_a_database_that_cannot_be_reached_is_said_without_its_address(url: str) -> None:
    wrong = url.replace("/test_", "/no_such_")
    for attempt in (count_workers(wrong), open_queue(wrong, cast(Services, None), 1).__aenter__()):
        with pytest.raises(StorageError) as caught:
            await attempt
        assert "no_such" not in caught.value.message


async def test_a_worker_is_back_soon_after_its_database_however_long_that_was_away(url: str, wire: Wire) -> None:
    refreshing, crashes = Refreshing(takes=0.1), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: crashes.append(context))
    async with worker(wire.url, refreshing, patience=0.5) as (queue, _):
        await queue.refresh([1], NOW)
        await until(lambda: [1] == refreshing.begun)
        wire.cut()
        await asyncio.sleep(8.5)
        with pytest.raises(StorageError):
            await queue.room()
        await wire.mend()
        async with open_queue(url, cast(Services, None), 1) as other:
            await other.refresh([2], NOW)
        await until(lambda: 2 in refreshing.begun, 4.0)
    gc.collect()
    assert not crashes, "that the job was over could not be written down, which is no crash"


async def test_a_worker_that_is_stopped_while_its_database_is_away_ends(wire: Wire) -> None:
    refreshing = Refreshing()
    async with worker(wire.url, refreshing, patience=0.5) as (queue, working):
        await queue.refresh([1], NOW)
        await until(lambda: [1] == refreshing.begun)
        wire.cut()
        working.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([working])
