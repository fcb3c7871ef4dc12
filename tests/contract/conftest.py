"""The implementations each contract suite runs over."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from tests.contract.records import NOW
from tests.postgres import Cluster

from coinassay.domain.account import User
from coinassay.storage.addresses import is_postgres
from coinassay.storage.store import MasterKey, Store

OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'coinassay.db'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.emptied()


def run_sql(database_url: str, statement: str) -> None:
    """As something else than the program would."""
    if is_postgres(database_url):
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute(statement.encode())
        return
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
async def open_store(database_url: str) -> AsyncIterator[OpenStore]:
    """Opens one more store over the same database, as another server would."""
    master = MasterKey.generate()
    opened: list[Store] = []

    async def open_one() -> Store:
        opened.append(await Store.open(database_url, master))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


@pytest.fixture
async def alice(store: Store) -> User:
    return await store.add_user("alice", NOW)


@pytest.fixture
async def bob(store: Store, alice: User) -> User:
    return await store.add_user("bob", NOW)
