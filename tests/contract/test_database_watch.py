"""What is announced by a write wakes those who watch, in every process, and only when it was committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from tests.contract.conftest import OpenStore

from coinassay.errors import NotFound
from coinassay.storage import statements as sql
from coinassay.storage.database import Database, announce, change
from coinassay.storage.store import Store


def database_of(store: Store) -> Database:
    return store._db


async def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.01)


async def test_an_announcement_wakes_its_watchers_here_and_elsewhere(open_store: OpenStore) -> None:
    here, elsewhere = database_of(await open_store()), database_of(await open_store())
    woken: list[str] = []
    ends = [
        db.watch("loads", lambda name=name: woken.append(name))  # type: ignore[misc]  # a default binds the name
        for name, db in (("here", here), ("elsewhere", elsewhere))
    ]
    await until_listening(here, elsewhere)
    woken.clear()
    await here.write([change(sql.TAKE_ID, name="x"), announce("loads")])
    await until(lambda: {"here", "elsewhere"} == set(woken))
    for end in ends:
        end()
        end()


async def until_listening(*databases: Database) -> None:
    """Until each of them hears what the other one announces."""
    heard: set[int] = set()
    ends = [db.watch("ready", lambda n=n: heard.add(n)) for n, db in enumerate(databases)]  # type: ignore[misc]  # as above
    while len(heard) < len(databases):
        for db in databases:
            await db.write([announce("ready")])
        await asyncio.sleep(0.02)
    for end in ends:
        end()


async def test_who_no_longer_watches_is_not_woken(store: Store) -> None:
    db = database_of(store)
    first: list[int] = []
    second: list[int] = []
    end_first = db.watch("loads", lambda: first.append(1))
    end_second = db.watch("loads", lambda: second.append(1))
    await until_listening(db)
    end_first()
    seen = len(first)
    second.clear()
    await db.write([change(sql.TAKE_ID, name="x"), announce("loads")])
    await until(lambda: bool(second))
    assert seen == len(first)
    end_second()


async def test_a_write_that_is_taken_back_announces_nothing(store: Store) -> None:
    db = database_of(store)
    woken: list[int] = []
    await until_listening(db)
    end = db.watch("loads", lambda: woken.append(1))
    await asyncio.sleep(0.6)  # by then what was written before has been noticed
    woken.clear()
    with pytest.raises(NotFound):
        await db.write([announce("loads"), change(sql.SET_MODE, NotFound(), id=9, mode="real")])
    await asyncio.sleep(0.6)
    assert [] == woken
    end()
