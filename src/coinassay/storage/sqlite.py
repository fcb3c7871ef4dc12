"""SQLite under the Database port.

Reads run where they are called, on the event loop's thread: an indexed read takes a few microseconds, the way to
another thread and back ten times that, and in WAL mode a reader waits for no writer. Writes run on one thread of their
own (`coinassay.storage.sqlite_writing`); between processes SQLite's lock puts the writers in a row.

Of a killed process's transaction nothing is seen afterwards. After a power cut the last transactions may be missing
(synchronous=NORMAL), but no part of one: https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from coinassay.domain.money import CONTEXT
from coinassay.errors import CoinassayError, ConfigurationError, Conflict, NotFound, StorageError
from coinassay.storage.codec import SQLITE_BINDS, SQLITE_COLUMNS
from coinassay.storage.database import ANNOUNCE, Change, Params, Row, Statement
from coinassay.storage.sqlite_writing import Writing
from coinassay.storage.values import decoder, encoder
from coinassay.storage.watching import Watching

PATIENCE = 15.0
"""Seconds a writer waits for the writers of other processes."""
OLDEST_SQLITE = (3, 37)
"""The first with STRICT tables (2021)."""

KEPT = 1024
"""Rows of a statement whose objects are kept."""
KEPT_OF_MANY = 4096
"""The same of a statement that gives many rows at once."""

T = TypeVar("T")


class SqliteDatabase:
    """One database file with a current schema. To be made, used and closed on one thread."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """`patience` in seconds. Raises ConfigurationError or StorageError where the file cannot be used."""
        self.path = path
        self._prepared: dict[Statement, _Prepared] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="coinassay-writer")
        self._reader = connect(path, patience)
        self._reader.execute("PRAGMA query_only = ON")
        self._writer = connect(path, patience)
        self._writing = Writing(self._writer, self._executor, self._apply)
        self._watching = Watching(self._version)

    async def fetch_one(self, statement: Statement, params: Params) -> Row | None:
        rows = await self.fetch_all(statement, params)
        return rows[0] if rows else None

    async def fetch_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> T | None:
        prepared = self._prepared.get(statement) or self._prepare(statement)
        rows = self._read(prepared, params)
        if not rows:
            return None
        kept: T = (prepared.kept or prepared.keep(make, KEPT))(rows[0])
        return kept

    async def fetch_all_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> Sequence[T]:
        prepared = self._prepared.get(statement) or self._prepare(statement)
        return list(map(prepared.kept or prepared.keep(make, KEPT_OF_MANY), self._read(prepared, params)))

    async def fetch_all(self, statement: Statement, params: Params) -> Sequence[Row]:
        prepared = self._prepared.get(statement) or self._prepare(statement)
        rows = self._read(prepared, params)
        decode = prepared.decode
        return rows if decode is None else [decode(row) for row in rows]

    def _version(self) -> int:
        """Changes with each commit of another connection, this process's writer or another process."""
        try:
            return int(self._reader.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as e:
            raise storage_error(e) from e

    def _read(self, prepared: _Prepared, params: Params) -> list[tuple[Any, ...]]:
        try:
            # All rows are taken at once: a statement left in the middle would keep the log from being emptied.
            return self._reader.execute(prepared.sql, prepared.encode(params)).fetchall()
        except sqlite3.Error as e:
            raise storage_error(e) from e
        except (OverflowError, UnicodeEncodeError):
            return []

    async def write(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None = None
    ) -> Sequence[Sequence[Row]]:
        try:
            given = await self._writing.write(changes, before_commit)
        except sqlite3.Error as e:
            raise storage_error(e) from e
        except (OverflowError, UnicodeEncodeError) as e:
            raise StorageError("A value does not fit into the database.") from e
        for each in changes:
            if each.statement is ANNOUNCE:
                self._watching.wake(str(each.rows[0]["topic"]))
        return given

    def _apply(self, change: Change) -> Sequence[Row]:
        prepared = self._prepared.get(change.statement) or self._prepare(change.statement)
        if not change.rows:
            return ()
        if len(change.rows) != 1:
            self._writer.executemany(prepared.sql, map(prepared.encode, change.rows))
            return ()
        cursor = self._writer.execute(prepared.sql, prepared.encode(change.rows[0]))
        rows = cursor.fetchall()
        if change.otherwise is not None and not (len(rows) if change.statement.columns else cursor.rowcount):
            raise change.otherwise
        return rows if prepared.decode is None else [prepared.decode(row) for row in rows]

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        return self._watching.watch(topic, wake)

    async def forget_deleted(self) -> None:
        # Deleted content is overwritten in the file (secure_delete); the log still has the pages as they were.
        await self._on_writer(lambda: self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def _on_writer(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except sqlite3.Error as e:
            raise storage_error(e) from e
        except RuntimeError as e:
            raise StorageError("The database is closed.") from e

    async def close(self) -> None:
        self._watching.close()
        await self._writing.finished()
        await asyncio.to_thread(self._executor.shutdown)
        self._reader.close()
        self._writer.close()

    def _prepare(self, statement: Statement) -> _Prepared:
        prepared = self._prepared[statement] = _Prepared(statement)
        return prepared


class _Prepared:
    """A statement with its values' way in and out."""

    __slots__ = ("decode", "encode", "kept", "sql")

    def __init__(self, statement: Statement) -> None:
        self.sql = statement.sqlite.sql
        self.encode = encoder(statement.sqlite.binds, SQLITE_BINDS)
        self.decode = decoder(statement.columns, SQLITE_COLUMNS)
        self.kept: Callable[[tuple[Any, ...]], Any] | None = None

    def keep(self, make: Callable[[Row], Any], most: int) -> Callable[[tuple[Any, ...]], Any]:
        """From now on what was made of the last `most` different rows is kept."""
        decode = self.decode
        kept = self.kept = lru_cache(maxsize=most)(lambda row: make(decode(row) if decode else row))
        return kept


def create_file(path: Path) -> None:
    """Makes an empty file that only its owner may read, and its directory, unless they are there already.

    SQLite gives the log and its index (-wal, -shm) the file's own mode. Raises ConfigurationError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as e:
        raise ConfigurationError(
            f"The database {path} cannot be opened: {e.strerror}.",
            hint="The directory must be there, or be possible to make, and belong to the user who runs Coinassay.",
        ) from e


def connect(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection as this program wants it: WAL, foreign keys, our own transactions, exact sums.

    Raises ConfigurationError where SQLite is too old or the file system cannot do WAL, StorageError.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise ConfigurationError(f"SQLite {wanted} or newer is needed, Python here has {sqlite3.sqlite_version}.")
    try:
        # Which thread calls is ours to keep: the writer's connection is made here and used on its own thread.
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as e:
        raise storage_error(e) from e
    try:
        mode = _switch_to_wal(connection, patience)
        if mode != "wal":
            raise ConfigurationError(
                f"SQLite cannot keep a write-ahead log beside {path} (its mode there is {mode!r}).",
                hint="Put the database on a disk of this machine, not on a network share.",
            )
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("exact_sum", 2, _exact_sum, deterministic=True)
    except sqlite3.Error as e:
        connection.close()
        raise storage_error(e) from e
    except ConfigurationError:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection, patience: float) -> str:
    """The mode SQLite then uses. Of processes that open a new file at the same moment one switches it; SQLite tells the
    others that the file is locked, at once and whatever time it was given to wait."""
    give_up_at = time.monotonic() + patience
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as e:
            if _primary_code(e) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)


def _exact_sum(left: str, right: str) -> str:
    return str(CONTEXT.add(Decimal(left), Decimal(right)))


_MESSAGES: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "The database is locked by another process.",
    sqlite3.SQLITE_LOCKED: "The database is locked by another process.",
    sqlite3.SQLITE_FULL: "The disk is full. Nothing was written.",
    sqlite3.SQLITE_IOERR: "The disk failed under the database, or is full.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Restore it from a backup.",
    sqlite3.SQLITE_NOTADB: "The file is not a SQLite database.",
    sqlite3.SQLITE_READONLY: "The database file may not be written by this user.",
    sqlite3.SQLITE_PERM: "The database file may not be written by this user.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened.",
}


def storage_error(error: sqlite3.Error) -> CoinassayError:
    """Ours for SQLite's (https://www.sqlite.org/rescode.html)."""
    code = getattr(error, "sqlite_errorcode", None)
    if code in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return Conflict()
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return NotFound()
    return StorageError(_MESSAGES.get(_primary_code(error)) or f"The database could not do that: {error}.")


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
