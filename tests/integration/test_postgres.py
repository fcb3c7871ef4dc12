"""What PostgreSQL does and SQLite does not: other writers, lost connections, restarts, passwords."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

import asyncpg
import psycopg
import pytest
from tests import postgres as postgresql
from tests.contract.records import a_flow, new_account
from tests.postgres import PASSWORD, QUOTED_PASSWORD, Cluster

from coinassay.bootstrap import open_store
from coinassay.errors import CoinassayError, ConfigurationError, NotFound, StorageError
from coinassay.settings import Settings
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, announce, change
from coinassay.storage.flows import flow_row
from coinassay.storage.master_key import MasterKey
from coinassay.storage.postgres import PostgresDatabase
from coinassay.storage.postgres_connection import Connection, Pool, connect
from coinassay.storage.postgres_errors import postgres_error
from coinassay.storage.store import Store
from coinassay.storage.vault import open_vault

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def url(postgres: Cluster) -> str:
    return postgres.emptied()


@pytest.fixture
async def db(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(url, patience=1.0)
    yield database
    await database.close()


def user(user_id: int, name: str) -> Change:
    return change(sql.ADD_USER, id=user_id, name=name, display_currency="USD", mode="all", created_at=NOW)


async def names(db: PostgresDatabase) -> list[str]:
    return [row[1] for row in await db.fetch_all(sql.LIST_USERS, {})]


def end_connections(url: str) -> None:
    """As an administrator, or a restart of the server, would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


# ----------------------------------------------------------------------------------------------- other writers


async def test_writes_that_meet_are_done_one_after_the_other(url: str, db: PostgresDatabase) -> None:
    other = PostgresDatabase(url)
    await asyncio.gather(
        *(
            each.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="y")])
            for each in (db, other)
            for _ in range(15)
        )
    )
    ((x,), (y,)) = await db.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="y")])
    assert (31, 31) == (x[0], y[0])
    await other.close()


async def test_writes_that_wait_for_each_other_are_done_again(db: PostgresDatabase) -> None:
    """Each takes in its middle what the other one took first: PostgreSQL ends one of them as a deadlock."""
    await db.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="y")])
    pairs = [("x", "y"), ("y", "x")] * 6
    await asyncio.gather(*(db.write([change(sql.TAKE_ID, name=name) for name in pair]) for pair in pairs))
    ((x,), (y,)) = await db.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="y")])
    assert (14, 14) == (x[0], y[0])


async def test_a_row_that_is_never_let_go_of_is_given_up(url: str, db: PostgresDatabase) -> None:
    await db.write([user(1, "a")])
    with psycopg.connect(url) as other:
        other.execute("UPDATE users SET mode = 'real'")
        connection = await db._writers.take()
        await connection.run("SET lock_timeout = '200ms'")
        db._writers.give(connection)
        with pytest.raises(StorageError, match="locked by another process"):
            await db.write([change(sql.SET_MODE, id=1, mode="paper"), change(sql.TAKE_ID, name="x")])
        assert ["a"] == await names(db), "readers wait for nobody"
        other.rollback()
    await db.write([change(sql.SET_MODE, id=1, mode="paper")])


async def test_of_first_starts_at_the_same_moment_one_makes_everything(postgres: Cluster) -> None:
    url, master = postgres.create_database(), MasterKey.generate()
    stores = await asyncio.gather(*(Store.open(url, master) for _ in range(5)))
    added = await stores[0].add_user("alice", NOW)
    assert [[added]] * 5 == [list(await store.list_users()) for store in stores]
    for store in stores:
        await store.close()
    assert [(1,)] == postgres.sql("SELECT count(*) FROM vault_keys", url.rpartition("/")[2])
    postgres.drop_database(url)


async def test_of_first_starts_with_different_keys_one_wins(url: str, db: PostgresDatabase) -> None:
    with psycopg.connect(url) as other:  # another process in the middle of its own first start
        other.execute("INSERT INTO counters VALUES ('vault', 1)")
        other.execute("INSERT INTO vault_keys VALUES ('another', '')")
        opening = asyncio.create_task(open_vault(db, MasterKey.generate()))
        await asyncio.sleep(0.3)
        assert not opening.done()
    with pytest.raises(ConfigurationError, match="sealed under another"):
        await opening
    assert [["another", b""]] == [list(row) for row in await db.fetch_all(sql.LIST_WRAPPED, {})]


