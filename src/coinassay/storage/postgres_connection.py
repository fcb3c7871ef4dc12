"""Connections to PostgreSQL.

A held connection is given back without a reset (`DISCARD ALL` would be a round trip of its own, as long as a read):
only our own statements run on it, and a transaction of ours is ended by us. For the same reason a pooler in front must
keep a connection's server for as long as it lasts (pgbouncer: `pool_mode = session`): prepared statements, settings and
LISTEN would get lost between two transactions.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage.addresses import place_of
from coinassay.storage.codec import POSTGRES_BINDS
from coinassay.storage.database import Params, Row, Statement
from coinassay.storage.postgres_errors import connect_error, driver, failures, is_lost, postgres_error
from coinassay.storage.values import encoder

if TYPE_CHECKING:
    import asyncpg

OLDEST_POSTGRES = 14

CONNECT_TIMEOUT = 10.0
"""Seconds."""
ANSWER_TIMEOUT = 60.0
"""Seconds for one statement: a server that has gone without a word is noticed then."""
PATIENCE = 15.0
"""Seconds a writer waits for other writers, one lock or all of its attempts together."""

_SESSION = f"""
SET lock_timeout = '{PATIENCE:.0f}s';
SET idle_in_transaction_session_timeout = '60s';
SET jit = off;
"""
"""A process that hangs in the middle of a write keeps others from writing for a minute at most. Compiling a statement
would take longer than running any of ours."""


class Connection:
    """One connection and the statements prepared on it."""

    def __init__(self, raw: asyncpg.Connection) -> None:
        self.raw = raw
        self._prepared: dict[Statement, tuple[Callable[[Params], Sequence[Any]], Any]] = {}
        self._numbers = itertools.count(1)

    @property
    def usable(self) -> bool:
        return not self.raw.is_closed()

    async def rows(self, statement: Statement, params: Params) -> Sequence[Row]:
        """All rows at once. Raises the driver's errors."""
        encode, prepared = self._prepared.get(statement) or await self._prepare(statement)
        rows: Sequence[Row] = await prepared.fetch(*encode(params))
        return rows

    async def rows_of(self, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        """`rows` with the driver's values in their places."""
        _, prepared = self._prepared.get(statement) or await self._prepare(statement)
        rows: Sequence[Row] = await prepared.fetch(*values)
        return rows

    async def apply(self, statement: Statement, params: Params) -> tuple[Sequence[Row], int]:
        """The rows given, and how many rows were changed or given. Raises the driver's errors."""
        encode, prepared = self._prepared.get(statement) or await self._prepare(statement)
        rows: Sequence[Row] = await prepared.fetch(*encode(params))
        return rows, int(prepared.get_statusmsg().rpartition(" ")[2])  # "UPDATE 3", "INSERT 0 1", "SELECT 1"

    async def apply_each(self, statement: Statement, rows: Sequence[Params]) -> None:
        encode, prepared = self._prepared.get(statement) or await self._prepare(statement)
        await prepared.executemany(map(encode, rows))

    async def run(self, sql: str) -> None:
        await self.raw.execute(sql)

    async def _prepare(self, statement: Statement) -> tuple[Callable[[Params], Sequence[Any]], Any]:
        form = statement.postgres
        prepared = await self.raw.prepare(form.sql, name=f"coinassay_{next(self._numbers)}")
        made = self._prepared[statement] = (encoder(form.binds, POSTGRES_BINDS), prepared)
        return made

    def forget_prepared(self) -> None:
        """To be called when the tables have changed under the statements."""
        self._prepared.clear()

    async def close(self) -> None:
        with suppress(*failures()):
            await self.raw.close(timeout=CONNECT_TIMEOUT)

    def drop(self) -> None:
        """Without a word to the server."""
        with suppress(*failures()):
            self.raw.terminate()


async def connect(url: str, *, oldest: int = OLDEST_POSTGRES) -> Connection:
    """Raises ConfigurationError where the extra or the database is missing, the server is too old or refuses the user,
    StorageError where it cannot be reached."""
    asyncpg = driver()
    wrong: tuple[type[BaseException], ...] = (*failures(), ValueError)  # ValueError: an address it cannot read
    try:
        raw = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT,
            command_timeout=ANSWER_TIMEOUT,
            statement_cache_size=0,  # statements are prepared here
            server_settings={"application_name": "coinassay"},
        )
    except wrong as e:
        raise connect_error(e, url) from None  # its words may quote the address
    connection = Connection(raw)
    try:
        if raw.get_server_version().major < oldest:
            raise ConfigurationError(
                f"PostgreSQL {oldest} or newer is needed; at {place_of(url)} there is {raw.get_server_version().major}."
            )
        await connection.run(_SESSION)
    except BaseException as e:
        connection.drop()
        if isinstance(e, failures()):
            raise postgres_error(e) from e
        raise
    return connection


class Pool:
    """At most `most` connections, made when they are needed; the one used last is used first."""

    def __init__(self, make: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._make = make
        self._most = most
        self._idle: list[Connection] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def take(self) -> Connection:
        """To be given back with `give`. Raises StorageError, ConfigurationError."""
        while True:
            if self._closed:
                raise closed()
            while self._idle:
                connection = self._idle.pop()
                if connection.usable:
                    return connection
                self._open -= 1
            if self._open < self._most:
                break
            await self._wait()
        self._open += 1
        try:
            return await self._make()
        except BaseException:
            self._open -= 1
            self._wake()
            raise

    def give(self, connection: Connection, *, lost: bool = False) -> None:
        """`lost`: it, and every idle one with it, is not used again: the server has gone, or came back anew."""
        if lost:
            self.drop_idle()
        if lost or self._closed or not connection.usable:
            connection.drop()
            self._open -= 1
        else:
            self._idle.append(connection)
        self._wake()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Connection]:
        connection = await self.take()
        try:
            yield connection
        except failures() as e:
            self.give(connection, lost=is_lost(e))
            raise
        except BaseException:
            self.give(connection)
            raise
        self.give(connection)

    def drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().drop()
            self._open -= 1

    async def close(self) -> None:
        self._closed = True
        idle, self._idle = self._idle, []
        self._open -= len(idle)
        for connection in idle:
            await connection.close()
        while self._waiting:
            self._wake()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._wake()  # it was this one's turn
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


def closed() -> StorageError:
    return StorageError("The database is closed.")
