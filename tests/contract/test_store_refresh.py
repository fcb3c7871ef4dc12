"""The port RefreshStore: who is due, who loads, and that nobody does a thing twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.contract.conftest import OpenStore, run_sql
from tests.contract.records import NOW, a_load, held, new_account

from coinassay.domain.account import Account, Credentials, KeyState, User
from coinassay.domain.refresh import OFF, Refresh
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports import Changes, FailedLoad
from coinassay.services.ports.refresh import Lease, LoadOutcome, RefreshStore, Settled
from coinassay.storage.store import Store

MINUTE = timedelta(minutes=1)
SOON = NOW + timedelta(minutes=5)
LATE = NOW + timedelta(hours=2)


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    return await store.add_account(alice.id, new_account(), NOW)


async def several(store: Store, user: User, count: int) -> list[int]:
    new = [new_account(f"account {n}", f"key-{n}") for n in range(count)]
    return [account.id for account in await store.add_accounts(user.id, new, NOW)]


async def take(store: RefreshStore, account_id: int, wanted: Lease, abandoned: datetime | None = None) -> bool:
    return await store.take_lease(account_id, wanted, wanted.taken_at, abandoned)


async def found(store: RefreshStore, account_id: int) -> Refresh:
    refresh = await store.find_refresh(account_id)
    assert refresh is not None
    return refresh


def lease(holder: str, at_minute: int = 0) -> Lease:
    return Lease(holder, NOW + at_minute * MINUTE, NOW + (at_minute + 1) * MINUTE)


# ------------------------------------------------------------------------------------------------------ due


async def test_a_new_account_is_due_at_once(store: Store, account: Account) -> None:
    assert Refresh(account.id, account.user_id, NOW) == await found(store, account.id)
    assert NOW == await store.find_next_due()
    assert [account.id] == await store.claim_due(NOW, SOON, 10)


async def test_who_claims_an_account_has_it_for_himself_until_then(store: Store, account: Account) -> None:
    assert [] == await store.claim_due(NOW - MINUTE, SOON, 10)
    await store.claim_due(NOW, SOON, 10)
    assert SOON == await store.find_next_due()
    assert [] == await store.claim_due(SOON - MINUTE, SOON, 10)
    assert [account.id] == await store.claim_due(SOON, SOON + MINUTE, 10)


async def test_the_longest_due_are_claimed_first(store: Store, alice: User) -> None:
    ids = await several(store, alice, 4)
    for n, account_id in enumerate(ids):
        await store.settle_refresh(Refresh(account_id, alice.id, NOW - n * MINUTE))
    assert {ids[3], ids[2]} == set(await store.claim_due(NOW, SOON, 2))
    assert {ids[1], ids[0]} == set(await store.claim_due(NOW, SOON, 10))


async def test_claims_at_the_same_moment_share_what_is_due(open_store: OpenStore, store: Store, alice: User) -> None:
    ids = await several(store, alice, 60)
    other = await open_store()
    claims = await asyncio.gather(*(each.claim_due(NOW, SOON, 7) for _ in range(6) for each in (store, other)))
    claimed = [account_id for claim in claims for account_id in claim]
    assert len(claimed) == len(set(claimed))
    claimed += await store.claim_due(NOW, SOON, 60)  # on PostgreSQL a row that another looks at is passed over
    assert sorted(ids) == sorted(claimed)


async def test_what_is_settled_is_kept_but_the_interval(store: Store, account: Account, alice: User) -> None:
    await store.set_refresh_interval(account.id, 30 * MINUTE, SOON)
    settled = Refresh(
        account.id, alice.id, SOON + MINUTE, None, 3, "exchange_unavailable", "It did not answer.", False, NOW
    )
    await store.settle_refresh(settled)
    assert replace(settled, every=30 * MINUTE) == await found(store, account.id)
    await store.set_refresh_interval(account.id, None, SOON)
    assert replace(settled, next_at=SOON) == await found(store, account.id)


@pytest.mark.parametrize("every", [None, OFF, MINUTE / 2, timedelta(days=7)])
async def test_an_interval_is_kept(store: Store, account: Account, every: timedelta | None) -> None:
    await store.set_refresh_interval(account.id, every, None)
    assert every == (await found(store, account.id)).every
    assert await store.find_next_due() is None
    assert [] == await store.claim_due(SOON, SOON, 10)


async def test_a_removed_account_is_never_due(store: Store, account: Account, alice: User) -> None:
    await take(store, account.id, lease("a"))
    await store.remove_account(alice.id, account.id)
    assert await store.find_next_due() is None
    assert await store.find_refresh(account.id) is None
    assert await store.find_lease(account.id) is None
    await store.settle_refresh(Refresh(account.id, alice.id, SOON), "a")
    assert await store.find_next_due() is None
    with pytest.raises(NotFound):
        await store.set_refresh_interval(account.id, OFF, None)


async def test_only_a_users_own_are_listed(store: Store, alice: User, bob: User) -> None:
    ids = await several(store, alice, 2)
    await several(store, bob, 1)
    await store.settle_refresh(Refresh(ids[1], alice.id, SOON))
    assert [(ids[0], NOW), (ids[1], SOON)] == [
        (each.account_id, each.next_at) for each in await store.list_refreshes(1)
    ]


async def test_a_rejected_key_shows_until_it_is_changed(store: Store, account: Account, alice: User) -> None:
    failed = FailedLoad(account.id, NOW, NOW, "invalid_api_key", "Rejected.", KeyState.INVALID)
    await store.record_failed_load(failed)
    await store.settle_refresh(Refresh(account.id, alice.id, None, None, 1, "invalid_api_key", "Rejected.", True, NOW))
    assert (await found(store, account.id)).rejected
    before = await store.get_account(alice.id, account.id)
    changes = Changes(credentials=Credentials({"api_key": "another", "secret": "s"}))
    await store.change_account(alice.id, account.id, changes, SOON, before.version)
    assert Refresh(account.id, alice.id, SOON, refreshed_at=NOW) == await found(store, account.id)


async def test_a_change_of_the_name_makes_nothing_due(store: Store, account: Account, alice: User) -> None:
    await store.settle_refresh(
        Refresh(account.id, alice.id, SOON, None, 2, "exchange_unavailable", "Down.", False, NOW)
    )
    await store.change_account(alice.id, account.id, Changes(name="other"), NOW, account.version)
    assert (SOON, 2) == ((await found(store, account.id)).next_at, (await found(store, account.id)).failures)


# ------------------------------------------------------------------------------------------------------ astray


async def astray(store: Store, default: timedelta = 10 * MINUTE) -> list[int]:
    return sorted(each.account_id for each in await store.list_astray(NOW, default, 100))


async def test_an_account_of_an_older_version_has_nothing_stored(
    store: Store, account: Account, alice: User, database_url: str
) -> None:
    run_sql(database_url, "DELETE FROM refreshes")
    assert Refresh(account.id, alice.id, NOW) == await found(store, account.id)
    assert [] == await store.claim_due(NOW, SOON, 10)
    assert [account.id] == await astray(store)
    await store.settle_refresh(Refresh(account.id, alice.id, SOON))
    assert [] == await astray(store)
    assert SOON == await store.find_next_due()


async def test_who_never_comes_is_astray_unless_something_speaks_against_it(store: Store, alice: User) -> None:
    off, own, default, rejected = await several(store, alice, 4)
    for account_id in (off, own, default, rejected):
        await store.settle_refresh(Refresh(account_id, alice.id, None))
    await store.set_refresh_interval(off, OFF, None)
    await store.set_refresh_interval(own, MINUTE, None)
    await store.record_failed_load(FailedLoad(rejected, NOW, NOW, "invalid_api_key", "Rejected.", KeyState.INVALID))
    assert [own, default] == await astray(store)
    assert [own] == await astray(store, OFF)


async def test_who_comes_far_too_late_is_astray_unless_it_failed(store: Store, alice: User) -> None:
    late, failing, own, right = await several(store, alice, 4)
    far = NOW + timedelta(days=1)
    await store.settle_refresh(Refresh(late, alice.id, far))
    await store.settle_refresh(Refresh(failing, alice.id, far, None, 9, "exchange_unavailable", "Down.", False, NOW))
    await store.set_refresh_interval(own, timedelta(days=1), far)
    await store.settle_refresh(Refresh(right, alice.id, NOW + 15 * MINUTE))
    assert [late] == await astray(store)


async def test_who_was_loaded_in_the_future_is_astray(store: Store, alice: User) -> None:
    future, present = await several(store, alice, 2)
    await store.settle_refresh(Refresh(future, alice.id, SOON, refreshed_at=NOW + timedelta(hours=1)))
    await store.settle_refresh(Refresh(present, alice.id, SOON, refreshed_at=NOW))
    assert [future] == await astray(store)


async def test_the_astray_are_listed_in_batches(store: Store, alice: User, database_url: str) -> None:
    await several(store, alice, 3)
    run_sql(database_url, "DELETE FROM refreshes")
    assert 2 == len(await store.list_astray(NOW, MINUTE, 2))


# ------------------------------------------------------------------------------------------------------ leases


async def test_one_of_two_gets_the_lease(open_store: OpenStore, store: Store, account: Account) -> None:
    other = await open_store()
    takers = [(store, "a"), (other, "b"), (store, "c"), (other, "d")]
    taken = await asyncio.gather(*(take(each, account.id, lease(name)) for each, name in takers))
    assert 1 == sum(taken)
    held_by = await other.find_lease(account.id)
    assert held_by == lease(takers[taken.index(True)][1])


async def test_a_lease_can_be_taken_when_it_was_dropped_or_has_expired(store: Store, account: Account) -> None:
    assert await take(store, account.id, lease("a"))
    assert not await take(store, account.id, replace(lease("b"), taken_at=NOW + MINUTE / 2))
    assert await take(store, account.id, lease("b", at_minute=1))
    await store.drop_lease(account.id, "a")
    assert lease("b", at_minute=1) == await store.find_lease(account.id), "it is no longer a's to drop"
    await store.drop_lease(account.id, "b")
    assert await store.find_lease(account.id) is None
    assert await take(store, account.id, lease("c"))


async def test_a_lease_is_renewed_by_its_holder_only(store: Store, account: Account) -> None:
    await take(store, account.id, lease("a"))
    assert await store.renew_lease(account.id, "a", SOON)
    assert not await store.renew_lease(account.id, "b", SOON + MINUTE)
    assert Lease("a", NOW, SOON) == await store.find_lease(account.id)
    await store.drop_lease(account.id, "a")
    assert not await store.renew_lease(account.id, "a", SOON)
    assert await store.find_lease(account.id) is None


async def test_a_lease_that_was_seen_abandoned_is_taken_whatever_the_clock_says(store: Store, account: Account) -> None:
    await take(store, account.id, lease("a", at_minute=60))
    assert not await take(store, account.id, lease("b"), NOW)
    await store.renew_lease(account.id, "a", NOW + 62 * MINUTE)
    assert not await take(store, account.id, lease("b"), NOW + 61 * MINUTE), "it was renewed meanwhile"
    assert await take(store, account.id, lease("b"), NOW + 62 * MINUTE)


async def test_there_is_no_lease_of_an_account_that_has_gone(store: Store, account: Account, alice: User) -> None:
    await store.remove_account(alice.id, account.id)
    with pytest.raises(NotFound):
        await take(store, account.id, lease("a"))


async def test_settling_gives_back_only_ones_own_lease(store: Store, account: Account, alice: User) -> None:
    await take(store, account.id, lease("b"))
    await store.settle_refresh(Refresh(account.id, alice.id, SOON), "a")
    assert await store.find_lease(account.id) is not None
    await store.settle_refresh(Refresh(account.id, alice.id, SOON), "b")
    assert await store.find_lease(account.id) is None


# ------------------------------------------------------------------------------------------------------ outcomes


@pytest.mark.parametrize("failed", [False, True])
async def test_what_follows_from_a_load_is_stored_with_it(store: Store, account: Account, failed: bool) -> None:
    assert await take(store, account.id, lease("mine"))
    settled = Settled(replace(await found(store, account.id), next_at=SOON, refreshed_at=NOW), "mine")
    if failed:
        await store.record_failed_load(FailedLoad(account.id, NOW, NOW, "exchange_error", "No.", settled=settled))
    else:
        await store.record_load(replace(a_load(account.id, held("1 BTC")), settled=settled))
    assert settled.refresh == await found(store, account.id)
    assert await store.find_lease(account.id) is None


async def test_what_follows_from_a_load_is_not_stored_without_it(store: Store, account: Account) -> None:
    assert await take(store, account.id, lease("mine"))
    settled = Settled(replace(await found(store, account.id), next_at=SOON), "mine")
    with pytest.raises(Conflict):
        await store.record_load(replace(a_load(account.id, base_version=account.version + 1), settled=settled))
    assert NOW == (await found(store, account.id)).next_at
    assert lease("mine") == await store.find_lease(account.id)


async def test_the_outcome_is_that_of_the_last_load_since_then(store: Store, account: Account) -> None:
    assert await store.find_outcome(account.id, NOW) is None
    await store.record_failed_load(FailedLoad(account.id, NOW, NOW + MINUTE, "exchange_throttled", "Later."))
    assert LoadOutcome(NOW + MINUTE, "exchange_throttled", "Later.") == await store.find_outcome(account.id, NOW)
    assert await store.find_outcome(account.id, NOW + MINUTE / 60) is None
    load = a_load(account.id, held("1 BTC", at="50000"), at=NOW + 2 * MINUTE)
    await store.record_load(load)
    assert LoadOutcome(NOW + 2 * MINUTE, "", "") == await store.find_outcome(account.id, load.started_at)


# ------------------------------------------------------------------------------------------------------ chores


async def test_a_chore_is_done_by_one_and_due_again_when_its_claim_ends(open_store: OpenStore, store: Store) -> None:
    other = await open_store()
    both = (store, other) * 4
    assert 1 == sum(await asyncio.gather(*(each.claim_chore("thin", NOW, SOON, LATE) for each in both)))
    assert not await store.claim_chore("thin", SOON - MINUTE, SOON, LATE)
    assert await store.claim_chore("something else", NOW, SOON, LATE)
    assert await other.claim_chore("thin", SOON, SOON + MINUTE, LATE)


async def test_a_chore_that_is_done_is_due_when_it_was_settled_for(store: Store) -> None:
    await store.claim_chore("thin", NOW, SOON, LATE)
    await store.settle_chore("thin", NOW + 60 * MINUTE)
    assert not await store.claim_chore("thin", SOON, SOON, LATE)
    assert await store.claim_chore("thin", NOW + 60 * MINUTE, SOON, LATE)


async def test_a_chore_that_is_due_later_than_makes_sense_is_due(store: Store) -> None:
    await store.claim_chore("thin", NOW, SOON, LATE)
    await store.settle_chore("thin", LATE + MINUTE)
    assert await store.claim_chore("thin", NOW, SOON, LATE)
    assert not await store.claim_chore("thin", NOW, SOON, LATE)
