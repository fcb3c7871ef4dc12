"""`coinassay migrate-database`: everything arrives as it was, or nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, Integer, LargeBinary
from tests.contract.records import a_load, held, new_account
from tests.postgres import PASSWORD, Cluster

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage.columns import Stored
from coinassay.storage.master_key import MasterKey
from coinassay.storage.moving import Moved, move
from coinassay.storage.schema import metadata
from coinassay.storage.sqlite import connect
from coinassay.storage.store import Store

pytestmark = pytest.mark.slow  # each test has a database of its own

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AMOUNTS = ("0.000000000000000001", "-12345678901234567890.123456789", "1E+20", "0E-8", "100.00", "7" * 60)


@pytest.fixture
def target(postgres: Cluster) -> Iterator[str]:
    made = postgres.create_database()
    yield made
    postgres.drop_database(made)


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'coinassay.db'}"


def path_of(source: str) -> Path:
    return Path(source.removeprefix("sqlite:///"))


async def fill(source: str, rows: int) -> None:
    """Rows in every table."""
    await (await Store.open(source, MasterKey.generate())).close()
    with contextlib.closing(connect(path_of(source))) as connection:
        connection.execute("BEGIN")
        for table in reversed(metadata.sorted_tables):
            connection.execute(f'DELETE FROM "{table.name}"')
        for table in metadata.sorted_tables:
            marks = ", ".join("?" for _ in table.columns)
            values = ([stored(column, n) for column in table.columns] for n in range(1, rows + 1))
            connection.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', values)
        connection.execute("COMMIT")


def stored(column: Column[Any], n: int) -> object:
    codec = column.type.codec if isinstance(column.type, Stored) else ""
    if codec == "exact":
        return AMOUNTS[n % len(AMOUNTS)]
    if codec == "moment":
        return 1_772_366_400_123_456 + n
    if codec == "flag":
        return n % 2
    if isinstance(column.type, Integer):
        return n
    if isinstance(column.type, LargeBinary):
        return bytes([0, 255]) + n.to_bytes(4)
    return f"{column.name} {n} ü'\"\\"


def all_of(source: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the source holds, as PostgreSQL gives it."""
    found = {}
    with contextlib.closing(sqlite3.connect(path_of(source))) as connection:
        for table in metadata.sorted_tables:
            codecs = [column.type.codec if isinstance(column.type, Stored) else "" for column in table.columns]
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            rows = connection.execute(f'SELECT {names} FROM "{table.name}"').fetchall()
            found[table.name] = sorted((tuple(map(read, row, codecs)) for row in rows), key=repr)
    return found


def read(value: Any, codec: str) -> object:
    if value is None:
        return None
    if codec == "exact":
        return Decimal(format(Decimal(value), "f"))
    if codec == "moment":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return bool(value) if codec == "flag" else value


def all_on(target: str) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with psycopg.connect(target) as connection:
        connection.execute("SET timezone TO 'UTC'")
        for table in metadata.sorted_tables:
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            rows = connection.execute(f'SELECT {names} FROM "{table.name}"'.encode()).fetchall()
            plain = (
                tuple(each.astimezone(UTC) if isinstance(each, datetime) else each for each in row) for row in rows
            )
            found[table.name] = sorted(plain, key=repr)
    return found


def digest(source: str) -> str:
    return hashlib.sha256(path_of(source).read_bytes()).hexdigest()


async def test_every_row_of_every_table_arrives_as_it_was(source: str, target: str) -> None:
    await fill(source, 7)
    before = digest(source)
    moved = await move(source, target)
    assert Moved(dict.fromkeys((table.name for table in metadata.sorted_tables), 7), before=False) == moved
    assert all_of(source) == all_on(target)
    assert before == digest(source)


async def test_moving_again_does_nothing(source: str, target: str) -> None:
    await fill(source, 3)
    await move(source, target)
    before = all_on(target)
    assert (await move(source, target)).before
    assert before == all_on(target)


async def test_the_moved_installation_goes_on(source: str, target: str) -> None:
    master = MasterKey.generate()
    async with contextlib.AsyncExitStack() as stack:
        old = await Store.open(source, master)
        stack.push_async_callback(old.close)
        alice = await old.add_user("alice", NOW)
        account = await old.add_account(alice.id, new_account(), NOW)
        await old.record_load(a_load(account.id, held("1 BTC", at="5")))
        await move(source, target)
        new = await Store.open(target, master)
        stack.push_async_callback(new.close)
        assert await old.get_account(alice.id, account.id) == await new.get_account(alice.id, account.id)
        assert await old.get_credentials(account.id) == await new.get_credentials(account.id), (
            "with the same master key"
        )
        assert alice.id + 1 == (await new.add_user("bob", NOW)).id, "ids go on"
        later = a_load(account.id, held("2 BTC", at="5"), at=NOW + timedelta(days=1))
        assert Decimal(0) != (await new.record_load(later)).total.usd, "and so do serial numbers"
        with pytest.raises(ConfigurationError, match="sealed under another"):
            await Store.open(target, MasterKey.generate())


