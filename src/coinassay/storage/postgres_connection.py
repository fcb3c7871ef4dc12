"""Connections to PostgreSQL, and what its errors mean here. The only module that imports asyncpg.

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
from urllib.parse import urlsplit

from coinassay.errors import CoinassayError, ConfigurationError, Conflict, NotFound, StorageError
from coinassay.storage.addresses import place_of
from coinassay.storage.codec import POSTGRES_BINDS
from coinassay.storage.database import Params, Row, Statement
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

_LOST = "The connection to PostgreSQL was lost."


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
    asyncpg = _driver()
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
        raise _connect_error(e, url) from None  # its words may quote the address
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


def _driver() -> Any:
    try:
        import asyncpg
    except ImportError as e:
        raise ConfigurationError(
            "Databases on PostgreSQL need packages that are not installed.",
            hint="pip install 'coinassay[postgresql]'",
        ) from e
    return asyncpg


def failures() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    asyncpg = _driver()
    return (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


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


def is_lost(error: BaseException) -> bool:
    """Whether the connection is of no use after this error."""
    asyncpg = _driver()
    lost = (
        asyncpg.PostgresConnectionError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.IdleInTransactionSessionTimeoutError,
        asyncpg.InternalClientError,
        asyncpg.InterfaceError,
        OSError,
        TimeoutError,
    )
    return isinstance(error, lost)


def _connect_error(error: BaseException, url: str) -> CoinassayError:
    asyncpg, place = _driver(), place_of(url)
    user = urlsplit(url).username or ""
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):  # also a wrong password
        return ConfigurationError(
            f"PostgreSQL at {place} refuses the user {user!r}, or the password.",
            hint="Check COINASSAY_DATABASE_URL; a password with @, : or / in it has to be percent-encoded",
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return ConfigurationError(f"There is no database {place}.", hint="createdb makes one")
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return StorageError(f"PostgreSQL at {place} takes no more connections (max_connections).")
    if isinstance(error, asyncpg.CannotConnectNowError):
        return StorageError(f"PostgreSQL at {place} is starting or stopping.")
    if isinstance(error, (asyncpg.InterfaceError, ValueError)):
        return ConfigurationError(
            f"The address of the database at {place} cannot be used.",
            hint="Write postgresql://user:password@host:5432/database",
        )
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError):
        return StorageError(f"PostgreSQL at {place} did not let us in ({error.sqlstate}).")
    return StorageError(f"PostgreSQL at {place} cannot be reached.")


def postgres_error(error: BaseException) -> CoinassayError:
    """Ours for the driver's (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
    asyncpg = _driver()
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict()
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return NotFound()
    if isinstance(error, TimeoutError):
        return StorageError("PostgreSQL did not answer in time.")
    if does_not_fit(error):
        return StorageError("A value does not fit into the database.")
    if is_lost(error):
        return StorageError(_LOST)
    state = getattr(error, "sqlstate", None) or ""
    words = _MESSAGES.get(state) or _MESSAGES.get(state[:2])
    return StorageError(words or f"PostgreSQL could not do that ({state or type(error).__name__}).")


def does_not_fit(error: BaseException) -> bool:
    """Whether a value is one the database cannot hold: a text with NUL or half a surrogate pair, a larger integer."""
    asyncpg = _driver()
    return isinstance(error, asyncpg.DataError)


def is_clash(error: BaseException) -> bool:
    """Whether the same write may succeed when it is done again."""
    asyncpg = _driver()
    return isinstance(error, (asyncpg.SerializationError, asyncpg.DeadlockDetectedError))


def tables_changed(error: BaseException) -> bool:
    """Whether a prepared statement is to be prepared anew, after a migration."""
    asyncpg = _driver()
    return isinstance(error, (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError))


_MESSAGES = {
    "25006": "PostgreSQL only lets this user read: the address may be that of a standby.",
    "40001": "Other writers kept changing the same rows. Nothing was written.",
    "40P01": "Other writers kept changing the same rows. Nothing was written.",
    "42501": "PostgreSQL does not let this user do that. It must own the tables.",
    "42P01": "A table is missing from the database: it was made by another version, or altered.",
    "42703": "A column is missing from the database: it was made by another version, or altered.",
    "53100": "The disk of PostgreSQL is full. Nothing was written.",
    "53": "PostgreSQL has no memory, disk or connections left. Nothing was written.",
    "55P03": "The database is locked by another process.",
    "57014": "PostgreSQL stopped the statement, or it took too long.",
    "58": "The disk failed under PostgreSQL.",
    "XX": "PostgreSQL reports damage, or a failure of its own.",
}