async def test_what_a_write_decides_by_does_not_change_under_it(url: str) -> None:
    """Counting a movement changes the account only if the movement is not known yet. PostgreSQL by itself lets the one
    who waited for the account's row decide by what it saw before it waited."""
    store = await Store.open(url, MasterKey.generate())
    alice = await store.add_user("alice", NOW)
    account = await store.add_account(alice.id, new_account(), NOW)
    flow = flow_row(a_flow(account.id, "10", reference="tx-1"))
    databases = [PostgresDatabase(url) for _ in range(4)]
    for db in databases:
        await names(db)
        await db.write([change(sql.TAKE_ID, name="x")])
    counted = [Change(sql.COUNT_FLOW, [flow]), Change(sql.ADD_FLOW, [flow])]
    await asyncio.gather(*(db.write(counted) for db in databases for _ in range(4)))
    after = await store.get_account(alice.id, account.id)
    assert Decimal(10) == after.net_deposits.usd
    await store.close()
    for each in databases:
        await each.close()


async def test_a_write_goes_on_when_its_caller_has_gone(url: str) -> None:
    db = PostgresDatabase(url)
    writes = [asyncio.create_task(db.write([user(n, f"{n}"), user(n + 10, f"{n + 10}")])) for n in range(1, 6)]
    await asyncio.sleep(0.005)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    await db.close()
    again = PostgresDatabase(url)
    assert 10 == len(await names(again))
    await again.close()


@pytest.mark.parametrize("text", ["1E-20000", "1E+200000", "1." + "1" * 17000])
async def test_a_number_of_more_digits_than_there_are_is_not_cut_off(db: PostgresDatabase, text: str) -> None:
    with pytest.raises(StorageError, match="does not fit"):
        await db.write([change(sql.ADD_PAPER_BALANCE, account_id=1, position=0, asset="X", amount=Decimal(text))])


# -------------------------------------------------------------------------------------------- lost connections


async def test_idle_connections_that_were_ended_are_not_noticed(url: str, db: PostgresDatabase) -> None:
    await db.write([user(1, "a")])
    assert ["a"] == await names(db)
    end_connections(url)
    await asyncio.sleep(0.1)  # until the end has been read from the sockets
    await db.write([user(2, "b")])
    assert ["a", "b"] == await names(db)


async def test_a_read_that_is_cut_off_says_so_and_the_next_one_works(url: str, db: PostgresDatabase) -> None:
    await asyncio.gather(*(names(db) for _ in range(8)))  # several connections
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE users")
        reading = asyncio.create_task(names(db))
        await asyncio.sleep(0.2)
        end_connections(url)
        with pytest.raises(StorageError, match="connection to PostgreSQL was lost"):
            await reading
        other.close()
    assert [[]] * 8 == await asyncio.gather(*(names(db) for _ in range(8)))


async def test_a_write_that_is_cut_off_is_not_there(url: str, db: PostgresDatabase) -> None:
    await db.write([user(1, "a")])

    def cut() -> None:
        end_connections(url)

    with pytest.raises(StorageError, match="connection to PostgreSQL was lost"):
        await db.write([user(2, "b"), user(3, "c")], before_commit=cut)
    assert ["a"] == await names(db)
    await db.write([user(2, "b")])


async def test_a_write_that_was_ended_by_its_caller_gives_its_connection_back(db: PostgresDatabase) -> None:
    with pytest.raises(NotFound):
        await db.write([user(1, "a"), change(sql.SET_MODE, NotFound(), id=2, mode="real")])
    connection = await db._writers.take()
    assert not connection.raw.is_in_transaction()
    db._writers.give(connection)


async def test_statements_are_prepared_anew_when_a_table_has_changed(url: str, postgres: Cluster) -> None:
    own = postgres.create_database(postgres.prepared)
    db = PostgresDatabase(own)
    await db.write([user(1, "a"), user(2, "b")])
    taken = change(sql.TAKE_ID, name="x")

    async def use() -> None:
        assert ["a", "b"] == await names(db)
        rows = await asyncio.gather(*(db.fetch_one(sql.GET_USER, {"id": n}) for n in (1, 2)))
        assert ["a", "b"] == [row[1] for row in rows if row is not None]
        await db.write([taken])
        await db.write([taken, taken])

    await use()
    with psycopg.connect(own, autocommit=True) as other:
        other.execute("ALTER TABLE users ALTER COLUMN mode TYPE varchar(20)")
        other.execute("ALTER TABLE counters ALTER COLUMN value TYPE bigint")
    await use()
    ((row,),) = await db.write([taken])
    assert 7 == row[0]
    await db.close()
    postgres.drop_database(own)


class Line:
    """A connection as a pool sees it."""

    usable = True

    def drop(self) -> None:
        self.usable = False


