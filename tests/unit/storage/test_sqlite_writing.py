"""Writes that wait at the same moment share a transaction, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from coinassay.errors import CoinassayError, Conflict, StorageError
from coinassay.storage.database import Change, Compiled, Row, Statement
from coinassay.storage.sqlite_writing import Writing

ADD = Statement("ADD", Compiled("INSERT INTO numbers VALUES (?)"), Compiled(""))
SLOW = Statement("SLOW", Compiled("SELECT 1"), Compiled(""))
NEVER = Statement("NEVER", Compiled("SELECT 1"), Compiled(""))


class Site:
    """Numbers in a table, written on one thread; a SLOW statement waits until `go`."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT")
        self.reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.held, self.go = Event(), Event()
        self.statements: list[str] = []
        self.connection.set_trace_callback(self.statements.append)
        self.executor = ThreadPoolExecutor(1)
        self.writing = Writing(self.connection, self.executor, self.apply)

    def apply(self, change: Change) -> Sequence[Row]:
        if change.statement is SLOW:
            self.held.set()
            self.go.wait(5)
        if change.otherwise is not None:
            raise change.otherwise
        for row in change.rows:
            self.connection.execute(change.statement.sqlite.sql, tuple(row.values()))
        return [(len(change.rows),)]

    def begin(self, *numbers: object, error: CoinassayError | None = None) -> asyncio.Task[Sequence[Sequence[Row]]]:
        changes = [Change(ADD, [{"n": n}]) for n in numbers]
        if error is not None:
            changes.append(Change(NEVER, otherwise=error))
        return asyncio.create_task(self._write(changes))

    async def hold(self) -> asyncio.Task[Sequence[Sequence[Row]]]:
        """A write that stays under way until `go`."""
        task = asyncio.create_task(self._write([Change(SLOW)]))
        await asyncio.to_thread(self.held.wait, 5)
        return task

    async def _write(self, changes: Sequence[Change]) -> Sequence[Sequence[Row]]:
        return await self.writing.write(changes, None)

    def stored(self) -> list[int]:
        return [row[0] for row in self.reader.execute("SELECT n FROM numbers ORDER BY n")]

    def count(self, word: str) -> int:
        return sum(each.startswith(word) for each in self.statements)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path / "numbers.db")
    yield made
    made.go.set()
    made.executor.shutdown()
    made.connection.close()
    made.reader.close()


async def test_writes_that_come_meanwhile_share_a_transaction(site: Site) -> None:
    held = await site.hold()
    tasks = [site.begin(n) for n in range(10)]
    await asyncio.sleep(0)
    site.go.set()
    await asyncio.gather(held, *tasks)
    assert list(range(10)) == site.stored()
    assert 2 == site.count("COMMIT")


async def test_what_fails_of_one_is_taken_back_alone(site: Site) -> None:
    held = await site.hold()
    good, twice, refused, last = site.begin(1), site.begin(2, 1), site.begin(3, error=Conflict()), site.begin(4)
    await asyncio.sleep(0)
    site.go.set()
    await asyncio.gather(held, good, last)
    with pytest.raises(sqlite3.IntegrityError):
        await twice
    with pytest.raises(Conflict):
        await refused
    assert [1, 4] == site.stored()
    assert 2 == site.count("COMMIT")


async def test_what_ends_the_transaction_hits_only_who_did_it(site: Site) -> None:
    """A full disk, for one: SQLite takes back all of the transaction, and the others are tried alone."""
    held = await site.hold()
    good, bad, last = site.begin(1), site.begin(2, "no number"), site.begin(3)
    broken = asyncio.create_task(
        site.writing.write([Change(Statement("X", Compiled("ROLLBACK"), Compiled("")), [{}])], None)
    )
    await asyncio.sleep(0)
    site.go.set()
    await asyncio.gather(held, good, last)
    for each in (bad, broken):
        with pytest.raises(sqlite3.Error):
            await each
    assert [1, 3] == site.stored()


async def test_a_write_with_something_to_do_before_its_commit_is_alone(site: Site) -> None:
    held = await site.hold()
    seen: list[int] = []

    def look() -> None:
        seen.append(len(site.stored()))
        raise OSError("the file could not be written")

    first = site.begin(1)
    asked = asyncio.create_task(site.writing.write([Change(ADD, [{"n": 2}])], look))
    last = site.begin(3)
    await asyncio.sleep(0)
    site.go.set()
    await asyncio.gather(held, first, last)
    with pytest.raises(OSError, match="could not be written"):
        await asked
    assert [1] == seen
    assert [1, 3] == site.stored()


async def test_who_goes_away_stops_no_write(site: Site) -> None:
    held = await site.hold()
    gone, stays = site.begin(1), site.begin(2)
    await asyncio.sleep(0)
    gone.cancel()
    site.go.set()
    await asyncio.gather(held, stays)
    assert [1, 2] == site.stored()


async def test_the_end_waits_for_what_was_begun(site: Site) -> None:
    tasks = [site.begin(n) for n in range(3)]
    await asyncio.sleep(0)
    await site.writing.finished()
    assert [0, 1, 2] == site.stored()
    await asyncio.gather(*tasks)
    site.executor.shutdown()
    with pytest.raises(StorageError):
        await site.begin(9)
