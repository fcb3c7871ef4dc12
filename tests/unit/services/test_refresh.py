"""Accounts that are loaded without anybody asking: who is due, who is not, and what people see of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.records import a_load, held
from tests.unit.services.refreshing import NOW, TEN, Process, Site, add_accounts

from coinassay.domain.account import Account, Credentials
from coinassay.domain.refresh import OFF, Paused
from coinassay.errors import CredentialsRejected, ExchangeUnavailable, NotFound
from coinassay.services.ports import Changes, FailedLoad
from coinassay.services.ports.refresh import Lease

ALICE = 1


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "coinassay.db")
    site.connector.script("binance", ["2 BTC"])
    yield site
    await site.close()


@pytest.fixture
async def here(site: Site) -> Process:
    return await site.process()


@pytest.fixture
async def account(here: Process) -> Account:
    (account,) = await add_accounts(here, await here.store.add_user("alice", NOW))
    return account


async def due(process: Process) -> list[int]:
    return sorted(await process.refresh.claim(1000))


# ------------------------------------------------------------------------------------------------ being loaded


async def test_a_new_account_is_loaded_and_due_again_in_about_an_interval(
    site: Site, here: Process, account: Account
) -> None:
    assert [account.id] == await due(here)
    state = await here.refresh.refresh(account.id, NOW)
    assert state is not None
    assert (account.id, NOW, TEN, False, 0, "", Paused.NO) == (
        state.account_id,
        state.refreshed_at,
        state.interval,
        state.own,
        state.failures,
        state.failure,
        state.paused,
    )
    assert state.next_at is not None
    site.clock.now = state.next_at - timedelta(seconds=1)
    assert [] == await due(here)
    site.clock.now = state.next_at
    assert [account.id] == await due(here)


async def test_one_that_was_claimed_and_not_loaded_is_due_again(site: Site, here: Process, account: Account) -> None:
    await due(here)
    site.clock.advance(seconds=19)
    assert [] == await due(here)
    site.clock.advance(seconds=1)
    assert [account.id] == await due(here)


async def test_a_claim_that_is_worked_off_twice_loads_once(site: Site, here: Process, account: Account) -> None:
    await here.refresh.refresh(account.id, NOW)
    assert await here.refresh.refresh(account.id, NOW) is None
    assert 1 == site.connector.calls[account.id]
    site.clock.advance(minutes=10)
    assert await here.refresh.refresh(account.id, site.clock.now) is not None


async def test_a_load_somebody_asked_for_counts(site: Site, here: Process, account: Account) -> None:
    await here.sync.sync_account(ALICE, account.id)
    assert [] == await due(here)
    first = await here.refresh.next_due()
    site.clock.advance(minutes=4)
    await here.sync.sync_account(ALICE, account.id)
    after = await here.refresh.next_due()
    assert first is not None
    assert after is not None
    assert timedelta(minutes=4.4) <= after - site.clock.now


async def test_what_is_being_loaded_is_passed_over(site: Site, here: Process, account: Account) -> None:
    await here.store.take_lease(account.id, Lease("other", NOW, NOW + timedelta(seconds=10)), NOW)
    assert await here.refresh.refresh(account.id, NOW) is None
    assert 0 == site.connector.calls[account.id]


@pytest.mark.parametrize("failure", ["", "exchange_unavailable"])
async def test_what_a_killed_process_had_loaded_is_not_loaded_again(
    site: Site, here: Process, account: Account, failure: str
) -> None:
    await here.refresh.claim(1)
    await here.store.take_lease(account.id, Lease("killed", NOW, NOW + timedelta(seconds=6)), NOW)
    finished_at = NOW + timedelta(seconds=1)
    if failure:
        await here.store.record_failed_load(FailedLoad(account.id, NOW, finished_at, failure, "Down."))
    else:
        await here.store.record_load(a_load(account.id, held("1 BTC", at="50000"), at=NOW + timedelta(seconds=3)))
    site.clock.advance(seconds=20)
    state = await here.refresh.refresh(account.id, NOW)
    assert state is not None
    assert (site.clock.now, failure, len(failure) > 0) == (state.refreshed_at, state.failure, state.failures == 1)
    assert 0 == site.connector.calls[account.id]
    assert await here.store.find_lease(account.id) is None
    assert state == await here.refresh.get_state(ALICE, account.id)
    site.clock.advance(minutes=20)
    assert await here.refresh.refresh(account.id, site.clock.now) is not None
    assert 1 == site.connector.calls[account.id]


async def test_a_failure_raises_nothing_and_is_seen(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, ExchangeUnavailable("No answer in 20 s."))
    state = await here.refresh.refresh(account.id, NOW)
    assert state is not None
    assert (1, "exchange_unavailable", "No answer in 20 s.") == (state.failures, state.failure, state.reason)
    assert [state] == await here.refresh.states(ALICE)


async def test_a_removed_account_is_no_error(here: Process, account: Account) -> None:
    await here.store.remove_account(ALICE, account.id)
    assert await here.refresh.refresh(account.id, NOW) is None
    assert [] == await here.refresh.states(ALICE)


async def test_one_that_goes_while_it_is_loaded_is_none(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=0.05)
    refreshing = asyncio.create_task(here.refresh.refresh(account.id, NOW))
    await asyncio.sleep(0.02)
    await here.store.remove_account(ALICE, account.id)
    assert await refreshing is None


# ------------------------------------------------------------------------------------------------ paused


async def test_a_rejected_key_pauses_until_it_is_changed(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, CredentialsRejected())
    state = await here.refresh.refresh(account.id, NOW)
    assert state is not None
    assert (Paused.KEY, None, "invalid_api_key") == (state.paused, state.next_at, state.failure)
    site.clock.advance(days=30)
    await here.refresh.gather_astray()
    assert [] == await due(here)
    site.connector.script(account.id, ["2 BTC"])
    before = await here.store.get_account(ALICE, account.id)
    changes = Changes(credentials=Credentials({"api_key": "another", "secret": "s"}))
    await here.store.change_account(ALICE, account.id, changes, site.clock.now, before.version)
    assert [account.id] == await due(here)
    state = await here.refresh.refresh(account.id, site.clock.now)
    assert state is not None
    assert (Paused.NO, 0, "") == (state.paused, state.failures, state.failure)


async def test_a_load_that_works_ends_the_pause(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, CredentialsRejected(), ["2 BTC"])
    await here.refresh.refresh(account.id, NOW)
    await here.sync.sync_account(ALICE, account.id)
    assert Paused.NO is (await here.refresh.get_state(ALICE, account.id)).paused
    assert await here.refresh.next_due() is not None


async def test_off_means_never_and_an_interval_of_its_own_counts(site: Site, here: Process) -> None:
    off, often, default = await add_accounts(here, await here.store.add_user("alice", NOW), 3)
    for each in (off, often, default):
        await here.refresh.refresh(each.id, NOW)
    state = await here.refresh.set_interval(ALICE, off.id, OFF)
    assert (Paused.OFF, None, OFF, True) == (state.paused, state.next_at, state.interval, state.own)
    state = await here.refresh.set_interval(ALICE, often.id, timedelta(seconds=30))
    assert state.next_at is not None
    assert state.next_at - NOW < timedelta(seconds=30)
    site.clock.advance(minutes=1)
    assert [often.id] == await due(here)
    site.clock.advance(hours=1)
    await here.refresh.gather_astray()
    assert [often.id, default.id] == await due(here)
    state = await here.refresh.set_interval(ALICE, off.id, None)
    assert (Paused.NO, TEN, False) == (state.paused, state.interval, state.own)
    site.clock.advance(minutes=11)
    assert off.id in await due(here)


async def test_an_account_that_was_turned_off_after_it_was_claimed_is_not_loaded(
    site: Site, here: Process, account: Account
) -> None:
    await due(here)
    await here.refresh.set_interval(ALICE, account.id, OFF)
    assert await here.refresh.refresh(account.id, NOW) is None
    assert 0 == site.connector.calls[account.id]


async def test_turning_it_off_for_all_costs_one_look_at_each(site: Site, here: Process) -> None:
    accounts = await add_accounts(here, await here.store.add_user("alice", NOW), 3)
    quiet = await site.process(default=OFF)
    await here.refresh.set_interval(ALICE, accounts[2].id, TEN)
    for account_id in await quiet.refresh.claim(10):
        await quiet.refresh.refresh(account_id, NOW)
    site.clock.advance(days=1)
    assert [accounts[2].id] == await due(quiet)
    states = await quiet.refresh.states(ALICE)
    assert [Paused.OFF, Paused.OFF, Paused.NO] == [state.paused for state in states]
    assert await here.refresh.gather_astray() == 2, "and on again"
    site.clock.advance(minutes=10)
    assert {each.id for each in accounts[:2]} <= set(await due(here))


async def test_a_key_that_was_rejected_stays_paused_when_its_interval_is_set(
    site: Site, here: Process, account: Account
) -> None:
    site.connector.script(account.id, CredentialsRejected())
    await here.refresh.refresh(account.id, NOW)
    state = await here.refresh.set_interval(ALICE, account.id, TEN)
    assert (Paused.KEY, None) == (state.paused, state.next_at)
    assert await here.refresh.next_due() is None


async def test_another_users_account_does_not_exist(here: Process, account: Account) -> None:
    bob = await here.store.add_user("bob", NOW)
    with pytest.raises(NotFound):
        await here.refresh.get_state(bob.id, account.id)
    with pytest.raises(NotFound):
        await here.refresh.set_interval(bob.id, account.id, OFF)
    assert [] == await here.refresh.states(bob.id)
    assert (await here.stored(account)).every is None


# ------------------------------------------------------------------------------------------------ clocks, many


async def test_accounts_of_an_older_version_are_spread_over_the_interval(site: Site, here: Process) -> None:
    await add_accounts(here, await here.store.add_user("alice", NOW), 600)
    with sqlite3.connect(site.path) as connection:
        connection.execute("DELETE FROM refreshes")
    connection.close()
    assert 600 == await here.refresh.gather_astray(), "more than a batch"
    assert 0 == await here.refresh.gather_astray()
    claimed = 0
    for minute in range(1, 11):
        site.clock.now = NOW + timedelta(minutes=minute)
        ids = await here.refresh.claim(1000)
        assert 55 <= len(ids) <= 65
        claimed += len(ids)
        for account_id in ids:
            await here.store.set_refresh_interval(account_id, OFF, None)
    assert 600 == claimed


async def test_a_clock_that_went_back_keeps_nobody_waiting(site: Site, here: Process, account: Account) -> None:
    site.clock.advance(days=365)
    await here.refresh.refresh(account.id)
    site.clock.now = NOW
    assert [] == await due(here)
    assert 1 == await here.refresh.gather_astray()
    assert 0 == await here.refresh.gather_astray()
    site.clock.advance(minutes=10)
    assert [account.id] == await due(here)
    assert await here.refresh.refresh(account.id, site.clock.now)
    assert 2 == site.connector.calls[account.id], "what was recorded in the future is not what came of this claim"


async def test_chores_are_due_when_the_clock_that_put_them_off_went_back(site: Site, here: Process) -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    site.clock.advance(days=365)
    assert await here.refresh.claim_chore("thin", site.clock.now + minute, hour)
    await here.refresh.settle_chore("thin", site.clock.now + hour)
    assert not await here.refresh.claim_chore("thin", site.clock.now + minute, hour)
    site.clock.now = NOW
    assert await here.refresh.claim_chore("thin", NOW + minute, hour)
    assert not await here.refresh.claim_chore("thin", NOW + minute, hour)


async def test_a_lease_that_was_taken_by_a_clock_that_went_back_keeps_nobody_waiting_for_long(
    site: Site, here: Process, account: Account
) -> None:
    year = timedelta(days=365)
    assert await here.store.take_lease(account.id, Lease("killed", NOW + year, NOW + year), NOW)
    assert await here.refresh.refresh(account.id, NOW)
    assert 1 == site.connector.calls[account.id]


async def test_a_clock_that_jumps_ahead_makes_each_due_once(site: Site, here: Process) -> None:
    accounts = await add_accounts(here, await here.store.add_user("alice", NOW), 50)
    for account in accounts:
        await here.refresh.refresh(account.id, NOW)
    site.clock.advance(days=1)
    for _ in range(5):  # as many at once as the caller has room for
        ids = await here.refresh.claim(10)
        assert 10 == len(ids)
        for account_id in ids:
            await here.refresh.refresh(account_id, site.clock.now)
    assert [] == await due(here)
    assert {2} == {site.connector.calls[account.id] for account in accounts}


async def test_late_accounts_are_a_sign_that_nobody_works(site: Site, here: Process, account: Account) -> None:
    assert not await here.refresh.is_overdue(timedelta(minutes=5))
    site.clock.advance(minutes=6)
    assert await here.refresh.is_overdue(timedelta(minutes=5))
    await here.refresh.refresh(account.id)
    assert not await here.refresh.is_overdue(timedelta(minutes=5))
