"""Two loads of one account at a time are one, also across processes; a process that was killed keeps nobody waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.services.refreshing import LEASE, NOW, Clock, Process, Site, add_accounts

from coinassay.domain.account import Account, KeyState
from coinassay.domain.refresh import Refresh
from coinassay.errors import (
    ClockSkew,
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeThrottled,
    ExchangeUnavailable,
    NotFound,
    NotSupportedByExchange,
    OnlyReads,
    StorageError,
    UnexpectedReply,
)
from coinassay.services.ports import FailedLoad, Load
from coinassay.services.ports.refresh import Lease, LoadOutcome
from coinassay.services.single_flight import error_of
from coinassay.storage.store import Store


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "coinassay.db")
    yield site
    await site.close()


@pytest.fixture
async def here(site: Site) -> Process:
    return await site.process()


@pytest.fixture
async def there(site: Site, here: Process) -> Process:
    return await site.process()


@pytest.fixture
async def account(here: Process) -> Account:
    (account,) = await add_accounts(here, await here.store.add_user("alice", NOW))
    return account


async def begun(site: Site, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while site.connector.running < count:  # noqa: ASYNC110 -- what is scripted tells nobody
            await asyncio.sleep(0.005)


async def hold_as_a_killed_process(here: Process, account: Account, for_long: timedelta) -> None:
    assert await here.store.take_lease(account.id, Lease("killed", NOW, NOW + for_long), NOW)


async def test_loads_of_two_processes_are_one(site: Site, here: Process, there: Process, account: Account) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=0.1)
    loaded = await asyncio.gather(*(each.sync.sync_account(1, account.id) for each in (here, there, here, there)))
    assert 1 == site.connector.calls[account.id]
    assert {Decimal(100000)} == {each.total.usd for each in loaded}
    assert 1 == len({each.version for each in loaded})
    assert await here.store.find_lease(account.id) is None


class Counting(Store):
    """Counts transactions."""

    written = 0

    async def record_load(self, load: Load) -> Account:
        self.written += 1
        return await super().record_load(load)

    async def record_failed_load(self, failed: FailedLoad) -> None:
        self.written += 1
        await super().record_failed_load(failed)

    async def settle_refresh(self, refresh: Refresh, lease: str = "") -> None:
        self.written += 1
        await super().settle_refresh(refresh, lease)


@pytest.mark.parametrize(
    ("said", "written"), [(["2 BTC"], 1), (ExchangeUnavailable("No answer."), 1), (CredentialsRejected(), 2)]
)
async def test_what_follows_from_a_load_is_settled_with_it(
    site: Site, account: Account, said: list[str] | ExchangeError, written: int
) -> None:
    """In one transaction, but where it depends on whether the rejected key is still the account's."""
    here = await site.process(store=Counting)
    site.connector.script(account.id, said)
    await asyncio.gather(here.sync.sync_account(1, account.id), return_exceptions=True)
    assert isinstance(here.store, Counting)
    assert written == here.store.written
    refresh = await here.stored(account)
    assert NOW == refresh.refreshed_at
    assert (refresh.next_at is None) == isinstance(said, CredentialsRejected)
    assert await here.store.find_lease(account.id) is None


async def test_one_after_the_other_are_two(site: Site, here: Process, there: Process, account: Account) -> None:
    site.connector.script(account.id, ["2 BTC"])
    await here.sync.sync_account(1, account.id)
    await there.sync.sync_account(1, account.id)
    assert 2 == site.connector.calls[account.id]


async def test_loads_of_different_accounts_do_not_wait_for_each_other(
    site: Site, here: Process, there: Process
) -> None:
    one, other = await add_accounts(here, await here.store.add_user("alice", NOW), 2)
    site.connector.script("binance", ["2 BTC"], delay=0.2)
    await asyncio.gather(here.sync.sync_account(1, one.id), there.sync.sync_account(1, other.id))
    assert 2 == site.connector.most_at_once


@pytest.mark.parametrize("error", [CredentialsRejected(), ExchangeUnavailable("No answer in 20 s.")])
async def test_a_failure_is_told_to_both(
    site: Site, here: Process, there: Process, account: Account, error: ExchangeError
) -> None:
    site.connector.script(account.id, error, delay=0.1)
    told = await asyncio.gather(
        *(each.sync.sync_account(1, account.id) for each in (here, there)), return_exceptions=True
    )
    assert [(type(error), error.message)] * 2 == [(type(each), str(each)) for each in told]
    assert 1 == site.connector.calls[account.id]


