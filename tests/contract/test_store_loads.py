"""The port LoadStore: what a load writes is all there, to the last digit, or nothing of it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.conftest import OpenStore
from tests.contract.records import BTC_RATE, NOW, a_flow, a_load, codes, exact_decimals, held, moments, new_account

from coinassay.domain.account import Account, KeyState, User, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.rates import Leg, Rate
from coinassay.domain.snapshot import FlowKind, Money
from coinassay.errors import Conflict, NotFound, StorageError
from coinassay.services.ports import FailedLoad, LoadStore, StoredHolding
from coinassay.storage.store import Store

legs = st.builds(
    Leg,
    from_=codes,
    to=codes,
    price=exact_decimals,
    source=codes,
    at=st.none() | moments,
    inverted=st.booleans(),
)
rates = st.builds(Rate, asset=codes, currency=codes, price=exact_decimals, legs=st.lists(legs, max_size=3).map(tuple))
balances = st.builds(
    Balance,
    asset=codes,
    wallet=codes,
    total=exact_decimals,
    free=exact_decimals,
    locked=exact_decimals,
    borrowed=exact_decimals,
    unrealised=exact_decimals,
    exchange_code=codes,
    multiplier=exact_decimals,
)
holdings = st.builds(
    StoredHolding, balance=balances, rate=st.none() | rates, usd=st.none() | exact_decimals, refusal=codes
)


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    return await store.add_account(alice.id, new_account(), NOW - timedelta(days=1))


async def test_a_load_sets_the_account(store: Store, open_store: OpenStore, alice: User, account: Account) -> None:
    port: LoadStore = store
    load = a_load(account.id, held("2 BTC", at="50000"), held("9 XYZ"))
    after = await port.record_load(load)
    assert after == replace(
        account,
        updated_at=NOW,
        loaded_at=NOW,
        total=Money(Decimal(100000), divide(Decimal(100000), BTC_RATE)),
        btc_rate=BTC_RATE,
        version=1,
    )
    other = await open_store()
    assert after == await other.get_account(alice.id, account.id)
    assert list(load.holdings) == list(await other.list_holdings(account.id))
    assert list(load.wallets) == list(await other.list_wallets(account.id))


@given(found=st.lists(holdings, max_size=4).map(tuple))
async def test_holdings_and_their_provenance_are_exact(
    store: Store, account: Account, found: tuple[StoredHolding, ...]
) -> None:
    load = replace(a_load(account.id), holdings=found)
    await store.record_load(load)
    assert list(found) == list(await store.list_holdings(account.id))


@given(usd=exact_decimals, btc=exact_decimals, rate=st.none() | exact_decimals)
async def test_totals_are_exact(
    store: Store, alice: User, account: Account, usd: Decimal, btc: Decimal, rate: Decimal | None
) -> None:
    load = replace(a_load(account.id), total=Money(usd, btc), btc_rate=rate)
    after = await store.record_load(load)
    assert (Money(usd, btc), rate) == (after.total, after.btc_rate)
    ((snapshot,),) = (await store.find_starts([account.id], [NOW])).values()
    assert snapshot is not None
    assert Money(usd, btc) == snapshot.total


# The sums of all examples stay within the 100 digits that arithmetic has.
@given(
    amounts=st.lists(
        exact_decimals.filter(lambda number: -40 <= cast("int", number.as_tuple().exponent) <= 0), max_size=6
    )
)
async def test_net_deposits_add_up_exactly(store: Store, alice: User, account: Account, amounts: list[Decimal]) -> None:
    before = await store.get_account(alice.id, account.id)
    flows = tuple(replace(a_flow(account.id, "0"), money=Money(amount, CONTEXT.minus(amount))) for amount in amounts)
    after = await store.record_load(a_load(account.id, flows=flows))
    expected = add_up([before.net_deposits.usd, *amounts])
    assert Money(expected, CONTEXT.minus(expected)) == after.net_deposits


async def test_a_load_replaces_what_the_one_before_found(store: Store, account: Account) -> None:
    await store.record_load(
        a_load(account.id, held("1 BTC", at="5"), held("2 ETH", at="3"), held("1 BTC", at="5", wallet="earn"))
    )
    await store.record_load(a_load(account.id, held("3 ETH", at="3"), at=NOW + timedelta(minutes=1)))
    assert [held("3 ETH", at="3")] == await store.list_holdings(account.id)
    await store.record_load(a_load(account.id, at=NOW + timedelta(minutes=2), wallets=()))
    assert [] == await store.list_holdings(account.id)
    assert [] == await store.list_wallets(account.id)


async def test_wallets_keep_their_order_and_say_what_failed(store: Store, account: Account) -> None:
    wallets = (
        WalletStatus("spot", WalletState.OK, NOW),
        WalletStatus("earn", WalletState.CARRIED, NOW - timedelta(hours=5), "exchange_unavailable", "did not answer"),
        WalletStatus("a", WalletState.UNKNOWN, None, "exchange_permission_missing", "no scope"),
    )
    after = await store.record_load(a_load(account.id, wallets=wallets))
    assert not after.complete
    assert list(wallets) == await store.list_wallets(account.id)
    assert (await store.record_load(a_load(account.id, at=NOW + timedelta(1)))).complete


async def test_each_account_has_its_own(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account("other", "other"), NOW)
    await store.record_load(a_load(account.id, held("1 BTC", at="5")))
    await store.record_load(a_load(other.id, held("2 ETH", at="3")))
    assert [held("1 BTC", at="5")] == await store.list_holdings(account.id)
    assert [held("2 ETH", at="3")] == await store.list_holdings(other.id)


async def test_a_movement_known_by_its_reference_is_counted_once(store: Store, account: Account) -> None:
    known = a_flow(account.id, "10", "1", reference="tx-1")
    unnamed = a_flow(account.id, "1")
    for n in range(3):
        after = await store.record_load(
            a_load(account.id, flows=(known, unnamed, known), at=NOW + timedelta(minutes=n))
        )
    assert Money(Decimal(13), Decimal(1)) == after.net_deposits
    ((*flows,),) = (await store.list_flows([account.id], NOW - timedelta(days=1))).values()
    assert [known, unnamed, unnamed, unnamed] == sorted(flows, key=lambda flow: flow.reference, reverse=True)


async def test_the_same_reference_in_two_accounts_is_two_movements(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account("other", "other"), NOW)
    for each in (account, other):
        after = await store.record_load(a_load(each.id, flows=(a_flow(each.id, "10", reference="tx-1"),)))
        assert Decimal(10) == after.net_deposits.usd


async def test_an_account_that_has_gone_meanwhile_is_not_found(store: Store, alice: User, account: Account) -> None:
    await store.remove_account(alice.id, account.id)
    with pytest.raises(NotFound):
        await store.record_load(a_load(account.id, held("1 BTC", at="5")))
    with pytest.raises(NotFound):
        await store.record_failed_load(FailedLoad(account.id, NOW, NOW, "clock_skew", "off"))
    assert [] == await store.list_holdings(account.id)


async def test_a_load_worked_out_from_another_version_is_refused(store: Store, alice: User, account: Account) -> None:
    """Two servers load a new account: both saw that it had never been loaded, and each brings an opening deposit."""
    opening = a_flow(account.id, "24", kind=FlowKind.OPENING)
    first = await store.record_load(a_load(account.id, held("24 USDT", at="1"), flows=(opening,), base_version=0))
    with pytest.raises(Conflict):
        await store.record_load(a_load(account.id, held("25 USDT", at="1"), flows=(opening,), base_version=0))
    assert first == await store.get_account(alice.id, account.id)
    assert [held("24 USDT", at="1")] == await store.list_holdings(account.id)
    await store.record_load(a_load(account.id, base_version=first.version))


@pytest.mark.parametrize(
    "broken",
    [
        {"wallets": (WalletStatus("\ud800", WalletState.OK, NOW),)},
        {"flows": (a_flow(1, "5"), a_flow(1, "5", reference="\ud800"))},
        {"holdings": (held("1 BTC", at="5"), held("1 \ud800", at="5"))},
    ],
    ids=["wallet", "flow", "holding"],
)
async def test_a_load_is_all_or_nothing(
    store: Store, alice: User, account: Account, broken: dict[str, tuple[object, ...]]
) -> None:
    before = await store.record_load(a_load(account.id, held("2 ETH", at="3"), flows=(a_flow(account.id, "6"),)))
    later = NOW + timedelta(hours=1)
    load = a_load(account.id, held("7 BTC", at="5"), flows=(a_flow(account.id, "29"),), at=later)
    with pytest.raises(StorageError):
        await store.record_load(replace(load, **broken))  # type: ignore[arg-type]  # any part of it
    assert before == await store.get_account(alice.id, account.id)
    assert [held("2 ETH", at="3")] == await store.list_holdings(account.id)
    assert [WalletStatus("spot", WalletState.OK, NOW)] == await store.list_wallets(account.id)
    flows = await store.list_flows([account.id], NOW - timedelta(days=1))
    assert [a_flow(account.id, "6")] == flows[account.id]
    ((snapshot,),) = (await store.find_starts([account.id], [later])).values()
    assert snapshot is not None
    assert NOW == snapshot.taken_at


async def test_a_number_that_is_none_is_refused(store: Store, alice: User, account: Account) -> None:
    for wrong in (Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError, match="not a number"):
            await store.record_load(
                a_load(account.id, held("1 BTC", at="5"), flows=(replace(a_flow(1, "1"), amount=wrong),))
            )
    assert account == await store.get_account(alice.id, account.id)


async def test_two_loads_that_end_in_the_same_moment(store: Store, account: Account) -> None:
    await store.record_load(a_load(account.id, held("1 BTC", at="5")))
    await store.record_load(a_load(account.id, held("2 BTC", at="5")))
    ((snapshot,),) = (await store.find_starts([account.id], [NOW])).values()
    assert snapshot is not None
    assert Decimal(10) == snapshot.total.usd


async def test_a_failed_load_changes_only_the_key_state(store: Store, alice: User, account: Account) -> None:
    before = await store.record_load(a_load(account.id, held("2 ETH", at="3")))
    later = NOW + timedelta(minutes=10)
    await store.record_failed_load(FailedLoad(account.id, NOW, later, "exchange_unavailable", "did not answer"))
    assert before == await store.get_account(alice.id, account.id)
    await store.record_failed_load(FailedLoad(account.id, NOW, later, "invalid_api_key", "no", KeyState.INVALID))
    after = await store.get_account(alice.id, account.id)
    assert after == replace(before, key_state=KeyState.INVALID, updated_at=later, version=before.version + 1)
    assert [held("2 ETH", at="3")] == await store.list_holdings(account.id)


async def test_a_good_load_makes_the_key_good(store: Store, account: Account) -> None:
    await store.record_failed_load(FailedLoad(account.id, NOW, NOW, "invalid_api_key", "no", KeyState.INVALID))
    after = await store.record_load(a_load(account.id))
    assert (KeyState.OK, 2) == (after.key_state, after.version)


async def test_a_movement_that_several_servers_find_at_once_is_counted_once(
    open_store: OpenStore, store: Store, account: Account
) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    known = a_flow(account.id, "10", "1", reference="tx-1")
    await asyncio.gather(
        *(
            each.record_load(a_load(account.id, at=NOW + timedelta(seconds=n), flows=(known,)))
            for n, each in enumerate(stores)
        )
    )
    after = await store.get_account(account.user_id, account.id)
    assert Money(Decimal(10), Decimal(1)) == after.net_deposits


async def test_no_flow_is_lost_between_servers_that_load_one_account(
    open_store: OpenStore, store: Store, account: Account
) -> None:
    stores = [store, await open_store(), await open_store()]
    await asyncio.gather(
        *(
            stores[n % 3].record_load(
                a_load(account.id, at=NOW + timedelta(seconds=n), flows=(a_flow(account.id, f"0.{n:020d}1"),))
            )
            for n in range(60)
        )
    )
    flows = (await store.list_flows([account.id], NOW - timedelta(days=1)))[account.id]
    after = await store.get_account(account.user_id, account.id)
    assert 60 == len(flows)
    assert (60, add_up(flow.money.usd for flow in flows)) == (after.version, after.net_deposits.usd)
