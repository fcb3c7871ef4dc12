"""Changing an account: AccountStore.change_account, and a rejected key that was changed meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.contract.records import NOW, a_load, held, new_account

from coinassay.domain.account import Account, Credentials, KeyState, User
from coinassay.errors import Conflict, InvalidRequest, NotFound
from coinassay.services.ports import Changes, FailedLoad
from coinassay.storage.store import Store

LATER = NOW + timedelta(hours=1)
NEW_KEY = Credentials({"api_key": "new-key", "secret": "new-secret", "customer_id": "77"})


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    return await store.add_account(alice.id, new_account(), NOW)


async def fail(store: Store, account: Account, base_version: int | None) -> Account:
    failed = FailedLoad(account.id, NOW, LATER, "invalid_api_key", "refused", KeyState.INVALID, base_version)
    await store.record_failed_load(failed)
    return await store.get_account(account.user_id, account.id)


async def test_only_what_is_given_changes(store: Store, alice: User, account: Account) -> None:
    changed = await store.change_account(alice.id, account.id, Changes(name="other"), LATER, 0)
    assert ("other", LATER, 1, True) == (changed.name, changed.updated_at, changed.version, changed.include_in_summary)
    assert changed == await store.get_account(alice.id, account.id)
    changed = await store.change_account(alice.id, account.id, Changes(include_in_summary=False), LATER, 1)
    assert ("other", False, 2) == (changed.name, changed.include_in_summary, changed.version)
    assert "a-secret" == (await store.get_credentials(account.id))["secret"]


async def test_a_new_key_takes_the_place_of_the_old(store: Store, alice: User, account: Account) -> None:
    assert KeyState.INVALID is (await fail(store, account, None)).key_state
    changed = await store.change_account(alice.id, account.id, Changes(credentials=NEW_KEY), LATER, 1)
    assert ("new-key", "77", KeyState.OK, "main") == (
        changed.api_key,
        changed.customer_id,
        changed.key_state,
        changed.name,
    )
    assert dict(NEW_KEY) == dict(await store.get_credentials(account.id))


async def test_totals_stay(store: Store, alice: User, account: Account) -> None:
    loaded = await store.record_load(a_load(account.id, held("2 BTC", at="50000")))
    changed = await store.change_account(alice.id, account.id, Changes(credentials=NEW_KEY), LATER, loaded.version)
    assert (loaded.total, loaded.loaded_at, loaded.btc_rate) == (changed.total, changed.loaded_at, changed.btc_rate)


async def test_what_was_changed_by_somebody_else_is_a_conflict(store: Store, alice: User, account: Account) -> None:
    await store.change_account(alice.id, account.id, Changes(name="first"), LATER, 0)
    with pytest.raises(Conflict):
        await store.change_account(alice.id, account.id, Changes(name="second", credentials=NEW_KEY), LATER, 0)
    assert "first" == (await store.get_account(alice.id, account.id)).name
    assert "a-secret" == (await store.get_credentials(account.id))["secret"]


async def test_a_key_of_another_account_is_refused(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account(api_key="new-key"), NOW)
    with pytest.raises(InvalidRequest) as caught:
        await store.change_account(alice.id, account.id, Changes(name="x", credentials=NEW_KEY), LATER, 0)
    assert {"api_key": ("This account is already connected!",)} == caught.value.fields
    assert account == await store.get_account(alice.id, account.id)
    await store.change_account(alice.id, other.id, Changes(credentials=NEW_KEY), LATER, 0)


async def test_nobody_changes_anothers(store: Store, bob: User, account: Account) -> None:
    for account_id in (account.id, 4711):
        with pytest.raises(NotFound):
            await store.change_account(bob.id, account_id, Changes(name="mine"), LATER, 0)


async def test_a_rejection_of_the_former_key_says_nothing_about_the_new_one(
    store: Store, alice: User, account: Account
) -> None:
    changed = await store.change_account(alice.id, account.id, Changes(credentials=NEW_KEY), LATER, 0)
    assert changed == await fail(store, account, base_version=0)
    assert KeyState.INVALID is (await fail(store, account, base_version=1)).key_state
