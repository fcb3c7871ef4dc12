"""SQLite under the Database port: whole transactions, clear words, files for their owner only."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, change
from coinassay.storage.migrate import prepare
from coinassay.storage.sqlite import SqliteDatabase, connect, storage_error

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "x.db")
    return tmp_path / "x.db"


@pytest.fixture
async def db(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path, patience=0.2)
    yield database
    await database.close()


def user(user_id: int, name: str) -> Change:
    return change(sql.ADD_USER, id=user_id, name=name, display_currency="USD", mode="all", created_at=NOW)


async def names(db: SqliteDatabase) -> list[str]:
    return [row[1] for row in await db.fetch_all(sql.LIST_USERS, {})]


async def test_a_value_of_the_wrong_type_is_refused_by_the_table(db: SqliteDatabase, path: Path) -> None:
    connection = connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="cannot store"):
        connection.execute("INSERT INTO counters VALUES ('x', 'seven')")
    connection.close()


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        ("0.1", "0.2", "0.3"),
        ("1E+30", "1E-30", "1000000000000000000000000000000.000000000000000000000000000001"),
        ("-5", "5.00", "0.00"),
        ("9" * 60, "1", "1" + "0" * 60),
        ("0." + "1" * 90, "9", "9." + "1" * 90),
    ],
)
def test_sums_inside_a_statement_are_exact(path: Path, left: str, right: str, total: str) -> None:
    connection = connect(path)
    assert (total,) == connection.execute("SELECT exact_sum(?, ?)", (left, right)).fetchone()
    connection.close()


async def test_readers_wait_for_no_writer(db: SqliteDatabase, path: Path) -> None:
    await db.write([user(1, "before")])
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM users")
    assert ["before"] == await names(db)
    with pytest.raises(StorageError, match="locked by another process"):
        await db.write([user(2, "after")])
    other.execute("ROLLBACK")
    other.close()
    await db.write([user(2, "after")])


def test_a_new_file_that_another_process_is_busy_with_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself waits for no writer where the journal is to be switched to a log."""
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked by another process"):
        connect(path, patience=0.1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(connect, path)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        other.execute("COMMIT")
        waiting.result(10).close()
    other.close()


async def test_a_value_that_something_else_wrote_is_not_guessed(db: SqliteDatabase, path: Path) -> None:
    await db.write([user(1, "a")])
    connection = connect(path)
    connection.execute(f"UPDATE users SET created_at = {2**62}")
    connection.close()
    with pytest.raises(StorageError, match="changed by something else"):
        await db.fetch_one(sql.GET_USER, {"id": 1})


def test_a_damaged_file_is_called_damaged(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + b"\xff" * (len(whole) - 200))
    with pytest.raises(StorageError, match="damaged"):
        SqliteDatabase(path)


def test_a_full_disk_is_called_full_and_keeps_nothing(path: Path) -> None:
    connection = connect(path)
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO counters VALUES (?, 1)", ("x" * 100_000,))
    connection.close()
    assert "The disk is full. Nothing was written." == storage_error(caught.value).message


def test_every_failure_of_sqlite_has_words() -> None:
    codes = ("BUSY", "LOCKED", "FULL", "IOERR", "CORRUPT", "NOTADB", "READONLY", "PERM", "CANTOPEN")
    for code in codes:
        error = sqlite3.OperationalError("words of SQLite")
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{code}")
        ours = storage_error(error)
        assert isinstance(ours, StorageError)
        assert "words of SQLite" not in ours.message
    assert "words of SQLite" in storage_error(sqlite3.DatabaseError("words of SQLite")).message


async def test_all_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / "home" / "x.db"
        prepare(path)
        db = SqliteDatabase(path)
        await db.write([user(1, "a")])
        files = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
        await db.close()
    finally:
        os.umask(before)
    assert {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600} == files


def test_a_place_where_sqlite_cannot_keep_its_log_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="write-ahead log") as caught:
        connect(Path(":memory:"))
    assert "network share" in caught.value.hint
