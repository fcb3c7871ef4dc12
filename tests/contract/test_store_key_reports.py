"""The port KeyReportStore, and accounts that are added together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.contract.conftest import OpenStore
from tests.contract.records import NOW, new_account

from coinassay.domain.account import Credentials, KeyState, NewAccount, User
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.errors import InvalidRequest, NotFound
from coinassay.services.ports import AccountStore, Changes, KeyReportStore
from coinassay.storage.store import Store

REPORT = KeyReport(
    market_code="binance",
    examined_at=NOW,
    works=Answer.YES,
    may_read=Answer.YES,
    may_trade=Answer.NO,
    may_withdraw=Answer.NO,
    ip_bound=Answer.YES,
    expires=Answer.YES,
    expires_at=NOW + timedelta(days=90),
    clock_skew=-1.25,
    unified=Answer.NO,
    wallets={"spot": Readable(Answer.YES), "funding": Readable(Answer.NO, "The key has no permission to read this.")},
    others={"binance_futures": Readable(Answer.UNKNOWN, "The exchange did not answer.")},
)


async def test_a_report_is_kept_with_the_account_it_came_with(store: Store, open_store: OpenStore, alice: User) -> None:
    new = NewAccount("binance", "x", Credentials({"api_key": "k"}), key_state=KeyState.INVALID, key_report=REPORT)
    account = await store.add_account(alice.id, new, NOW)
    assert KeyState.INVALID is account.key_state
    other: KeyReportStore = await open_store()
    assert REPORT == await other.find_key_report(account.id)
    assert await other.find_key_report(account.id + 1) is None


async def test_the_last_report_counts(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account("x", "k"), NOW)
    assert await store.find_key_report(account.id) is None
    empty = KeyReport("binance", NOW + timedelta(seconds=1))
    await store.record_key_report(account.id, REPORT)
    await store.record_key_report(account.id, empty)
    assert empty == await store.find_key_report(account.id)
    with pytest.raises(NotFound):
        await store.record_key_report(account.id + 1, REPORT)


async def test_it_goes_with_the_account(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account("x", "k"), NOW)
    await store.record_key_report(account.id, REPORT)
    await store.remove_account(alice.id, account.id)
    assert await store.find_key_report(account.id) is None


async def test_what_is_known_of_a_key_is_forgotten_with_it(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account("x", "k"), NOW)
    await store.record_key_report(account.id, REPORT)
    account = await store.change_account(alice.id, account.id, Changes(name="y"), NOW, account.version)
    assert REPORT == await store.find_key_report(account.id)
    new_key = Credentials({"api_key": "k2"})
    account = await store.change_account(alice.id, account.id, Changes(credentials=new_key), NOW, account.version)
    assert (KeyState.OK, None) == (account.key_state, await store.find_key_report(account.id))
    examined = Changes(credentials=new_key, key_state=KeyState.INVALID, key_report=REPORT)
    account = await store.change_account(alice.id, account.id, examined, NOW, account.version)
    assert (KeyState.INVALID, REPORT) == (account.key_state, await store.find_key_report(account.id))


async def test_accounts_are_added_together_or_not_at_all(store: Store, alice: User) -> None:
    port: AccountStore = store
    key = Credentials({"api_key": "k", "secret": "s"})
    spot, futures = NewAccount("binance", "spot", key), NewAccount("binance_futures", "futures", key)
    added = await port.add_accounts(alice.id, [spot, futures], NOW)
    assert ["binance", "binance_futures"] == [account.market_code for account in added]
    assert added == await port.list_accounts(alice.id)
    with pytest.raises(InvalidRequest):
        await port.add_accounts(alice.id, [NewAccount("binance_margin", "margin", key), futures], NOW)
    assert added == await port.list_accounts(alice.id)
    assert {"api_key": "k", "secret": "s"} == dict(await store.get_credentials(added[1].id))


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"secret": "s3cret", "api_key": "k", "customer_id": "7"}, "k"),
        ({"private_key": "0xs3cret", "wallet_address": "0xabc"}, "0xabc"),
        ({"private_key": "s3cret", "address": "bc1"}, "bc1"),
        ({"secret": "s3cret", "customer_id": "7"}, "7"),
        ({"private_key": "s3cret"}, ""),
        ({"token": "s3cret", "passphrase": "s3cret", "twofa": "s3cret", "login": "me"}, "me"),
    ],
)
async def test_what_identifies_an_account_is_never_a_secret(
    store: Store, alice: User, fields: dict[str, str], shown: str
) -> None:
    added = await store.add_account(alice.id, NewAccount("hyperliquid", "x", Credentials(fields)), NOW)
    assert (shown, shown) == (added.api_key, (await store.get_account(alice.id, added.id)).api_key)
    if shown:
        with pytest.raises(InvalidRequest):
            await store.add_account(alice.id, NewAccount("hyperliquid", "y", Credentials(fields)), NOW)
