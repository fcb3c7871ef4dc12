"""The port RetentionStore."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.records import NOW, a_load, held, new_account

from coinassay.domain.account import Account, User
from coinassay.domain.retention import DAY, HOUR, Retention, cuts
from coinassay.errors import NotFound
from coinassay.services.history import ATTEMPTS_KEPT, MOST_ATTEMPTS, Dropped, HistoryService, Stored
from coinassay.services.ports import FailedLoad
from coinassay.services.ports.history import RetentionStore, Thinned
from coinassay.storage.store import Store

EARLIEST = datetime(1970, 1, 1, tzinfo=NOW.tzinfo)
LATER = NOW + 1000 * DAY


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    return await store.add_account(alice.id, new_account(), NOW)


async def load(store: Store, account: Account, *moments: datetime) -> None:
    for n, at in enumerate(moments):
        await store.record_load(a_load(account.id, held(f"{n + 1} USDT", at="1"), at=at))


async def taken(store: Store, account: Account) -> list[datetime]:
    """All snapshots, but for the first one."""
    return list(await store.list_measured(account.id, EARLIEST, LATER, 10_000))


async def test_the_first_snapshot_is_not_among_those_that_may_go(store: Store, account: Account) -> None:
    port: RetentionStore = store
    assert [] == await port.list_measured(account.id, EARLIEST, LATER, 10)
    times = [NOW + n * HOUR for n in range(5)]
    await load(store, account, *times)
    assert times[1:] == await port.list_measured(account.id, EARLIEST, LATER, 10)
    assert times[2:4] == await port.list_measured(account.id, times[2], times[4], 10), (
        "from the start on, before the end"
    )
    assert times[1:3] == await port.list_measured(account.id, EARLIEST, LATER, 2)


async def test_what_is_dropped_is_gone_with_its_composition_and_noted(store: Store, account: Account) -> None:
    times = [NOW + n * HOUR for n in range(5)]
    await load(store, account, *times)
    progress = Thinned(account.id, times[3], times[1])
    await store.drop_snapshots(progress, times[1:3])
    assert times[3:] == await taken(store, account)
    past = await store.find_past([account.id], times[2])
    assert times[0] == past[account.id].snapshot.taken_at
    assert [progress] == await store.list_to_thin(times[4], times[1], 0, 10)
    assert [] == await store.list_to_thin(times[3], times[1], 0, 10), "as far as it was asked for"
    await store.drop_snapshots(Thinned(account.id, times[4], times[4]), [])
    assert [] == await store.list_to_thin(times[4], times[4], 0, 10)


async def test_accounts_that_were_never_thinned_come_page_by_page(store: Store, alice: User) -> None:
    accounts = [await store.add_account(alice.id, new_account(api_key=f"{n}"), NOW) for n in range(5)]
    first = await store.list_to_thin(NOW, NOW, 0, 3)
    assert [Thinned(each.id, None, None) for each in accounts[:3]] == first
    rest = await store.list_to_thin(NOW, NOW, first[-1].account_id, 3)
    assert [each.id for each in accounts[3:]] == [each.account_id for each in rest]


async def test_an_account_that_has_gone(store: Store, alice: User, account: Account) -> None:
    await load(store, account, NOW)
    await store.remove_account(alice.id, account.id)
    with pytest.raises(NotFound):
        await store.drop_snapshots(Thinned(account.id, NOW, NOW), [])
    assert [] == await store.list_to_thin(NOW, NOW, 0, 10)


async def test_old_attempts_go_and_the_newest_stay(store: Store, account: Account) -> None:
    for n in range(10):
        at = NOW + n * DAY
        await store.record_failed_load(FailedLoad(account.id, at, at, "unavailable", "down"))
    assert 0 == await store.drop_attempts(account.id, NOW, 10, 10)
    assert 3 == await store.drop_attempts(account.id, NOW + 3 * DAY, 10, 10), "that ended before"
    assert 2 == await store.drop_attempts(account.id, NOW, 4, 2), "in parts"
    assert 1 == await store.drop_attempts(account.id, NOW, 4, 2)
    assert 0 == await store.drop_attempts(account.id, NOW, 4, 2)
    assert 0 == await store.drop_attempts(account.id + 1, LATER, 0, 10)
    assert 4 == await store.drop_attempts(account.id, LATER, 10, 10)


async def test_a_run_keeps_the_last_of_each_hour_and_day(store: Store, account: Account) -> None:
    now = datetime(2026, 6, 1, 10, 30, tzinfo=NOW.tzinfo)
    times = [now - 120 * DAY + n * timedelta(minutes=50) for n in range(60)]
    recent = [now - 8 * DAY + n * timedelta(minutes=25) for n in range(100)]
    await load(store, account, *times, *recent)
    service = HistoryService(store, lambda: now, Retention(7 * DAY, 90 * DAY))
    dropped = await service.thin()
    kept = [times[0], *await taken(store, account)]
    expected = by_definition([*times, *recent], now)
    assert expected == kept
    assert len(times) + len(recent) - len(expected) == dropped.snapshots
    assert Dropped() == await service.thin()


def by_definition(moments: list[datetime], now: datetime) -> list[datetime]:
    cut = cuts(Retention(7 * DAY, 90 * DAY), now)
    kept = {moments[0]}
    for at in moments:
        same_hour = [each for each in moments if (each.date(), each.hour) == (at.date(), at.hour)]
        same_day = [each for each in moments if each.date() == at.date()]
        if at >= cut.hourly or (at >= cut.daily and at == max(same_hour)) or at == max(same_day):
            kept.add(at)
    return sorted(kept)


@given(
    hours=st.sets(st.integers(0, 60 * 24), min_size=1, max_size=15),
    runs=st.lists(st.integers(0, 80), min_size=1, max_size=3).map(sorted),
)
async def test_whatever_was_loaded_and_whenever_it_is_thinned(
    store: Store, alice: User, hours: set[int], runs: list[int]
) -> None:
    """Several runs keep what the last one alone would have kept, and the first."""
    account = await store.add_account(alice.id, new_account(api_key="h"), NOW)
    start = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    # Pairs a minute apart, so that hours have more than one.
    times = sorted({start + hour * HOUR + timedelta(minutes=n) for hour in hours for n in (0, 1)})
    await load(store, account, *times)
    retention = Retention(2 * DAY, 10 * DAY)
    for run in runs:
        await HistoryService(store, lambda run=run: start + run * DAY, retention).thin()  # type: ignore[misc]
    kept = [times[0], *await taken(store, account)]
    cut = cuts(retention, start + runs[-1] * DAY)
    days = {at.date(): at for at in times}
    by_hour = {(at.date(), at.hour): at for at in times}
    assert kept == sorted(
        {times[0], *days.values()}
        | {at for at in by_hour.values() if at >= cut.daily}
        | {at for at in times if at >= cut.hourly}
    )
    await store.remove_account(alice.id, account.id)


async def test_attempts_are_bounded(store: Store, account: Account) -> None:
    at = NOW - ATTEMPTS_KEPT
    for n in range(3):
        moment = at + (n - 1) * HOUR
        await store.record_failed_load(FailedLoad(account.id, moment, moment, "unavailable", "down"))
    assert Dropped(0, 1) == await HistoryService(store, lambda: NOW).thin()
    assert MOST_ATTEMPTS >= 1000


class Killed(Exception):
    pass


class Doomed:
    """The store of a process that is killed after some writes."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store = store
        self._writes = writes

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def drop_snapshots(self, progress: Thinned, moments: list[datetime]) -> None:
        if not self._writes:
            raise Killed
        self._writes -= 1
        await self._store.drop_snapshots(progress, moments)


