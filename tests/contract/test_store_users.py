"""The port UserStore."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from tests.contract.conftest import OpenStore
from tests.contract.records import NOW, moments

from coinassay.domain.account import Mode, User
from coinassay.errors import InvalidRequest, NotFound
from coinassay.services.ports import UserStore
from coinassay.storage.store import Store


async def test_a_user_is_given_back_as_it_was_added(store: Store, open_store: OpenStore) -> None:
    port: UserStore = store
    user = await port.add_user("Zoë", NOW)
    assert User(1, "Zoë", "", Mode.ALL, NOW) == user
    other: UserStore = await open_store()
    assert user == await other.get_user(user.id)
    assert user == await other.find_user("Zoë")


async def test_a_name_is_taken_once(store: Store, alice: User) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await store.add_user("alice", NOW)
    assert {"name": ("has already been taken",)} == caught.value.fields
    assert [alice] == await store.list_users()


async def test_who_is_not_there_is_not_found(store: Store) -> None:
    assert await store.find_user("nobody") is None
    with pytest.raises(NotFound):
        await store.get_user(1)
    with pytest.raises(NotFound):
        await store.set_mode(1, Mode.REAL)


@pytest.mark.parametrize("strange", ["\ud800", "a\0b", "x" * 100_000], ids=["surrogate", "nul", "long"])
async def test_a_name_no_user_can_have_is_not_found(store: Store, alice: User, strange: str) -> None:
    assert await store.find_user(strange) is None


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30])
async def test_a_number_no_user_can_have_is_not_found(store: Store, alice: User, number: int) -> None:
    with pytest.raises(NotFound):
        await store.get_user(number)


async def test_users_are_listed_oldest_first(store: Store) -> None:
    names = ["owner", "b", "a"]
    for n, name in enumerate(names):
        await store.add_user(name, NOW - timedelta(days=n))
    assert names == [user.name for user in await store.list_users()]


async def test_the_mode_is_remembered(store: Store, open_store: OpenStore, alice: User, bob: User) -> None:
    await store.set_mode(alice.id, Mode.PAPER)
    other = await open_store()
    assert Mode.PAPER is (await other.get_user(alice.id)).mode
    assert Mode.ALL is (await other.get_user(bob.id)).mode


async def test_ids_are_not_given_twice_to_servers_that_add_at_the_same_moment(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    users = await asyncio.gather(*(stores[n % 3].add_user(f"user {n}", NOW) for n in range(30)))
    assert list(range(1, 31)) == sorted(user.id for user in users)


@given(moment=moments)
async def test_times_are_kept_to_the_microsecond(store: Store, moment: datetime) -> None:
    name = f"{moment.timestamp()} {len(await store.list_users())}"
    user = await store.add_user(name, moment)
    stored = (await store.get_user(user.id)).created_at
    assert moment == stored
    assert stored.utcoffset() == timedelta(0)


async def test_the_locale_is_remembered(store: Store, open_store: OpenStore, alice: User, bob: User) -> None:
    port: UserStore = store
    assert "en" == await port.get_locale(alice.id)
    await port.set_locale(alice.id, "tr")
    await port.set_locale(alice.id, "de")
    other = await open_store()
    assert "de" == await other.get_locale(alice.id)
    assert "en" == await other.get_locale(bob.id)


async def test_nobody_has_no_locale_to_set(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.set_locale(1, "de")
