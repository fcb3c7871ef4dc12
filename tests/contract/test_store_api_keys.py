"""The port ApiKeyStore."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

import pytest
from tests.contract.conftest import OpenStore
from tests.contract.records import NOW, new_key

from coinassay.domain.account import User
from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports import ApiKeyStore, NewKey
from coinassay.storage.store import Store


async def test_a_key_is_given_back_as_it_was_added(store: Store, open_store: OpenStore, alice: User) -> None:
    port: ApiKeyStore = store
    added = await port.add_key(alice.id, new_key(), NOW)
    assert added == ApiKey(
        id=1,
        user_id=alice.id,
        name="laptop",
        api_key="k" * 64,
        kind=KeyKind.HMAC,
        verifier=b"hmac-secret",
        permissions=frozenset({Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE}),
        networks=(IPv4Network("10.0.0.0/8"), IPv6Network("2001:db8::/32")),
        created_at=NOW,
    )
    other: ApiKeyStore = await open_store()
    assert added == await other.find_key("k" * 64)
    assert [added] == await other.list_keys(alice.id)


async def test_a_key_without_permissions_and_networks(store: Store, alice: User) -> None:
    added = await store.add_key(alice.id, NewKey("bare", "b", KeyKind.RSA, b"-----BEGIN"), NOW)
    assert (frozenset(), ()) == (added.permissions, added.networks)
    assert added == await store.find_key("b")


@pytest.mark.parametrize("unknown", ["", "K" * 64, "k" * 63, "'", "\ud800", "k" * 64 + "\0"])
async def test_an_unknown_key_is_none(store: Store, alice: User, unknown: str) -> None:
    await store.add_key(alice.id, new_key(), NOW)
    assert await store.find_key(unknown) is None


async def test_a_key_needs_a_user_and_its_own_api_key(store: Store, alice: User) -> None:
    with pytest.raises(NotFound):
        await store.add_key(99, new_key(), NOW)
    await store.add_key(alice.id, new_key(), NOW)
    with pytest.raises(Conflict):
        await store.add_key(alice.id, new_key(), NOW)
    assert 1 == len(await store.list_keys(alice.id))


async def test_each_user_lists_only_their_own(store: Store, alice: User, bob: User) -> None:
    mine = [await store.add_key(alice.id, new_key(f"a{n}"), NOW) for n in range(3)]
    await store.add_key(bob.id, new_key("b"), NOW)
    assert mine == await store.list_keys(alice.id)
    assert [] == await store.list_keys(99)


async def test_a_revoked_key_says_when(store: Store, open_store: OpenStore, alice: User) -> None:
    key = await store.add_key(alice.id, new_key(), NOW)
    other = await open_store()
    await other.find_key(key.api_key)
    await store.revoke_key(alice.id, key.id, NOW + timedelta(hours=1))
    await store.revoke_key(alice.id, key.id, NOW + timedelta(hours=2))
    for each in (store, other):
        found = await each.find_key(key.api_key)
        assert found is not None
        assert NOW + timedelta(hours=1) == found.revoked_at


async def test_another_users_key_cannot_be_revoked(store: Store, alice: User, bob: User) -> None:
    key = await store.add_key(alice.id, new_key(), NOW)
    for user_id, key_id in ((bob.id, key.id), (alice.id, key.id + 1)):
        with pytest.raises(NotFound):
            await store.revoke_key(user_id, key_id, NOW)
    assert key == await store.find_key(key.api_key)


async def test_last_used_times_only_grow(store: Store, alice: User) -> None:
    """Servers write down in any order when a key was used."""
    first, second = [await store.add_key(alice.id, new_key(name), NOW) for name in "ab"]
    later = NOW + timedelta(minutes=5)
    await store.record_used({first.id: later, second.id: NOW, 99: NOW})
    await store.record_used({first.id: NOW, second.id: later})
    await store.record_used({})
    assert [later, later] == [key.last_used_at for key in await store.list_keys(alice.id)]
    found = await store.find_key("a")
    assert found is not None
    assert later == found.last_used_at


async def test_the_verifier_is_not_in_a_repr(store: Store, alice: User) -> None:
    await store.add_key(alice.id, new_key(), NOW)
    assert "hmac-secret" not in repr(await store.list_keys(alice.id))
