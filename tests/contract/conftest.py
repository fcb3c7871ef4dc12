"""The implementations each contract suite runs over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.contract.records import NOW

from coinassay.domain.account import User
from coinassay.storage.store import MasterKey, Store

OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    assert "sqlite" == request.param
    return f"sqlite:///{tmp_path / 'coinassay.db'}"


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
