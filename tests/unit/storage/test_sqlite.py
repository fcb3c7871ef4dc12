"""SQLite under the Database port: whole transactions, clear words, files for their owner only."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coinassay.errors import ConfigurationError, Conflict, NotFound, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Row, change
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


async def test_a_write_is_seen_by_the_next_read(db: SqliteDatabase) -> None:
    await db.write([user(1, "a")])
    assert ["a"] == await names(db)
    row = await db.fetch_one(sql.GET_USER, {"id": 1})
    assert row is not None
    assert [1, "a", "USD", "all", NOW] == list(row)


async def test_returned_rows_are_those_of_each_change(db: SqliteDatabase) -> None:
    first, second = await db.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="x")])
    assert [[1], [2]] == [list(row) for row in (*first, *second)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ([user(1, "a"), user(2, "a")], Conflict),
        ([user(1, "a"), user(1, "b")], Conflict),
        ([user(1, "a"), change(sql.ADD_CREDENTIALS, account_id=9, sealed=b"")], NotFound),
        ([user(1, "a"), change(sql.SET_MODE, NotFound(), id=2, mode="real")], NotFound),
        ([user(1, "a"), change(sql.LOCK_ACCOUNT, Conflict(), id=2)], Conflict),
        ([user(1, "a"), user(2, "\ud800")], StorageError),
        ([user(1, "a"), user(2**63, "b")], StorageError),
        ([user(1, "a"), Change(sql.ADD_USER, [{"id": 2}])], KeyError),
    ],
    ids=["unique", "primary key", "foreign key", "nothing changed", "nothing found", "text", "integer", "our mistake"],
)
async def test_nothing_of_a_write_that_fails_is_kept(
    db: SqliteDatabase, changes: list[Change], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await db.write(changes)
    assert [] == await names(db)
    await db.write([user(1, "next")])
    assert ["next"] == await names(db), "and the next one works"


async def test_a_value_of_the_wrong_type_is_refused_by_the_table(db: SqliteDatabase, path: Path) -> None:
    connection = connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="cannot store"):
        connection.execute("INSERT INTO counters VALUES ('x', 'seven')")
    connection.close()


async def test_the_last_word_before_the_commit_can_stop_it(db: SqliteDatabase) -> None:
    def stop() -> None:
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError):
        await db.write([user(1, "a")], before_commit=stop)
    assert [] == await names(db)


async def test_a_write_whose_caller_has_gone_is_whole(db: SqliteDatabase) -> None:
    writes = [asyncio.create_task(db.write([user(n, f"{n}"), user(n + 100, f"{n + 100}")])) for n in range(1, 40)]
    await asyncio.sleep(0)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    await db.write([user(1000, "last")])
    ids = {int(name) for name in await names(db) if name != "last"}
    assert {n for n in ids if n < 100} == {n - 100 for n in ids if n > 100}


async def test_many_rows_of_one_change(db: SqliteDatabase) -> None:
    rows = [{"id": n, "name": f"{n}", "display_currency": "USD", "mode": "all", "created_at": NOW} for n in range(50)]
    await db.write([Change(sql.ADD_USER, rows), Change(sql.ADD_USER, [])])
    assert 50 == len(await names(db))


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


async def test_what_is_kept_follows_the_row(db: SqliteDatabase) -> None:
    made: list[str] = []

    def make(row: Row) -> str:
        made.append(row[3])
        return f"{row[1]} {row[3]}"

    async def read() -> str | None:
        return await db.fetch_kept(sql.GET_USER, {"id": 1}, make)

    assert await read() is None
    await db.write([user(1, "a")])
    assert ["a all"] * 3 == [await read() for _ in range(3)]
    await db.write([change(sql.SET_MODE, id=1, mode="real")])
    assert ["a real"] * 2 == [await read() for _ in range(2)]
    assert ["all", "real"] == made, "once for each state of the row"


async def test_a_closed_database_says_so(path: Path) -> None:
    db = SqliteDatabase(path)
    await db.close()
    await db.close()
    with pytest.raises(StorageError, match="closed"):
        await db.write([user(1, "a")])
    with pytest.raises(StorageError, match="closed"):
        await names(db)


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
