"""The port AccountStore."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.conftest import OpenStore
from tests.contract.records import NOW, a_flow, a_load, codes, exact_decimals, held, new_account

from coinassay.domain.account import PAPER, Account, Credentials, KeyState, Mode, NewAccount, User
from coinassay.domain.snapshot import Money
from coinassay.errors import InvalidRequest, NotFound, StorageError
from coinassay.services.ports import AccountStore, FailedLoad
from coinassay.storage.store import Store


async def test_an_account_is_given_back_as_it_was_added(store: Store, open_store: OpenStore, alice: User) -> None:
    port: AccountStore = store
    new = new_account("My Binance US", "yzNY", "binance_us", customer_id="7", subaccount_name="sub")
    added = await port.add_account(alice.id, new, NOW)
    assert added == Account(
        id=1,
        user_id=alice.id,
        market_code="binance_us",
        name="My Binance US",
        api_key="yzNY",
        customer_id="7",
        subaccount_name="sub",
        include_in_summary=True,
        key_state=KeyState.OK,
        created_at=NOW,
        updated_at=NOW,
        loaded_at=None,
        complete=True,
        total=Money(),
        net_deposits=Money(),
        btc_rate=None,
        version=0,
    )
    other: AccountStore = await open_store()
    assert added == await other.get_account(alice.id, added.id)
    assert [added] == await other.list_accounts(alice.id)


async def test_credentials_are_given_back_to_whoever_reads_the_exchange(
    store: Store, open_store: OpenStore, alice: User
) -> None:
    fields = {"api_key": "k", "secret": "-----BEGIN\nKEY-----\n", "passphrase": "zwölf", "customer_id": ""}
    account = await store.add_account(alice.id, NewAccount("kucoin", "x", Credentials(fields)), NOW)
    other = await open_store()
    assert fields == dict(await other.get_credentials(account.id))
    with pytest.raises(NotFound):
        await store.get_credentials(account.id + 1)


@given(balances=st.dictionaries(codes, exact_decimals, max_size=5))
async def test_paper_balances_are_exact_and_keep_their_order(
    store: Store, alice: User, balances: dict[str, Decimal]
) -> None:
    code = f"{len(await store.list_accounts(alice.id))}"
    new = NewAccount(PAPER, "paper", Credentials({"api_key": code}), balances)
    account = await store.add_account(alice.id, new, NOW)
    stored = await store.get_paper_balances(account.id)
    assert list(balances.items()) == list(stored.items())
    await store.remove_account(alice.id, account.id)


async def test_other_accounts_have_no_paper_balances(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account(), NOW)
    assert {} == await store.get_paper_balances(account.id)


async def test_the_same_key_is_connected_once_to_a_market(store: Store, alice: User, bob: User) -> None:
    await store.add_account(alice.id, new_account(), NOW)
    with pytest.raises(InvalidRequest) as caught:
        await store.add_account(alice.id, new_account("again"), NOW)
    assert {"api_key": ("This account is already connected!",)} == caught.value.fields
    await store.add_account(alice.id, new_account(market_code="binance_futures"), NOW)
    await store.add_account(bob.id, new_account(), NOW)
    assert 2 == len(await store.list_accounts(alice.id))


async def test_the_same_key_can_be_connected_again_after_it_was_removed(store: Store, alice: User) -> None:
    first = await store.add_account(alice.id, new_account(), NOW)
    await store.remove_account(alice.id, first.id)
    second = await store.add_account(alice.id, new_account(), NOW)
    assert first.id < second.id, "an id is never used again"


async def test_accounts_of_exchanges_that_know_addresses(store: Store, alice: User) -> None:
    for address in ("0xabc", "0xdef"):
        fields = Credentials({"address": address, "secret": "s"})
        account = await store.add_account(alice.id, NewAccount("hyperliquid", address, fields), NOW)
        assert address == account.api_key
    with pytest.raises(InvalidRequest):
        await store.add_account(alice.id, NewAccount("hyperliquid", "again", fields), NOW)


async def test_accounts_without_any_public_part_do_not_collide(store: Store, alice: User) -> None:
    for secret in ("a", "b"):
        await store.add_account(alice.id, NewAccount("odd", secret, Credentials({"secret": secret})), NOW)
    assert 2 == len(await store.list_accounts(alice.id))


async def test_another_users_account_does_not_exist(store: Store, alice: User, bob: User) -> None:
    account = await store.add_account(alice.id, new_account(), NOW)
    with pytest.raises(NotFound):
        await store.get_account(bob.id, account.id)
    with pytest.raises(NotFound):
        await store.remove_account(bob.id, account.id)
    assert [] == await store.list_accounts(bob.id)
    assert [] == await store.list_accounts(bob.id, api_key=account.api_key)
    assert account == await store.get_account(alice.id, account.id)


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 2**63, 10**30])
async def test_an_account_that_is_not_there_is_not_found(store: Store, alice: User, number: int) -> None:
    await store.add_account(alice.id, new_account(), NOW)
    with pytest.raises(NotFound):
        await store.get_account(alice.id, number)
    assert 1 == len(await store.list_accounts(alice.id))


async def test_an_account_needs_a_user(store: Store, alice: User) -> None:
    with pytest.raises(NotFound):
        await store.add_account(99, new_account(), NOW)


async def test_accounts_are_listed_in_pages_oldest_first(store: Store, alice: User, bob: User) -> None:
    ids = []
    for n in range(7):
        await store.add_account(bob.id, new_account(api_key=f"b{n}"), NOW)
        ids.append((await store.add_account(alice.id, new_account(f"{9 - n}", f"a{n}"), NOW)).id)
    pages = [await store.list_accounts(alice.id, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [ids[:3], ids[3:6], ids[6:], []] == [[account.id for account in page] for page in pages]
    assert [] == await store.list_accounts(alice.id, limit=100, offset=10**30)


async def test_accounts_are_listed_by_mode_and_key(store: Store, alice: User) -> None:
    real = await store.add_account(alice.id, new_account("real", "r"), NOW)
    paper = await store.add_account(alice.id, new_account("paper", "p", PAPER), NOW)
    assert [real, paper] == await store.list_accounts(alice.id, mode=Mode.ALL)
    assert [real] == await store.list_accounts(alice.id, mode=Mode.REAL)
    assert [paper] == await store.list_accounts(alice.id, mode=Mode.PAPER)
    assert [paper] == await store.list_accounts(alice.id, api_key="p")
    assert [] == await store.list_accounts(alice.id, api_key="p", mode=Mode.REAL)
    assert [] == await store.list_accounts(alice.id, api_key="' OR 1=1 --")


async def test_an_account_is_removed_with_all_that_belongs_to_it(store: Store, alice: User) -> None:
    kept = await store.add_account(alice.id, new_account("kept", "kept"), NOW)
    gone = await store.add_account(alice.id, new_account("gone", "gone"), NOW)
    for account in (kept, gone):
        await store.record_load(a_load(account.id, held("1 BTC", at="50000"), flows=(a_flow(account.id, "50000"),)))
        await store.record_failed_load(FailedLoad(account.id, NOW, NOW, "clock_skew", "off"))
    await store.remove_account(alice.id, gone.id)
    with pytest.raises(NotFound):
        await store.get_account(alice.id, gone.id)
    with pytest.raises(NotFound):
        await store.get_credentials(gone.id)
    with pytest.raises(NotFound):
        await store.remove_account(alice.id, gone.id)
    for kept_count, gone_count in (
        [len(await store.list_holdings(account.id)) for account in (kept, gone)],
        [len(await store.list_wallets(account.id)) for account in (kept, gone)],
        [
            len(flows)
            for flows in (await store.list_flows([kept.id, gone.id], NOW.min.replace(tzinfo=NOW.tzinfo))).values()
        ],
        [starts[0] is not None for starts in (await store.find_starts([kept.id, gone.id], [NOW])).values()],
    ):
        assert (1, 0) == (kept_count, gone_count)


async def test_ids_ascend_and_stay_unique_among_servers(open_store: OpenStore, store: Store, alice: User) -> None:
    stores = [store, await open_store()]
    added = await asyncio.gather(
        *(stores[n % 2].add_account(alice.id, new_account(api_key=f"{n}"), NOW) for n in range(20))
    )
    assert list(range(1, 21)) == sorted(account.id for account in added)


async def test_a_text_that_cannot_be_stored_changes_nothing(store: Store, alice: User) -> None:
    with pytest.raises(StorageError):
        await store.add_account(alice.id, new_account(name="\ud800"), NOW)
    assert [] == await store.list_accounts(alice.id)
