"""POST /accounts/{id}/pie_chart_data"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.allocation import Shown
from coinassay.errors import CredentialsRejected
from coinassay.services.portfolio import PortfolioService
from coinassay.services.ports import State
from coinassay.testing.text import rates_of


def path_of(account: Account) -> str:
    return f"/ver1/accounts/{account.id}/pie_chart_data"


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.post("/ver1/accounts/4711/pie_chart_data")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(bob: Client, alices_account: Account) -> None:
    reply = await bob.post(path_of(alices_account))
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist_when_its_answer_is_kept(
    alice: Client, bob: Client, alices_account: Account
) -> None:
    assert (await alice.post(path_of(alices_account))).status_code == 201
    assert (await bob.post(path_of(alices_account))).status_code == 404


async def test_a_removed_account_is_not_found_when_its_answer_is_kept(alice: Client, alices_account: Account) -> None:
    assert (await alice.post(path_of(alices_account))).status_code == 201
    await alice.post(f"/ver1/accounts/{alices_account.id}/remove")
    assert (await alice.post(path_of(alices_account))).status_code == 404


async def test_permission_is_asked_for_when_the_answer_is_kept(
    house: House, app: Application, alice: Client, alice_user: User, alices_account: Account
) -> None:
    assert (await alice.post(path_of(alices_account))).status_code == 201
    other = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert (await other.post(path_of(alices_account))).status_code == 403


async def test_rows_are_written_as_documented(alice: Client, alices_account: Account) -> None:
    reply = await alice.post(path_of(alices_account))
    assert reply.status_code == 201
    assert reply.body == (
        b'[{"code":"BTC","coinmarketcapid":"1","name":"Bitcoin (BTC)","y":97.45,"percentage":97.45,"amount":0.00031872,'
        b'"btc_value":"0.00031872","usd_value":"20.31",'
        b'"primary_display_currency":{"currency":"USD","amount":"20.3146900992"},"account_id":%(id)d},'
        b'{"code":"USDT","coinmarketcapid":"825","name":"Tether USDt (USDT)","y":1.37,"percentage":1.37,'
        b'"amount":0.28478606,"btc_value":"0.00000447","usd_value":"0.28",'
        b'"primary_display_currency":{"currency":"USD","amount":"0.28478606"},"account_id":%(id)d},'
        b'{"code":"ETH","coinmarketcapid":"1027","name":"Ethereum (ETH)","y":1.19,"percentage":1.19,"amount":0.0000952,'
        b'"btc_value":"0.00000388","usd_value":"0.25",'
        b'"primary_display_currency":{"currency":"USD","amount":"0.247266593784"},"account_id":%(id)d}]'
    ) % {b"id": alices_account.id}


async def test_before_the_first_load_there_are_no_rows(house: House, alice: Client, alice_user: User) -> None:
    reply = await alice.post(path_of(await house.connect(alice_user)))
    assert (reply.status_code, reply.body) == (201, b"[]")


async def test_an_unpriced_asset_stays_with_zeros(house: House, alice: Client, alice_user: User) -> None:
    account = await house.load(await house.connect(alice_user), "1 USDT", "1000000 XYZ")
    rows = (await alice.post(path_of(account))).json()
    assert [row["code"] for row in rows] == ["USDT", "XYZ"]
    assert rows[1] == {
        "code": "XYZ",
        "coinmarketcapid": None,
        "name": "XYZ (XYZ)",
        "y": 0.0,
        "percentage": 0.0,
        "amount": 1000000.0,
        "btc_value": "0.0",
        "usd_value": "0.0",
        "primary_display_currency": {"currency": "USD", "amount": "0.0"},
        "account_id": account.id,
    }


async def test_no_exponent_and_no_lost_digit(house: House, alice: Client, alice_user: User) -> None:
    account = await house.connect(alice_user)
    amount = "0.00000001234567890123456789012345678901"
    account = await house.load(account, f"{amount} USDT", "10000000000000000000000 ADA")
    body = (await alice.post(path_of(account))).body.decode()
    assert f'"amount":{amount},' in body
    assert '"amount":10000000000000000000000.0,' in body
    assert f'"amount":"{amount}"' in body
    assert "e-" not in body.lower()


async def test_zero_and_debt_are_no_slices(house: House, alice: Client, alice_user: User) -> None:
    account = await house.load(
        await house.connect(alice_user), "1 USDT", "0 BTC", "0 ETH, 5 borrowed", "2 ADA, 0.5 borrowed"
    )
    rows = (await alice.post(path_of(account))).json()
    assert [(row["code"], row["amount"]) for row in rows] == [("USDT", 1.0), ("ADA", 1.5)]


async def test_one_coin_in_two_wallets_is_one_row(house: House, alice: Client, alice_user: User) -> None:
    account = await house.load(await house.connect(alice_user), "1 USDT", "0.5 USDT in funding")
    rows = (await alice.post(path_of(account))).json()
    assert [(row["code"], row["amount"], row["percentage"]) for row in rows] == [("USDT", 1.5, 100.0)]


async def test_a_code_that_is_another_coin_there_has_no_id(house: House, alice: Client, alice_user: User) -> None:
    house.rates.script("binance_us", rates_of({**PRICES, "DOGE": "0.1"}))
    house.rates.script("kraken", rates_of({**PRICES, "DOGE": "0.1"}))
    usual = await house.load(await house.connect(alice_user), "1 DOGE")
    fields = {"api_key": "alices-kraken-key", "secret": "c2VjcmV0LXNlY3JldA=="}
    other = await house.services.accounts.connect(alice_user.id, "kraken", "Kraken", fields)
    other = await house.load(other, "1 DOGE")
    assert (await alice.post(path_of(usual))).json()[0]["coinmarketcapid"] == "74"
    assert (await alice.post(path_of(other))).json()[0]["coinmarketcapid"] is None


async def test_a_new_load_is_seen_at_once(house: House, alice: Client, alices_account: Account) -> None:
    before = (await alice.post(path_of(alices_account))).body
    assert (await alice.post(path_of(alices_account))).body == before
    await house.load(alices_account, "5 USDT")
    rows = (await alice.post(path_of(alices_account))).json()
    assert [(row["code"], row["amount"]) for row in rows] == [("USDT", 5.0)]


async def test_a_failed_load_changes_nothing(house: House, alice: Client, alices_account: Account) -> None:
    before = (await alice.post(path_of(alices_account))).body
    house.connector.script(alices_account.id, CredentialsRejected())
    assert (await alice.post(f"/ver1/accounts/{alices_account.id}/load_balances")).status_code == 422
    assert (await alice.post(path_of(alices_account))).body == before


async def test_answers_that_do_not_fit_into_memory_are_made_again(
    house: House, alice: Client, alices_account: Account
) -> None:
    small = Client(house.app(cache_bytes=0), alice.api_key, alice.sign)
    assert (await small.post(path_of(alices_account))).body == (await alice.post(path_of(alices_account))).body


async def test_a_load_in_between_does_not_mix_two_moments(house: House, alice: Client, alices_account: Account) -> None:
    """The account is read, then its holdings: a load may come in between, with another rate for a Bitcoin."""

    class Slow(PortfolioService):
        async def shown_allocation(self, account_id: int) -> tuple[State, Sequence[Shown]]:
            if (await house.store.get_account(alices_account.user_id, account_id)).version == alices_account.version:
                house.rates.script("binance_us", rates_of({**PRICES, "BTC": "100000"}))
                await house.load(alices_account, "1 BTC")
            return await super().shown_allocation(account_id)

    house.services = replace(house.services, portfolio=Slow(house.store, house.store, house.clock))
    client = Client(house.app(), alice.api_key, alice.sign)
    rows = (await client.post(path_of(alices_account))).json()
    assert [(row["amount"], row["btc_value"], row["usd_value"]) for row in rows] == [(1.0, "1.0", "100000.0")]


@pytest.mark.parametrize("number", [1, 200])
async def test_many_at_once_get_the_same(house: House, alice: Client, alice_user: User, number: int) -> None:
    account = await house.load(await house.connect(alice_user), *(f"{n} C{n}" for n in range(1, number + 1)))
    replies = await asyncio.gather(*(alice.post(path_of(account)) for _ in range(10)))
    assert {reply.body for reply in replies} == {replies[0].body}
    assert len(json.loads(replies[0].body)) == number