async def test_a_load_that_takes_longer_than_a_lease_keeps_it(
    site: Site, here: Process, there: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=4 * LEASE)
    await asyncio.gather(*(each.sync.sync_account(1, account.id) for each in (here, there)))
    assert 1 == site.connector.calls[account.id]


async def test_who_was_killed_is_followed_after_a_lease_and_not_before(
    site: Site, here: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"])
    await hold_as_a_killed_process(here, account, timedelta(seconds=LEASE))
    began = time.monotonic()
    loaded = await here.sync.sync_account(1, account.id)
    assert Decimal(100000) == loaded.total.usd
    assert LEASE <= time.monotonic() - began < 4 * LEASE
    assert await here.store.find_lease(account.id) is None


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(minutes=-4)], ids=["ahead", "behind"])
async def test_clocks_that_differ_change_nothing_of_that(
    site: Site, here: Process, account: Account, ahead: timedelta
) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=2 * LEASE)
    far = await site.process(clock=Clock(NOW + ahead))
    first = asyncio.create_task(far.sync.sync_account(1, account.id))
    await begun(site)
    second = await here.sync.sync_account(1, account.id)
    assert (await first).total == second.total
    assert 1 == site.connector.calls[account.id]


async def test_one_that_was_abandoned_long_ago_keeps_nobody_waiting(
    site: Site, here: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"])
    await hold_as_a_killed_process(here, account, timedelta(seconds=LEASE))
    site.clock.advance(hours=1)
    began = time.monotonic()
    await here.sync.sync_account(1, account.id)
    assert time.monotonic() - began < LEASE


async def test_of_many_who_wait_for_a_killed_process_one_loads(
    site: Site, here: Process, there: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=0.1)
    await hold_as_a_killed_process(here, account, timedelta(days=1))
    third = await site.process()
    loaded = await asyncio.gather(*(each.sync.sync_account(1, account.id) for each in (here, there, third)))
    assert 1 == site.connector.calls[account.id]
    assert 1 == len({each.version for each in loaded})


async def test_what_a_process_wrote_down_before_it_was_killed_is_the_answer(
    site: Site, here: Process, account: Account
) -> None:
    await hold_as_a_killed_process(here, account, timedelta(days=1))
    waiting = asyncio.create_task(here.sync.sync_account(1, account.id))
    await asyncio.sleep(LEASE / 3)
    await here.store.record_failed_load(FailedLoad(account.id, NOW, NOW, "unexpected_reply", "Not JSON."))
    with pytest.raises(UnexpectedReply, match=r"Not JSON\."):
        await waiting
    assert 0 == site.connector.calls[account.id]
    stored = await here.stored(account)
    assert (1, "unexpected_reply", NOW) == (stored.failures, stored.failure, stored.refreshed_at)
    assert await here.store.find_lease(account.id) is None


async def test_what_was_over_before_somebody_asked_is_not_the_answer(
    site: Site, here: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"])
    await hold_as_a_killed_process(here, account, timedelta(days=1))
    await here.store.record_failed_load(FailedLoad(account.id, NOW, NOW, "unexpected_reply", "Not JSON."))
    assert Decimal(100000) == (await here.sync.sync_account(1, account.id)).total.usd
    assert await here.store.find_lease(account.id) is None


async def test_a_load_that_is_ended_lets_the_next_one_in_at_once(
    site: Site, here: Process, there: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=10)
    stopped = asyncio.create_task(here.sync.sync_account(1, account.id))
    await begun(site)
    waiting = asyncio.create_task(there.sync.sync_account(1, account.id))
    await asyncio.sleep(0.05)
    site.connector.script(account.id, ["3 BTC"])
    began = time.monotonic()
    await here.sync.close()
    assert Decimal(150000) == (await waiting).total.usd
    assert time.monotonic() - began < LEASE
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert 1 == len(await there.store.list_holdings(account.id))


async def test_an_account_that_goes_meanwhile_is_not_found(
    site: Site, here: Process, there: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"], delay=0.1)
    loads = [asyncio.create_task(each.sync.sync_account(1, account.id)) for each in (here, there)]
    await begun(site)
    await asyncio.sleep(0.03)
    await here.store.remove_account(1, account.id)
    told = await asyncio.gather(*loads, return_exceptions=True)
    assert [NotFound, NotFound] == [type(each) for each in told]


# ------------------------------------------------------------------------------------------- what is settled


async def test_a_load_moves_the_next_one(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, ["2 BTC"])
    await here.sync.sync_account(1, account.id)
    stored = await here.stored(account)
    assert (NOW, 0, "") == (stored.refreshed_at, stored.failures, stored.failure)
    assert stored.next_at is not None
    assert timedelta(minutes=4) < stored.next_at - NOW < timedelta(minutes=16)


async def test_failures_are_counted_and_a_good_load_forgets_them(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, ExchangeUnavailable("Down."))
    waits = []
    for _ in range(3):
        with pytest.raises(ExchangeUnavailable):
            await here.sync.sync_account(1, account.id)
        stored = await here.stored(account)
        assert stored.next_at is not None
        waits.append(stored.next_at - NOW)
    assert (3, "exchange_unavailable", "Down.") == (stored.failures, stored.failure, stored.reason)
    assert waits[0] * 1.5 < waits[1] < waits[2] / 1.5
    site.connector.script(account.id, ["2 BTC"])
    await here.sync.sync_account(1, account.id)
    stored = await here.stored(account)
    assert (0, "", "") == (stored.failures, stored.failure, stored.reason)


async def test_being_asked_to_wait_is_no_failure(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, ExchangeThrottled(retry_after=30))
    for _ in range(5):
        with pytest.raises(ExchangeThrottled):
            await here.sync.sync_account(1, account.id)
    stored = await here.stored(account)
    assert (0, "exchange_throttled") == (stored.failures, stored.failure)
    assert stored.next_at is not None
    assert timedelta(seconds=30) <= stored.next_at - NOW <= timedelta(seconds=34)


async def test_a_rejected_key_is_due_no_more(site: Site, here: Process, account: Account) -> None:
    site.connector.script(account.id, CredentialsRejected())
    with pytest.raises(CredentialsRejected):
        await here.sync.sync_account(1, account.id)
    stored = await here.stored(account)
    assert (None, True, 1) == (stored.next_at, stored.rejected, stored.failures)
    site.connector.script(account.id, ["2 BTC"])  # the exchange knows it again, and somebody tries
    loaded = await here.sync.sync_account(1, account.id)
    assert KeyState.OK is loaded.key_state
    assert (await here.stored(account)).next_at is not None


class Unwilling(Store):
    """Its disk is full when the next refresh is to be written down."""

    async def settle_refresh(self, refresh: Refresh, lease: str = "") -> None:
        raise StorageError

    async def drop_lease(self, account_id: int, holder: str) -> None:
        raise StorageError


async def test_a_load_is_good_also_where_the_next_one_cannot_be_written_down(
    site: Site, here: Process, account: Account
) -> None:
    site.connector.script(account.id, ["2 BTC"], ExchangeUnavailable(), CredentialsRejected())
    unwilling = await site.process(store=Unwilling)
    assert Decimal(100000) == (await unwilling.sync.sync_account(1, account.id)).total.usd
    for error in (ExchangeUnavailable, CredentialsRejected):
        site.clock.advance(minutes=6)  # what could not be given back has expired
        with pytest.raises(error):
            await unwilling.sync.sync_account(1, account.id)


# ------------------------------------------------------------------------------------------- errors as stored


@pytest.mark.parametrize(
    "kind",
    [
        CredentialsRejected,
        ExchangePermissionMissing,
        NotSupportedByExchange,
        OnlyReads,
        UnexpectedReply,
        ExchangeUnavailable,
        ExchangeThrottled,
        ClockSkew,
    ],
)
def test_a_stored_failure_is_the_error_it_was(kind: type[ExchangeError]) -> None:
    error = error_of(LoadOutcome(NOW, kind.code, "why"))
    assert error is not None
    assert (kind, "why") == (type(error), error.message)


def test_every_error_of_an_exchange_is_among_them() -> None:
    (marker,) = test_a_stored_failure_is_the_error_it_was.pytestmark  # type: ignore[attr-defined]
    kinds = [kind for kind in ExchangeError.__subclasses__() if kind.__module__ == "coinassay.errors"]
    assert set(kinds) == set(marker.args[1])
    assert ExchangeError is type(error_of(LoadOutcome(NOW, "of a newer version", "why")))
    assert error_of(LoadOutcome(NOW, "", "")) is None