async def test_when_one_connection_is_lost_the_idle_ones_are_not_trusted_either() -> None:
    """Where a network has gone without a word, each of them would be waited for in vain."""
    made: list[Line] = []

    async def make() -> Connection:
        made.append(Line())
        return cast("Connection", made[-1])

    pool = Pool(make, 3)
    taken = [await pool.take() for _ in range(3)]
    pool.give(taken[0])
    pool.give(taken[1])
    pool.give(taken[2], lost=True)
    assert [False] * 3 == [line.usable for line in made]
    again = [await pool.take() for _ in range(3)]
    assert 6 == len(made)
    waiting = asyncio.create_task(pool.take())
    await asyncio.sleep(0)
    pool.give(again[0])
    assert again[0] is await waiting


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    if postgresql.programs() is None:
        pytest.skip(postgresql.MISSING)
    with postgresql.running() as cluster:
        yield cluster


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_a_restarted_server_is_used_again(own_server: Cluster, how: signal.Signals) -> None:
    url = own_server.create_database(await asyncio.to_thread(lambda: own_server.prepared))
    db = PostgresDatabase(url)
    woken: list[int] = []
    db.watch("x", lambda: woken.append(1))
    await db.write([user(1, "a")])
    assert ["a"] == await names(db)
    own_server.stop(how)
    with pytest.raises(StorageError) as caught:
        await names(db)
    assert "cannot be reached" in caught.value.message or "was lost" in caught.value.message
    with pytest.raises(StorageError):
        await db.write([user(2, "b")])
    own_server.start()
    await db.write([user(3, "c")])
    assert ["a", "c"] == await names(db)
    woken.clear()
    for _ in range(50):
        await db.write([announce("x")])
        await asyncio.sleep(0.1)
        if woken:
            break
    assert woken, "what is announced is heard again"
    await db.close()


# ------------------------------------------------------------------------------------ words, and no passwords


async def refusal(url: str) -> CoinassayError:
    with pytest.raises((ConfigurationError, StorageError)) as caught:
        await connect(url)
    said = f"{caught.value!r} {caught.value} {getattr(caught.value, 'hint', '')}"
    for secret in (PASSWORD, QUOTED_PASSWORD, "hush"):
        assert secret not in said
    assert caught.value.__cause__ is None, "the driver's words may quote the address"
    return caught.value


async def test_what_cannot_be_opened_is_said_in_words(postgres: Cluster, url: str) -> None:
    place = f"127.0.0.1:{postgres.port}"
    for wrong, error, words in (
        (url.replace(QUOTED_PASSWORD, "hush"), ConfigurationError, f"{place}/.* refuses the user 'coinassay'"),
        (url.replace("coinassay:", "nobody:"), ConfigurationError, "refuses the user 'nobody'"),
        (postgres.url("absent"), ConfigurationError, f"There is no database {place}/absent"),
        ("postgresql://u:hush@127.0.0.1:1/x", StorageError, "127.0.0.1:1/x cannot be reached"),
        ("postgresql://u:hush@127.0.0.1:port/x", ConfigurationError, "cannot be used"),
        (f"{url}?sslmode=hush", ConfigurationError, "cannot be used"),
    ):
        found = await refusal(wrong)
        assert isinstance(found, error), wrong
        assert re.search(words, found.message), found.message


async def test_a_server_that_is_too_old_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL 99 or newer is needed"):
        await connect(url, oldest=99)


async def test_a_server_without_the_extra_says_what_to_install(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigurationError, match="not installed") as caught:
        await Store.open(url, MasterKey.generate())
    assert "pip install 'coinassay[postgresql]'" == caught.value.hint


def test_errors_of_postgresql_have_words() -> None:
    for error in (asyncpg.DiskFullError, asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError):
        assert "could not do that" not in postgres_error(error("words of PostgreSQL")).message
    assert "22012" not in postgres_error(asyncpg.UndefinedTableError("x")).message
    assert "could not do that (42601)" in postgres_error(asyncpg.PostgresSyntaxError("words")).message


# ----------------------------------------------------------------------------------------------- the settings


async def test_the_master_key_must_be_given(url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings.from_env({"COINASSAY_HOME": str(home), "COINASSAY_DATABASE_URL": url})
    with pytest.raises(ConfigurationError, match="COINASSAY_MASTER_KEY_FILE"):
        await open_store(settings, create=True)
    assert not home.exists()


async def test_nothing_is_made_where_nothing_was_asked_for(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.create_database()
    settings = Settings.from_env(
        {"COINASSAY_HOME": str(tmp_path / "home"), "COINASSAY_DATABASE_URL": url, "COINASSAY_MASTER_KEY": "ab" * 32}
    )
    with pytest.raises(ConfigurationError, match="There is no installation in 127") as caught:
        await open_store(settings)
    assert PASSWORD not in caught.value.message
    store = await open_store(settings, create=True)
    await store.close()
    await (await open_store(settings)).close()
    assert not (tmp_path / "home").exists()
    postgres.drop_database(url)
