"""Moves everything from an SQLite database to PostgreSQL.

All of it is one transaction there: killed at any point it leaves nothing behind, and can be run again. The source is
read as of one moment, row by row, and not changed. This is a tool; the running program does not import it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, Table

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage.addresses import SQLITE, is_postgres, place_of
from coinassay.storage.codec import EXACT, POSTGRES_BINDS, SQLITE_COLUMNS
from coinassay.storage.columns import Stored
from coinassay.storage.migrate import HEAD
from coinassay.storage.postgres_connection import Connection, connect
from coinassay.storage.postgres_errors import does_not_fit, failures, postgres_error
from coinassay.storage.postgres_migrate import LOCK, prepare
from coinassay.storage.schema import metadata
from coinassay.storage.sqlite import storage_error
from coinassay.storage.values import decoder

_SUMS = Context(prec=200_000, rounding=ROUND_HALF_UP, Emin=-999_999, Emax=999_999, traps=[Inexact])
"""Sums of anything NUMERIC holds have fewer digits."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds, to be compared."""

    rows: int
    sums: Mapping[str, Decimal]
    """The sum of each column of numbers."""


@dataclass(frozen=True, slots=True)
class Moved:
    rows: Mapping[str, int]
    """By table."""
    before: bool
    """It had been moved before: nothing was written."""


async def move(source: str, target: str, told: Callable[[str, int], None] = lambda _table, _rows: None) -> Moved:
    """Moves the database `source`, a path or sqlite:///path, into the empty database `target`, postgresql://….

    `told` hears of each table that was copied, and how many rows it has. Where the target has the same content already,
    nothing is done. Raises ConfigurationError where the target holds anything else or the source is not one of this
    version, StorageError when the source was written to meanwhile; then nothing has changed anywhere.
    """
    path = Path(source.removeprefix(SQLITE))
    if not is_postgres(target):
        raise ConfigurationError(
            f"{place_of(target)!r} is no address on PostgreSQL.",
            hint="Write postgresql://user:password@host:5432/database",
        )
    with _reading(path) as (origin, was_written_to):
        await prepare(target)
        connection = await connect(target)
        try:
            async with connection.raw.transaction():
                moved = await _move(origin, connection, place_of(target), told)
                if was_written_to():
                    raise StorageError(
                        f"Something wrote to {path} meanwhile: nothing was moved. Stop the server and run this again."
                    )
        except sqlite3.Error as e:
            raise storage_error(e) from e
        except failures() as e:
            raise postgres_error(e) from e
        finally:
            connection.drop()
    return moved


async def _move(
    origin: sqlite3.Connection, connection: Connection, place: str, told: Callable[[str, int], None]
) -> Moved:
    # Whoever makes the tables or the first key takes this lock or these tables: nobody does meanwhile.
    await connection.run(
        f"SELECT pg_advisory_xact_lock({LOCK}); LOCK TABLE vault_keys, users, counters IN EXCLUSIVE MODE"
    )
    if await _anything(connection):
        rows = {table.name: await _same(origin, connection, table, place) for table in metadata.sorted_tables}
        return Moved(rows, before=True)
    rows = {}
    for table in metadata.sorted_tables:
        rows[table.name] = await _copy(origin, connection, table)
        told(table.name, rows[table.name])
    return Moved(rows, before=False)


async def _anything(connection: Connection) -> bool:
    for table in metadata.sorted_tables:
        if await connection.raw.fetchval(f"SELECT EXISTS (SELECT FROM {table.name})"):  # noqa: S608  (from the schema)
            return True
    return False


async def _copy(origin: sqlite3.Connection, connection: Connection, table: Table) -> int:
    """Copies and compares a table. Gives its number of rows."""
    wrong: tuple[type[BaseException], ...] = (OverflowError, *failures())
    reading = _Reading(origin, table)
    try:
        await connection.raw.copy_records_to_table(
            table.name, records=reading, columns=[column.name for column in table.columns], timeout=None
        )
    except wrong as e:
        if isinstance(e, OverflowError) or does_not_fit(e):
            raise StorageError(
                f"A value in the table {table.name} does not fit into PostgreSQL, near row {reading.rows} of it: a "
                "text with a NUL in it, or a number of more digits than NUMERIC has. Nothing was moved."
            ) from e
        raise
    if reading.content != await _content(connection, table):
        raise StorageError(f"The table {table.name} did not arrive as it was sent. Nothing was moved.")
    serial = table.autoincrement_column
    if serial is not None and reading.rows:
        await connection.raw.execute(
            f"SELECT setval(pg_get_serial_sequence($1, $2), (SELECT max({serial.name}) FROM {table.name}))",  # noqa: S608
            table.name,
            serial.name,
        )
    return reading.rows


