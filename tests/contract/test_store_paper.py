"""The port PaperStore."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.contract.records import NOW, a_flow, a_load, held

from coinassay.domain.account import PAPER, Account, Credentials, NewAccount, User
from coinassay.domain.paper import PaperTrade, PaperTradeKind
from coinassay.domain.snapshot import FlowKind, Money
from coinassay.domain.trade import DayVolume, start_of_day
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports import PaperAccount, PaperChange, PaperStore
from coinassay.storage.store import Store

START = {"BTC": Decimal("0.1"), "USDT": Decimal(10000)}
LATER = NOW + timedelta(hours=1)
TRADE = PaperTrade(
    PaperTradeKind.DUST,
    "BTC",
    Decimal("0.1"),
    "USDT",
    Decimal("6372.21"),
    Decimal("6.37221"),
    Money(Decimal("6372.21"), Decimal("0.1")),
)


async def opened(store: Store, user: User, name: str = "paper") -> Account:
    """A paper account that was loaded once."""
    new = NewAccount(PAPER, name, Credentials({"api_key": name}), START)
    account = await store.add_account(user.id, new, NOW)
    return await store.record_load(a_load(account.id, held("10000 USDT", at="1"), held("0.1 BTC", at="63722.1")))


def changed(account: Account, *, usdt: str, btc: str = "0", trades: tuple[PaperTrade, ...] = ()) -> PaperChange:
    load = a_load(account.id, held(f"{usdt} USDT", at="1"), at=LATER, base_version=account.version)
    volume = DayVolume(start_of_day(LATER), Money(Decimal("6372.21"), Decimal("0.1")), len(trades)) if trades else None
    balances = {code: Decimal(amount) for code, amount in (("USDT", usdt), ("BTC", btc)) if amount != "0"}
    return PaperChange(balances, load, trades, volume)


async def test_trades_balances_and_load_are_written_together(store: Store, alice: User) -> None:
    port: PaperStore = store
    before = await opened(store, alice)
    account = await port.record_paper_trades(changed(before, usdt="16365.83779", trades=(TRADE,)))
    assert Money(Decimal("16365.83779"), account.total.btc) == account.total
    assert (LATER, before.version + 1) == (account.loaded_at, account.version)
    assert {"USDT": Decimal("16365.83779")} == await store.get_paper_balances(account.id)
    assert [Decimal("16365.83779")] == [each.balance.total for each in await store.list_holdings(account.id)]
    assert LATER == await port.find_last_paper_trade(account.id, PaperTradeKind.DUST)
    assert await port.find_last_paper_trade(account.id, PaperTradeKind.SALE) is None
    (volume,) = await store.list_volumes(account.id, start_of_day(NOW), LATER)
    assert (Decimal("6372.21"), Decimal("0.1"), 1) == (volume.money.usd, volume.money.btc, volume.trades)


async def test_nothing_is_written_for_an_account_that_was_changed_meanwhile(store: Store, alice: User) -> None:
    account = await opened(store, alice)
    first, second = changed(account, usdt="1", trades=(TRADE,)), changed(account, usdt="2", trades=(TRADE,))
    await store.record_paper_trades(first)
    with pytest.raises(Conflict):
        await store.record_paper_trades(second)
    assert {"USDT": Decimal(1)} == await store.get_paper_balances(account.id)
    (volume,) = await store.list_volumes(account.id, start_of_day(NOW), LATER)
    assert 1 == volume.trades


async def test_a_removed_account_is_not_found(store: Store, alice: User) -> None:
    account = await opened(store, alice)
    await store.remove_account(alice.id, account.id)
    with pytest.raises(NotFound):
        await store.record_paper_trades(changed(account, usdt="1"))


async def test_a_transfer_changes_both_accounts(store: Store, alice: User) -> None:
    port: PaperStore = store
    one, two = await opened(store, alice), await opened(store, alice, "other")
    source = changed(one, usdt="9000", btc="0.1")
    flow = a_flow(one.id, "-1000", at=LATER, kind=FlowKind.TRANSFER)
    source = replace(source, load=replace(source.load, flows=(flow,)))
    sent = await port.record_transfer(source, changed(two, usdt="11000", btc="0.1"), "USDT", Decimal(1000))
    assert (one.id, two.id, Decimal(-1000), LATER) == (sent.account_id, sent.counterpart, sent.amount, sent.at)
    assert Decimal(9000) == (await store.get_paper_balances(one.id))["USDT"]
    assert Decimal(11000) == (await store.get_paper_balances(two.id))["USDT"]
    leg = replace(flow, link=f"paper:{sent.id}", counterpart=two.id)
    assert leg in (await store.list_flows([one.id], NOW))[one.id]
    (received,) = await port.list_transfers(two.id, "USDT", NOW, limit=10)
    assert (sent.id, two.id, one.id, Decimal(1000)) == (
        received.id,
        received.account_id,
        received.counterpart,
        received.amount,
    )


async def test_a_transfer_is_for_both_accounts_or_for_none(store: Store, alice: User) -> None:
    one, two = await opened(store, alice), await opened(store, alice, "other")
    await store.record_paper_trades(changed(two, usdt="1"))
    with pytest.raises(Conflict):
        await store.record_transfer(changed(one, usdt="9000"), changed(two, usdt="11000"), "USDT", Decimal(1000))
    assert START == await store.get_paper_balances(one.id)
    assert [] == await store.list_transfers(one.id, "USDT", NOW, limit=10)


async def test_transfers_are_paged_newest_first(store: Store, alice: User) -> None:
    one, two = await opened(store, alice), await opened(store, alice, "other")
    for n in range(1, 4):
        at = NOW + timedelta(hours=n)
        sides = [
            PaperChange({}, a_load(each.id, at=at, base_version=(await store.get_account(alice.id, each.id)).version))
            for each in (one, two)
        ]
        await store.record_transfer(sides[0], sides[1], "USDT", Decimal(n))
    pages = [await store.list_transfers(one.id, "USDT", NOW, limit=2, offset=offset) for offset in (0, 2)]
    assert [[-3, -2], [-1]] == [[each.amount for each in page] for page in pages]
    since = NOW + timedelta(hours=2)
    assert [-3, -2] == [each.amount for each in await store.list_transfers(one.id, "USDT", since, limit=9)]
    assert [] == await store.list_transfers(one.id, "BTC", NOW, limit=9)


async def test_one_side_of_a_transfer_outlives_the_other(store: Store, alice: User) -> None:
    one, two = await opened(store, alice), await opened(store, alice, "other")
    await store.record_transfer(changed(one, usdt="9000"), changed(two, usdt="11000"), "USDT", Decimal(1000))
    await store.remove_account(alice.id, one.id)
    assert [] == await store.list_transfers(one.id, "USDT", NOW, limit=9)
    assert [one.id] == [each.counterpart for each in await store.list_transfers(two.id, "USDT", NOW, limit=9)]


async def test_paper_accounts_are_listed_with_what_they_hold(store: Store, alice: User, bob: User) -> None:
    port: PaperStore = store
    account = await opened(store, alice)
    empty = await store.add_account(alice.id, NewAccount(PAPER, "empty", Credentials({"api_key": "e"})), NOW)
    await store.add_account(alice.id, NewAccount("binance", "real", Credentials({"api_key": "r"})), NOW)
    await opened(store, bob)
    assert [
        PaperAccount(account.id, "paper", PAPER, START),
        PaperAccount(empty.id, "empty", PAPER, {}),
    ] == await port.list_paper_accounts(alice.id)