async def test_a_target_with_other_data_is_left_alone(source: str, target: str) -> None:
    await fill(source, 3)
    other = await Store.open(target, MasterKey.generate())
    await other.add_user("somebody else", NOW)
    await other.close()
    before = all_on(target)
    with pytest.raises(ConfigurationError, match="is not empty") as caught:
        await move(source, target)
    assert PASSWORD not in caught.value.message
    assert before == all_on(target)


async def test_a_target_that_has_gone_on_is_left_alone(source: str, target: str) -> None:
    await fill(source, 3)
    await move(source, target)
    with psycopg.connect(target) as connection:
        connection.execute("UPDATE accounts SET total_usd = total_usd + 0.000000000000000001 WHERE id = 1")
    before = all_on(target)
    with pytest.raises(ConfigurationError, match="its table accounts differs"):
        await move(source, target)
    assert before == all_on(target)


async def test_nothing_is_moved_while_something_writes(source: str, target: str) -> None:
    await fill(source, 3)

    def write(table: str, rows: int) -> None:
        if table == "users":
            with contextlib.closing(connect(path_of(source))) as connection:
                connection.execute("UPDATE users SET mode = 'real' WHERE id = 1")

    with pytest.raises(StorageError, match="meanwhile"):
        await move(source, target, write)
    assert not any(all_on(target).values())
    assert not (await move(source, target)).before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE users SET name = 'a' || char(0) WHERE id = 2", "in the table users .* near row"),
        ("UPDATE accounts SET total_usd = '1E-20000' WHERE id = 2", "in the table accounts .* near row 2"),
        ("UPDATE accounts SET total_usd = 'much' WHERE id = 2", "changed by something else"),
    ],
)
async def test_what_does_not_fit_is_named(source: str, target: str, statement: str, words: str) -> None:
    await fill(source, 3)
    with contextlib.closing(connect(path_of(source))) as connection:
        connection.execute(statement)
    with pytest.raises(StorageError, match=words):
        await move(source, target)
    assert not any(all_on(target).values())


async def test_what_cannot_be_moved(source: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no database"):
        await move(source, target)
    assert not path_of(source).exists()
    sqlite3.connect(path_of(source)).close()
    path_of(source).write_bytes(b"")
    with pytest.raises(ConfigurationError, match="not a database of Coinassay"):
        await move(source, target)
    path_of(source).unlink()
    await fill(source, 1)
    with pytest.raises(ConfigurationError, match="no address on PostgreSQL"):
        await move(source, source)
    with contextlib.closing(connect(path_of(source))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
    with pytest.raises(ConfigurationError, match="schema version '0005'"):
        await move(source, target)


def command(*arguments: str, **settings: str) -> list[str]:
    return [sys.executable, "-m", "coinassay", "migrate-database", *arguments]


async def test_killed_at_any_point_it_can_be_run_again(source: str, target: str, postgres: Cluster) -> None:
    await fill(source, 8000)
    expected = all_of(source)
    killed = []
    for after in (0.0, 0.3, 1.0):
        process = await asyncio.create_subprocess_exec(*command(source, target), stderr=subprocess.PIPE)
        assert process.stderr is not None
        await process.stderr.readline()  # it has begun to copy
        await asyncio.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        killed.append(-signal.SIGKILL == await process.wait())
        await asyncio.to_thread(until_alone, target)
        if killed[-1]:
            assert not any(all_on(target).values()), "half of it is never there"
    assert killed[0], "at least once in the middle"
    done = await asyncio.to_thread(subprocess.run, command(source, target, "--json"), capture_output=True, check=True)
    assert {8000} == set(json.loads(done.stdout)["rows"].values())
    assert expected == all_on(target)


def until_alone(target: str) -> None:
    """Until PostgreSQL has noticed that the process has gone."""
    with psycopg.connect(target, autocommit=True) as connection:
        for _ in range(200):
            others = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            ).fetchone()
            if others == (0,):
                return
            time.sleep(0.05)


async def test_the_command_says_what_it_did(source: str, target: str) -> None:
    await fill(source, 2)
    environment = {**os.environ, "COINASSAY_DATABASE_URL": target}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(source, "-"), capture_output=True, text=True, check=True, env=environment)

    first, second = await asyncio.to_thread(run), await asyncio.to_thread(run)
    assert f"{2 * len(metadata.sorted_tables)} rows are in 127.0.0.1" in first.stdout
    assert "users: 2" in first.stderr
    assert "already: nothing to do" in second.stdout
    assert "p%40ss" not in first.stdout + first.stderr + second.stdout
