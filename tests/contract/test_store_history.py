"""The port HistoryStore."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.records import NOW, a_flow, a_load, held, new_account

from coinassay.domain.account import Account, User, WalletState, WalletStatus
from coinassay.domain.snapshot import Flow, FlowKind, Snapshot
from coinassay.services.ports import HistoryStore
from coinassay.storage.store import Store

DAY = timedelta(days=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=NOW.tzinfo)


async def accounts_of(store: Store, user: User, count: int) -> list[Account]:
    return [await store.add_account(user.id, new_account(api_key=f"{n}"), NOW) for n in range(count)]


async def test_the_start_is_the_latest_snapshot_at_or_before_the_moment(store: Store, alice: User) -> None:
    port: HistoryStore = store
    (account,) = await accounts_of(store, alice, 1)
    times = [NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY]
    for n, at in enumerate(times):
        await store.record_load(a_load(account.id, held(f"{n + 1} USDT", at="1"), at=at))
    tick = timedelta(microseconds=1)
    moments = [NOW, times[1], times[1] - tick, times[1] + tick, times[0], times[0] - tick]
    starts = (await port.find_starts([account.id], moments))[account.id]
    assert [times[2], times[1], times[0], times[1], times[0], times[0]] == [
        start.taken_at for start in starts if start is not None
    ]
    assert [3, 2, 1, 2, 1, 1] == [start.total.usd for start in starts if start is not None], (
        "a younger account: its first"
    )


async def test_a_snapshot_tells_all_about_itself(store: Store, alice: User) -> None:
    (account,) = await accounts_of(store, alice, 1)
    load = a_load(account.id, held("2 BTC", at="50000"), wallets=(WalletStatus("spot", WalletState.UNKNOWN, None),))
    await store.record_load(load)
    starts = await store.find_starts([account.id], [NOW])
    assert {account.id: [Snapshot(account.id, NOW, load.total, complete=False)]} == starts


async def test_many_accounts_are_answered_at_once_each_with_its_own(store: Store, alice: User) -> None:
    accounts = await accounts_of(store, alice, 5)
    for n, account in enumerate(accounts[:4]):
        await store.record_load(a_load(account.id, held(f"{n} USDT", at="1"), at=NOW - n * DAY))
    asked = [accounts[3].id, accounts[4].id, accounts[0].id, 99]
    starts = await store.find_starts(asked, [NOW, NOW - 2 * DAY])
    assert asked == list(starts)
    assert [Decimal(3), Decimal(3)] == [start.total.usd for start in starts[accounts[3].id] if start]
    assert [None, None] == starts[accounts[4].id] == starts[99]
    assert [Decimal(0), Decimal(0)] == [start.total.usd for start in starts[accounts[0].id] if start]
    assert {} == await store.find_starts([], [NOW])
    assert {accounts[0].id: []} == await store.find_starts([accounts[0].id], [])


@given(
    taken=st.sets(st.integers(0, 50), max_size=12),
    asked=st.lists(st.integers(-5, 60), min_size=1, max_size=6),
)
async def test_starts_are_what_their_definition_says(
    store: Store, alice: User, taken: set[int], asked: list[int]
) -> None:
    account = await store.add_account(alice.id, new_account(api_key="x"), NOW)
    for n in sorted(taken, key=lambda n: n % 7):
        await store.record_load(a_load(account.id, held(f"{n} USDT", at="1"), at=NOW + n * DAY))
    starts = (await store.find_starts([account.id], [NOW + n * DAY for n in asked]))[account.id]
    expected = [max((t for t in taken if t <= n), default=min(taken, default=None)) for n in asked]
    assert expected == [None if start is None else int(start.total.usd) for start in starts]
    await store.remove_account(alice.id, account.id)


async def test_flows_are_those_after_the_moment_oldest_first(store: Store, alice: User) -> None:
    account, other, empty = await accounts_of(store, alice, 3)
    flows = [
        a_flow(account.id, "3", at=NOW),
        a_flow(account.id, "1", at=NOW - 2 * DAY, kind=FlowKind.OPENING),
        a_flow(account.id, "-2", at=NOW - DAY, kind=FlowKind.WITHDRAWAL, reference="tx"),
        a_flow(account.id, "-4", at=NOW),
    ]
    await store.record_load(a_load(account.id, flows=tuple(flows)))
    await store.record_load(a_load(other.id, flows=(a_flow(other.id, "7"),)))
    found = await store.list_flows([account.id, empty.id], BEGINNING)
    assert {account.id: [flows[1], flows[2], flows[0], flows[3]], empty.id: []} == found
    found = await store.list_flows([other.id, account.id], NOW - DAY)
    assert {other.id: [a_flow(other.id, "7")], account.id: [flows[0], flows[3]]} == found
    assert {account.id: []} == await store.list_flows([account.id], NOW)
    assert {} == await store.list_flows([], BEGINNING)


async def test_a_flow_without_an_amount(store: Store, alice: User) -> None:
    (account,) = await accounts_of(store, alice, 1)
    load = a_load(account.id, held("24 USDT", at="1"))
    flow = Flow(account.id, NOW, FlowKind.OPENING, load.total)
    await store.record_load(a_load(account.id, held("24 USDT", at="1"), flows=(flow,)))
    assert {account.id: [flow]} == await store.list_flows([account.id], BEGINNING)


@pytest.mark.parametrize("count", [1000])
async def test_any_number_of_accounts_is_one_question(store: Store, alice: User, count: int) -> None:
    """More than a statement may have parameters in older versions of SQLite (999)."""
    (account,) = await accounts_of(store, alice, 1)
    await store.record_load(a_load(account.id, flows=(a_flow(account.id, "1"),)))
    asked = list(range(1, count + 1))
    assert count == len(await store.find_starts(asked, [NOW, NOW - DAY]))
    assert 1 == sum(len(flows) for flows in (await store.list_flows(asked, BEGINNING)).values())
