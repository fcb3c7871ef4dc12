"""POST /accounts/{id}/load_balances"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, House

from coinassay.domain.account import Account, KeyState
from coinassay.errors import (
    ClockSkew,
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeThrottled,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.testing.text import rates_of, reading_of

DOCUMENTED = json.loads((Path(__file__).parents[1] / "payloads" / "documented" / "load_balances.json").read_text())


def path_of(account: Account) -> str:
    return f"/ver1/accounts/{account.id}/load_balances"


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.post("/ver1/accounts/4711/load_balances")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(house: House, bob: Client, alices_account: Account) -> None:
    calls = house.connector.calls[alices_account.id]
    reply = await bob.post(path_of(alices_account))
    assert (reply.status_code, reply.error) == (404, "not_found")
    assert house.connector.calls[alices_account.id] == calls


async def test_rejected_keys_are_said_and_change_nothing_else(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.clock.advance(hours=1)
    house.connector.script(alices_account.id, CredentialsRejected())
    before = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()

    reply = await alice.post(path_of(alices_account))

    assert reply.status_code == 422
    assert reply.body == (
        b'{"error_description":"API keys are no longer valid or incorrect.","error":"invalid_api_key"}'
    )
    after = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    changed = {name: value for name, value in after.items() if value != before[name]}
    assert changed == {
        "api_key_invalid": True,
        "api_keys_state": "invalid",
        "lock_reason": "invalid_api_key",
        "updated_at": "2026-03-01T13:00:00.123Z",
    }


async def test_good_keys_are_good_again(house: House, alice: Client, alices_account: Account) -> None:
    house.connector.script(alices_account.id, CredentialsRejected(), reading_of("1 USDT"))
    assert (await alice.post(path_of(alices_account))).status_code == 422
    entity = (await alice.post(path_of(alices_account))).json()
    assert (entity["api_key_invalid"], entity["api_keys_state"]) == (False, "ok")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ExchangePermissionMissing("binanceus does not accept this IP address."), 422),
        (NotSupportedByExchange(), 422),
        (UnexpectedReply(), 422),
        (ExchangeUnavailable(), 503),
        (ExchangeThrottled(retry_after=30), 503),
        (ClockSkew(), 503),
    ],
    ids=lambda each: getattr(each, "code", ""),
)
async def test_another_failure_is_said_as_such_and_changes_nothing(
    house: House, alice: Client, alices_account: Account, error: ExchangeError, status: int
) -> None:
    house.connector.script(alices_account.id, error)
    before = (await alice.get(f"/ver1/accounts/{alices_account.id}")).body

    reply = await alice.post(path_of(alices_account))

    assert (reply.status_code, reply.error) == (status, "unknown_market_api_error")
    assert error.message in reply.json()["error_description"]
    assert reply.json()["error_attributes"] == {"exchange": [error.code]}
    assert (await alice.get(f"/ver1/accounts/{alices_account.id}")).body == before


async def test_the_entity_has_the_documented_fields_in_their_order_and_types(
    alice: Client, alices_account: Account
) -> None:
    reply = await alice.post(path_of(alices_account))
    assert reply.status_code == 201
    entity = reply.json()
    assert list(entity) == list(DOCUMENTED)
    for name, documented in DOCUMENTED.items():
        assert type(entity[name]) is type(documented), name
        if isinstance(documented, dict):
            assert {key: type(value) for key, value in entity[name].items()} == {
                key: type(value) for key, value in documented.items()
            }


async def test_what_was_read_is_valued_and_stored(house: House, alice: Client, alices_account: Account) -> None:
    house.clock.advance(minutes=10)
    house.rates.script("binance_us", rates_of({**PRICES, "BTC": "70000", "USDT": "1.0001"}))
    house.connector.script(alices_account.id, ["0.5 BTC", "100 USDT", "7 XYZ"])

    entity = (await alice.post(path_of(alices_account))).json()

    assert entity["usd_amount"] == "35100.01"
    assert entity["btc_amount"] == "0.501428714285714285714285714285714285714285714285714285714286"
    assert entity["primary_display_currency_amount"] == {"currency": "USD", "amount": "35100.01"}
    assert entity["updated_at"] == "2026-03-01T12:10:00.123Z"
    assert entity["created_at"] == "2026-03-01T12:00:00.123Z"
    assert entity["total_usd_profit"] == "35079.163257247016"
    assert entity["usd_profit"] == entity["day_profit_usd"] == "35079.163257247016"
    assert entity["day_profit_usd_percentage"] == "168271.68"
    assert entity["day_profit_primary_display_currency_percentage"]["amount"] == "168271.6752"
    again = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    assert {name: again[name] for name in entity} == entity


async def test_the_first_load_is_a_deposit_not_a_gain(alice: Client, alices_account: Account) -> None:
    reply = await alice.post(path_of(alices_account))
    entity = reply.json()
    assert entity["usd_amount"] == "20.846742752984"
    for name in (
        "usd_profit",
        "btc_profit",
        "total_usd_profit",
        "total_btc_profit",
        "day_profit_usd",
        "day_profit_btc",
    ):
        assert entity[name] == "0.0"
    assert entity["usd_profit_percentage"] == entity["day_profit_btc_percentage"] == "0.0"
    assert b'"total_primary_display_currency_profit":{"currency":"USD","amount":0.0}' in reply.body


async def test_two_at_once_are_one_load(house: House, alice: Client, alices_account: Account) -> None:
    before = house.connector.calls[alices_account.id]
    house.connector.script(alices_account.id, ["1 USDT"], delay=0.01)
    replies = await asyncio.gather(*(alice.post(path_of(alices_account)) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.body for reply in replies}) == 1
    assert house.connector.calls[alices_account.id] == before + 1


async def test_an_emptied_account_is_worth_nothing(house: House, alice: Client, alices_account: Account) -> None:
    house.connector.script(alices_account.id, reading_of(empty=("spot",)))
    entity = (await alice.post(path_of(alices_account))).json()
    assert (entity["usd_amount"], entity["btc_amount"]) == ("0.0", "0.0")
    assert (await house.store.get_account(alices_account.user_id, alices_account.id)).key_state is KeyState.OK
