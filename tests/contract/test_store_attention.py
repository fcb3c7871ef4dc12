"""The port AttentionStore: what an overview has to know of many accounts at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.contract.records import NOW, a_load, held, new_account

from coinassay.domain.account import PAPER, Account, KeyState, Mode, User, WalletState, WalletStatus
from coinassay.services.ports import FailedLoad
from coinassay.services.ports.attention import AttentionStore, LastFailure
from coinassay.storage.store import Store

LATER = NOW + timedelta(hours=1)
CARRIED = WalletStatus("earn", WalletState.CARRIED, NOW, "exchange_unavailable", "no answer")


async def add(store: Store, user: User, name: str, market_code: str = "binance") -> Account:
    return await store.add_account(user.id, new_account(name, f"key of {name}", market_code), NOW)


async def test_what_is_held_is_told_without_zeros_and_with_debts_taken_off(store: Store, alice: User) -> None:
    one, two = await add(store, alice, "one"), await add(store, alice, "two")
    owing = held("2 ETH", at="2000")
    owing = replace(owing, balance=replace(owing.balance, borrowed=Decimal("0.5"), unrealised=Decimal("0.25")))
    await store.record_load(replace(a_load(one.id), holdings=(owing, held("0 ADA", at="1"), held("310 WTC"))))
    await store.record_load(replace(a_load(two.id), holdings=(held("1 BTC", at="63722.1"),)))
    port: AttentionStore = store
    stakes = await port.list_stakes([two.id, one.id])
    assert [(one.id, "ETH", Decimal("1.75")), (one.id, "WTC", Decimal(310)), (two.id, "BTC", Decimal(1))] == [
        stake[:3] for stake in stakes
    ]
    assert [True, False, True] == [stake.usd is not None for stake in stakes]
    assert [] == list(await port.list_stakes([]))


async def test_wallets_that_were_not_read_by_account(store: Store, alice: User) -> None:
    one, two = await add(store, alice, "one"), await add(store, alice, "two")
    good = WalletStatus("spot", WalletState.OK, NOW)
    await store.record_load(replace(a_load(one.id), wallets=(good, CARRIED)))
    await store.record_load(replace(a_load(two.id), wallets=(good,)))
    assert {one.id: [CARRIED]} == dict(await store.list_unread([one.id, two.id]))


async def test_the_latest_load_where_it_failed_and_all_of_them_page_by_page(store: Store, alice: User) -> None:
    one, two = await add(store, alice, "one"), await add(store, alice, "two")
    for account in (one, two):
        await store.record_failed_load(FailedLoad(account.id, NOW, NOW, "exchange_unavailable", "down"))
    await store.record_load(replace(a_load(two.id), started_at=LATER, finished_at=LATER, wallets=(CARRIED,)))
    assert {one.id: LastFailure(NOW, "exchange_unavailable", "down")} == dict(
        await store.list_last_failed([one.id, two.id])
    )
    first, second = await store.list_loads(two.id, LATER + timedelta(seconds=1), 5)
    assert (LATER, "", [CARRIED]) == (first.finished_at, first.failure, list(first.wallets))
    assert ("exchange_unavailable", "down", []) == (second.failure, second.reason, list(second.wallets))
    assert [second] == list(await store.list_loads(two.id, LATER, 5))
    assert [first] == list(await store.list_loads(two.id, LATER + timedelta(seconds=1), 1))


async def test_standings_change_with_every_load_good_or_bad(store: Store, alice: User, bob: User) -> None:
    one, paper = await add(store, alice, "one"), await add(store, alice, "paper", PAPER)
    await add(store, bob, "his")
    before = await store.list_standings(alice.id, Mode.ALL)
    assert [(one.id, None), (paper.id, None)] == [(each.account_id, each.last_load) for each in before]
    await store.record_failed_load(FailedLoad(one.id, NOW, NOW, "exchange_unavailable", "down"))
    after = await store.list_standings(alice.id, Mode.ALL)
    assert (before[0].version, before[1]) == (after[0].version, after[1])
    assert after[0].last_load is not None
    await store.record_failed_load(FailedLoad(one.id, LATER, LATER, "invalid_api_key", "no", KeyState.INVALID))
    last = await store.list_standings(alice.id, Mode.REAL)
    assert [one.id] == [each.account_id for each in last]
    assert after[0] != last[0]
    assert [paper.id] == [each.account_id for each in await store.list_standings(alice.id, Mode.PAPER)]
