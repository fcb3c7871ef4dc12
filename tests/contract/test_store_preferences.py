"""The contract of PreferenceStore."""

from __future__ import annotations

import pytest

from coinassay.domain.account import User
from coinassay.errors import NotFound
from coinassay.storage.store import Store


async def test_a_setting_is_one_users(store: Store, alice: User, bob: User) -> None:
    assert await store.find_user_setting(alice.id, "dust") is None
    await store.set_user_setting(alice.id, "dust", "5")
    await store.set_user_setting(alice.id, "dust", "6.0")
    assert "6.0" == await store.find_user_setting(alice.id, "dust")
    assert await store.find_user_setting(alice.id, "other") is None
    assert await store.find_user_setting(bob.id, "dust") is None
    await store.set_user_setting(bob.id, "dust", "7")
    await store.set_user_setting(alice.id, "dust", None)
    assert await store.find_user_setting(alice.id, "dust") is None
    assert "7" == await store.find_user_setting(bob.id, "dust")


async def test_nobody_has_no_settings(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.set_user_setting(99, "dust", "5")


async def test_a_setting_of_the_installation(store: Store) -> None:
    assert await store.find_installation_setting("retention") is None
    await store.set_installation_setting("retention", "7d/90d")
    await store.set_installation_setting("retention", "8d/90d")
    assert "8d/90d" == await store.find_installation_setting("retention")
    await store.set_installation_setting("retention", None)
    assert await store.find_installation_setting("retention") is None
