"""The Database port: whole transactions, exact values, and words for people where something does not go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.records import exact_decimals, moments

from coinassay.errors import ConfigurationError, Conflict, NotFound, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Database, Row, change
from coinassay.storage.store import open_database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LARGEST = 2**31 - 1


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await open_database(database_url)
    yield database
    await database.close()


def user(user_id: int, name: str, created_at: datetime = NOW) -> Change:
    return change(sql.ADD_USER, id=user_id, name=name, display_currency="USD", mode="all", created_at=created_at)


async def names(db: Database) -> list[str]:
    return [row[1] for row in await db.fetch_all(sql.LIST_USERS, {})]


async def test_a_write_is_seen_by_the_next_read(db: Database) -> None:
    await db.write([user(1, "a")])
    assert ["a"] == await names(db)
    row = await db.fetch_one(sql.GET_USER, {"id": 1})
    assert row is not None
    assert [1, "a", "USD", "all", NOW] == list(row)
    assert await db.fetch_one(sql.GET_USER, {"id": 2}) is None


async def test_returned_rows_are_those_of_each_change(db: Database) -> None:
    first, second = await db.write([change(sql.TAKE_ID, name="x"), change(sql.TAKE_ID, name="x")])
    ((third,),) = await db.write([change(sql.TAKE_ID, name="x")])
    assert [[1], [2], [3]] == [list(row) for row in (*first, *second, third)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ([user(1, "a"), user(2, "a")], Conflict),
        ([user(1, "a"), user(1, "b")], Conflict),
        ([user(1, "a"), change(sql.ADD_CREDENTIALS, account_id=9, sealed=b"")], NotFound),
        ([user(1, "a"), change(sql.SET_MODE, NotFound(), id=2, mode="real")], NotFound),
        ([change(sql.SET_MODE, NotFound(), id=2, mode="real")], NotFound),
        ([user(1, "a"), change(sql.LOCK_ACCOUNT, Conflict(), id=2)], Conflict),
        ([user(1, "a"), user(2, "\ud800")], StorageError),
        ([user(1, "a"), user(2**63, "b")], StorageError),
        ([user(1, "a"), Change(sql.ADD_USER, [{"id": 2}])], KeyError),
        ([user(1, "a"), Change(sql.ADD_USER, [dict(user(n, "b").rows[0]) for n in (2, 3)])], Conflict),
        ([Change(sql.ADD_USER, [dict(user(n, "b").rows[0]) for n in (2, 3)])], Conflict),
    ],
    ids=[
        *("unique", "primary key", "foreign key", "nothing changed", "nothing changed at once", "nothing found"),
        *("text", "integer", "our mistake", "one of several", "one of several at once"),
    ],
)
async def test_nothing_of_a_write_that_fails_is_kept(
    db: Database, changes: list[Change], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await db.write(changes)
    assert [] == await names(db)
    await db.write([user(1, "next")])
    assert ["next"] == await names(db), "and the next one works"


async def test_the_last_word_before_the_commit_can_stop_it(db: Database) -> None:
    def stop() -> None:
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError):
        await db.write([user(1, "a")], before_commit=stop)
    assert [] == await names(db)
    said: list[str] = []
    await db.write([user(1, "a")], before_commit=lambda: said.append("written"))
    assert ["written"] == said
    assert ["a"] == await names(db)


async def test_a_write_whose_caller_has_gone_is_whole(db: Database) -> None:
    writes = [asyncio.create_task(db.write([user(n, f"{n}"), user(n + 100, f"{n + 100}")])) for n in range(1, 40)]
    await asyncio.sleep(0)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    await db.write([user(1000, "last")])
    ids = {int(name) for name in await names(db) if name != "last"}
    assert {n for n in ids if n < 100} == {n - 100 for n in ids if n > 100}


async def test_closing_waits_for_what_is_written(database_url: str) -> None:
    db = await open_database(database_url)
    write = asyncio.create_task(db.write([user(1, "a"), user(2, "b")]))
    await asyncio.sleep(0)
    await db.close()
    await write
    again = await open_database(database_url)
    assert ["a", "b"] == await names(again)
    await again.close()


async def test_many_rows_of_one_change(db: Database) -> None:
    rows = [dict(user(n, f"{n}").rows[0]) for n in range(50)]
    await db.write([Change(sql.ADD_USER, rows), Change(sql.ADD_USER, [])])
    assert 50 == len(await names(db))
    await db.write([Change(sql.ADD_USER, [])])


async def test_what_is_kept_follows_the_row(db: Database) -> None:
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


async def test_what_is_kept_of_many_rows(db: Database) -> None:
    made: list[str] = []

    def make(row: Row) -> str:
        made.append(row[1])
        return str(row[1])

    await db.write([user(1, "a"), user(2, "b")])
    assert [["a", "b"]] * 2 == [list(await db.fetch_all_kept(sql.LIST_USERS, {}, make)) for _ in range(2)]
    assert ["a", "b"] == made


async def test_reads_at_the_same_moment_are_all_answered(db: Database) -> None:
    await db.write([user(n, f"{n}") for n in range(1, 51)])
    rows = await asyncio.gather(*(db.fetch_one(sql.GET_USER, {"id": n}) for n in range(1, 51)))
    assert [f"{n}" for n in range(1, 51)] == [row[1] for row in rows if row is not None]


async def test_a_reader_that_has_gone_keeps_nobody_waiting(db: Database) -> None:
    await db.write([user(1, "a")])
    for _ in range(20):
        reads = [asyncio.create_task(db.fetch_all(sql.LIST_USERS, {})) for _ in range(20)]
        await asyncio.sleep(0)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        assert ["a"] == await names(db)


@pytest.mark.parametrize("beyond", [2**31, 2**63, -(2**63) - 1, 10**30])
async def test_nothing_stored_equals_an_integer_that_does_not_fit(db: Database, beyond: int) -> None:
    await db.write([user(LARGEST, "a")])
    assert await db.fetch_one(sql.GET_USER, {"id": beyond}) is None
    assert [] == list(await db.fetch_all(sql.LIST_ALLOCATIONS, {"account_ids": [1, beyond]}))


@pytest.mark.parametrize("text", ["\ud800", "a\ud800b", "\0", "a\0"])
async def test_nothing_stored_equals_a_text_that_does_not_fit(db: Database, text: str) -> None:
    await db.write([user(1, "a")])
    assert await db.fetch_one(sql.FIND_USER, {"name": text}) is None


async def test_our_own_mistakes_are_not_taken_for_nothing_found(db: Database) -> None:
    with pytest.raises(KeyError):
        await db.fetch_one(sql.GET_USER, {})
    with pytest.raises(TypeError):
        await db.write([user(1, "a", datetime(2026, 3, 1))])  # noqa: DTZ001  (the point of the test)


@given(numbers=st.lists(exact_decimals, min_size=1, max_size=5))
async def test_every_digit_comes_back(db: Database, numbers: list[Decimal]) -> None:
    await put_account(db)
    await db.write([change(sql.DROP_PAPER_BALANCES, account_id=1)])
    rows = [{"account_id": 1, "position": n, "asset": "X", "amount": number} for n, number in enumerate(numbers)]
    await db.write([Change(sql.ADD_PAPER_BALANCE, rows)])
    back = [row[1] for row in await db.fetch_all(sql.LIST_PAPER_BALANCES, {"account_id": 1})]
    assert numbers == back
    assert all(isinstance(each, Decimal) for each in back)
    assert [max(0, -places(number)) for number in numbers] == [max(0, -places(number)) for number in back]


def places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


@pytest.mark.parametrize("wrong", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])
async def test_what_is_no_number_is_not_stored(db: Database, wrong: Decimal) -> None:
    await put_account(db)
    with pytest.raises(ValueError, match="not a number"):
        await db.write([change(sql.ADD_PAPER_BALANCE, account_id=1, position=0, asset="X", amount=wrong)])


@pytest.mark.parametrize("wrong", [0.1, 1, "1"])
async def test_only_decimals_are_exact(db: Database, wrong: object) -> None:
    await put_account(db)
    with pytest.raises(TypeError, match="is not a Decimal"):
        await db.write([change(sql.ADD_PAPER_BALANCE, account_id=1, position=0, asset="X", amount=wrong)])


@given(moment=moments)
async def test_every_microsecond_comes_back(db: Database, moment: datetime) -> None:
    ((user_id,),) = await db.write([change(sql.TAKE_ID, name="user")])
    await db.write([user(user_id[0], f"{user_id[0]}", moment)])
    row = await db.fetch_one(sql.GET_USER, {"id": user_id[0]})
    assert row is not None
    assert moment == row[4]
    assert row[4].utcoffset() == UTC.utcoffset(None)


async def put_account(db: Database) -> None:
    if await db.fetch_one(sql.GET_USER, {"id": 1}) is None:
        columns = dict.fromkeys(("customer_id", "subaccount_name", "loaded_at", "btc_rate"))
        money = dict.fromkeys(("total_usd", "total_btc", "net_deposits_usd", "net_deposits_btc"), Decimal(0))
        texts = {"market_code": "binance", "name": "x", "api_key": "", "key_state": "ok"}
        more = {"include_in_summary": True, "complete": True, "created_at": NOW, "updated_at": NOW, "version": 0}
        account = {"id": 1, "user_id": 1, **columns, **money, **texts, **more}
        names_wanted = {name.partition(":")[0] for name in sql.ADD_ACCOUNT.postgres.binds.split()}
        await db.write([user(1, "a"), Change(sql.ADD_ACCOUNT, [account | dict.fromkeys(names_wanted - set(account))])])


async def test_a_closed_database_says_so(database_url: str) -> None:
    db = await open_database(database_url)
    await db.close()
    await db.close()
    with pytest.raises(StorageError, match="closed"):
        await db.write([user(1, "a")])
    with pytest.raises(StorageError, match="closed"):
        await names(db)


async def test_what_was_deleted_can_be_forgotten(db: Database) -> None:
    await db.write([user(1, "a")])
    await db.forget_deleted()
    assert ["a"] == await names(db)
