"""PostgreSQL under the Database port.

A read is one round trip with a statement prepared before, on a connection that is held. A write of several changes is a
transaction with REPEATABLE READ: where another one changed the same rows meanwhile it is done again from the start. A
write of a single change needs no transaction of its own; PostgreSQL then waits for the other writer and goes on with
what that one left.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from coinassay.errors import StorageError
from coinassay.storage.database import Change, Params, Row, Statement
from coinassay.storage.postgres_connection import PATIENCE, Connection, Pool, closed, connect
from coinassay.storage.postgres_errors import does_not_fit, failures, is_clash, is_lost, postgres_error, tables_changed
from coinassay.storage.postgres_lanes import Lane
from coinassay.storage.postgres_watch import Listener

READERS = 4
WRITERS = 4
"""Connections a process holds at most; one more while something is watched for."""

KEPT = 1024
"""Rows of a statement whose objects are kept."""
KEPT_OF_MANY = 4096
"""The same of a statement that gives many rows at once."""

T = TypeVar("T")
Kept = Callable[[Row], Any]


class PostgresDatabase:
    """One database with a current schema. To be made, used and closed on one event loop."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """`patience` in seconds. Connects when it is first used."""
        self._patience = patience

        def make() -> Coroutine[Any, Any, Connection]:  # a partial would show the password in its repr
            return connect(url)

        self._readers = Pool(make, READERS)
        self._writers = Pool(make, WRITERS)
        self._kept: dict[Statement, Kept] = {}
        self._kept_one: defaultdict[Statement, dict[tuple[object, ...], tuple[Row, Any]]] = defaultdict(dict)
        self._lanes: dict[Statement, Lane] = {}
        self._writes: set[asyncio.Task[Sequence[Sequence[Row]]]] = set()
        self._listener = Listener(make)
        self._failures = failures()
        self._closed = False

    async def fetch_one(self, statement: Statement, params: Params) -> Row | None:
        lane = self._lanes.get(statement) or self._lane(statement)
        return await lane.fetch_one(params)

    def _lane(self, statement: Statement) -> Lane:
        lane = self._lanes[statement] = Lane(statement, self.fetch_all, self._fetch_together)
        return lane

    async def fetch_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> T | None:
        lane = self._lanes.get(statement) or self._lane(statement)
        row = await lane.fetch_one(params)
        if row is None:
            return None
        kept, asked = self._kept_one[statement], tuple(params.values())
        before = kept.get(asked)
        # Comparing a row takes a part of what it takes to hash its numbers and times.
        if before is not None and before[0] == row:
            same: T = before[1]
            return same
        made = make(row)
        if len(kept) >= KEPT:
            del kept[next(iter(kept))]
        kept[asked] = (row, made)
        return made

    async def fetch_all_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> Sequence[T]:
        rows = await self.fetch_all(statement, params)
        kept = self._kept.get(statement) or self._keep(statement, make, KEPT_OF_MANY)
        return list(map(kept, map(tuple, rows)))

    def _keep(self, statement: Statement, make: Kept, most: int) -> Kept:
        """From now on what was made of the last `most` different rows is kept."""
        kept = self._kept[statement] = lru_cache(maxsize=most)(make)
        return kept

    async def fetch_all(self, statement: Statement, params: Params) -> Sequence[Row]:
        connection = await self._readers.take()
        lost = False
        try:
            return await connection.rows(statement, params)
        except self._failures as e:
            lost = is_lost(e)
            if does_not_fit(e) and _has_what_nothing_equals(params):
                return []
            if not tables_changed(e):
                raise postgres_error(e) from e
            connection.forget_prepared()
        except OverflowError:
            return []
        finally:
            self._readers.give(connection, lost=lost)
        return await self.fetch_all(statement, params)

    async def _fetch_together(self, statement: Statement, values: Sequence[Sequence[Any]]) -> Sequence[Row] | None:
        try:
            async with self._readers.taken() as connection:
                return await connection.rows_of(statement, values)
        except self._failures as e:
            if does_not_fit(e):
                return None
            if tables_changed(e):
                self._readers.drop_idle()
                return None
            raise postgres_error(e) from e

    async def write(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None = None
    ) -> Sequence[Sequence[Row]]:
        if self._closed:
            raise closed()
        task = asyncio.get_running_loop().create_task(self._write(changes, before_commit))
        self._writes.add(task)
        task.add_done_callback(self._written)
        return await asyncio.shield(task)

    def _written(self, task: asyncio.Task[Sequence[Sequence[Row]]]) -> None:
        self._writes.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that has gone does not ask for it

    async def _write(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None
    ) -> Sequence[Sequence[Row]]:
        give_up_at = time.monotonic() + self._patience
        pause = 0.002
        while True:
            try:
                async with self._writers.taken() as connection:
                    return await self._attempt(connection, changes, before_commit)
            except self._failures as e:
                if tables_changed(e):
                    self._writers.drop_idle()
                elif not is_clash(e) or time.monotonic() > give_up_at:
                    raise postgres_error(e) from e
            except OverflowError as e:
                raise StorageError("A value does not fit into the database.") from e
            # Not all of them at the same moment again.
            await asyncio.sleep(pause * random.random())  # noqa: S311  (nothing secret hangs on it)
            pause = min(2 * pause, 0.2)

    async def _attempt(
        self, connection: Connection, changes: Sequence[Change], before_commit: Callable[[], None] | None
    ) -> Sequence[Sequence[Row]]:
        if before_commit is None and len(changes) == 1:
            return [await _apply(connection, changes[0])]
        await connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            given = [await _apply(connection, each) for each in changes]
            if before_commit is not None:
                before_commit()
        except BaseException:
            await self._take_back(connection)
            raise
        await connection.run("COMMIT")
        return given

    async def _take_back(self, connection: Connection) -> None:
        try:
            await connection.run("ROLLBACK")
        except self._failures:
            connection.drop()  # the server takes back what a connection leaves

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        return self._listener.watch(topic, wake)

    async def forget_deleted(self) -> None:
        """Nothing: PostgreSQL overwrites deleted rows when it cleans up (VACUUM), and keeps them in its log and in
        backups for as long as it is set to. docs/howto/postgresql.md says so."""

    async def close(self) -> None:
        self._closed = True
        while self._writes:
            await asyncio.wait(set(self._writes))
        await self._listener.close()
        await self._readers.close()
        await self._writers.close()


async def _apply(connection: Connection, change: Change) -> Sequence[Row]:
    if not change.rows:
        return ()
    if len(change.rows) != 1:
        await connection.apply_each(change.statement, change.rows)
        return ()
    rows, changed = await connection.apply(change.statement, change.rows[0])
    if change.otherwise is not None and not changed:
        raise change.otherwise
    return rows


def _has_what_nothing_equals(params: Mapping[str, object]) -> bool:
    for value in params.values():
        if isinstance(value, int) and not -(2**31) <= value < 2**31:
            return True
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                return True
            if "\0" in value:
                return True
    return False