async def _same(origin: sqlite3.Connection, connection: Connection, table: Table, place: str) -> int:
    reading = _Reading(origin, table)
    for _ in reading:
        pass
    if reading.content != await _content(connection, table):
        raise ConfigurationError(
            f"{place} is not empty, and holds something else than the source: its table {table.name} differs. Nothing "
            "was changed.",
            hint="Give an empty database; createdb makes one",
        )
    return reading.rows


async def _content(connection: Connection, table: Table) -> Content:
    numbers = _numbers(table)
    sums = "".join(f", coalesce(sum({column.name}::numeric), 0)" for column in numbers)
    row = await connection.raw.fetchrow(f"SELECT count(*){sums} FROM {table.name}", timeout=None)  # noqa: S608
    assert row is not None
    return Content(row[0], {column.name: total for column, total in zip(numbers, row[1:], strict=True)})


def _numbers(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if _codec(column) == EXACT or isinstance(column.type, Integer)]


def _codec(column: Column[Any]) -> str:
    return column.type.codec if isinstance(column.type, Stored) else ""


class _Reading:
    """The rows of a table in values of the domain, and what they add up to, once they have been read."""

    def __init__(self, origin: sqlite3.Connection, table: Table) -> None:
        self.rows = 0
        self._origin = origin
        self._table = table
        self._numbers = [(i, column) for i, column in enumerate(table.columns) if column in set(_numbers(table))]
        self._sums = [Decimal(0) for _ in self._numbers]

    @property
    def content(self) -> Content:
        return Content(
            self.rows, {column.name: total for (_, column), total in zip(self._numbers, self._sums, strict=True)}
        )

    def __iter__(self) -> Iterator[Sequence[Any]]:
        columns = list(self._table.columns)
        names = ", ".join(f'"{column.name}"' for column in columns)
        decode = decoder(" ".join(f"{column.name}:{_codec(column)}" for column in columns), SQLITE_COLUMNS)
        checks = [(i, POSTGRES_BINDS[EXACT]) for i, column in enumerate(columns) if _codec(column) == EXACT]
        for stored in self._origin.execute(f'SELECT {names} FROM "{self._table.name}"'):  # noqa: S608  (from the schema)
            row = stored if decode is None else decode(stored)
            self.rows += 1
            for i, check in checks:
                if row[i] is not None:
                    check(row[i])
            for n, (i, _) in enumerate(self._numbers):
                if row[i] is not None:
                    self._sums[n] = _SUMS.add(self._sums[n], Decimal(row[i]))
            yield row


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[tuple[sqlite3.Connection, Callable[[], bool]]]:
    """The database as of one moment, and whether somebody has written to it since."""
    if not path.is_file():
        raise ConfigurationError(f"There is no database {path}.", hint="Write sqlite:////path/to/coinassay.db")
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with (
            contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as watching,
            contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as origin,
        ):
            before = watching.execute("PRAGMA data_version").fetchone()
            origin.execute("BEGIN")
            _check_version(origin, path)
            yield origin, lambda: bool(watching.execute("PRAGMA data_version").fetchone() != before)
    except sqlite3.Error as e:
        raise storage_error(e) from e


def _check_version(origin: sqlite3.Connection, path: Path) -> None:
    found = None
    if origin.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
        found = origin.execute("SELECT version_num FROM alembic_version").fetchone()
    if found is None:
        raise ConfigurationError(f"{path} is not a database of Coinassay.")
    if found[0] != HEAD:
        raise ConfigurationError(
            f"{path} has the schema version {found[0]!r}, and this version of Coinassay has {HEAD!r}.",
            hint="coinassay users list, run with this version on the source, brings an older one up to date",
        )