@pytest.mark.parametrize("writes", range(5))
async def test_a_run_that_was_killed_is_finished_by_the_next(store: Store, account: Account, writes: int) -> None:
    now = datetime(2026, 6, 1, 10, 30, tzinfo=NOW.tzinfo)
    times = [now - 91 * DAY + n * timedelta(minutes=40) for n in range(80)]
    await load(store, account, *times)
    doomed = HistoryService(cast(Stored, Doomed(store, writes)), lambda: now, at_once=7)
    with pytest.raises(Killed):
        await doomed.thin()
    left = [times[0], *await taken(store, account)]
    assert set(by_definition(times, now)) <= set(left), "nothing went that is to be kept"
    await HistoryService(store, lambda: now).thin()
    assert by_definition(times, now) == [times[0], *await taken(store, account)]


async def test_profits_begin_where_they_did_to_the_resolution_of_what_is_kept(store: Store, account: Account) -> None:
    """Over 24 hours exactly; over 30 days with the last snapshot of an hour that is over, an hour earlier at most."""
    now = datetime(2026, 6, 1, 10, 30, tzinfo=NOW.tzinfo)
    month = [now - 30 * DAY + n * timedelta(minutes=10) for n in range(-12, 7)]
    day = [now - DAY + n * timedelta(minutes=10) for n in range(-6, 7)]
    await load(store, account, *month, *day, now)

    async def starts() -> list[datetime]:
        found = (await store.find_starts([account.id], (now - DAY, now - 30 * DAY)))[account.id]
        return [start.taken_at for start in found if start is not None]

    assert [now - DAY, now - 30 * DAY] == await starts()
    await HistoryService(store, lambda: now).thin()
    hour_before = now - 30 * DAY - timedelta(minutes=40)
    assert [now - DAY, hour_before] == await starts()
