"""POST /accounts/update"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import EXCHANGE_SECRET, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, Mode, User
from coinassay.errors import CredentialsRejected

PATH = "/ver1/accounts/update"


async def secrets_of(house: House, account: Account) -> dict[str, str]:
    return dict(await house.store.get_credentials(account.id))


@pytest.mark.parametrize("account_id", [4711, 0, 2**31, "99999999999999999999"])
async def test_an_unknown_account_is_not_found(alice: Client, account_id: object) -> None:
    reply = await alice.post(PATH, {"account_id": account_id, "name": "new name"})
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(bob: Client, alices_account: Account, house: House) -> None:
    reply = await bob.post(PATH, {"account_id": alices_account.id, "name": "mine"})
    assert (reply.status_code, reply.error) == (404, "not_found")
    assert await house.store.get_account(alices_account.user_id, alices_account.id) == alices_account


async def test_reading_is_not_enough(house: House, app: Application, alice_user: User, alices_account: Account) -> None:
    reader = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    reply = await reader.post(PATH, {"account_id": alices_account.id, "name": "mine"})
    assert (reply.status_code, reply.error) == (403, "access_denied")


@pytest.mark.parametrize(
    ("params", "attributes"),
    [
        ({}, {"account_id": ["is missing"]}),
        ({"account_id": "one"}, {"account_id": ["is invalid"]}),
        ({"account_id": "-1"}, {"account_id": ["is invalid"]}),
        ({"account_id": True}, {"account_id": ["is invalid"]}),
        ({"name": "x"}, {"name": ["is too short (minimum is 2 characters)"]}),
        ({"name": 1.5}, {"name": ["is invalid"]}),
        ({"include_in_summary": "perhaps"}, {"include_in_summary": ["is invalid"]}),
        ({"api_key": "abc"}, {"api_key": ["is too short (minimum is 5 characters)"]}),
        (
            {"name": "", "secret": "line\nbreak"},
            {"name": ["is too short (minimum is 2 characters)"], "secret": ["is invalid"]},
        ),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    house: House, alice: Client, alices_account: Account, params: dict[str, Any], attributes: dict[str, list[str]]
) -> None:
    wanted = params if not params or "account_id" in params else {"account_id": alices_account.id, **params}
    reply = await alice.post(PATH, wanted)
    assert (reply.status_code, reply.error) == (400, "record_invalid")
    assert reply.json()["error_attributes"] == attributes
    assert await house.store.get_account(alices_account.user_id, alices_account.id) == alices_account
    assert (await secrets_of(house, alices_account))["secret"] == EXCHANGE_SECRET


async def test_the_name_and_nothing_else(house: House, alice: Client, alices_account: Account) -> None:
    before = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    house.clock.advance(minutes=5)
    reply = await alice.post(PATH, {"account_id": alices_account.id, "name": "  Savings "})
    assert reply.status_code == 201
    entity = reply.json()
    del before["auto_balance_portfolio"]
    assert {name for name in before if before[name] != entity[name]} == {"name", "updated_at"}
    assert entity["name"] == "Savings"
    assert house.connector.forgotten == [], "the key is what it was"


async def test_a_new_key_is_sealed_and_the_old_one_forgotten(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.connector.script(alices_account.id, CredentialsRejected())
    await alice.post(f"/ver1/accounts/{alices_account.id}/load_balances")
    locked = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    assert (locked["api_key_invalid"], locked["api_keys_state"]) == (True, "invalid")
    assert locked["lock_reason"] == "invalid_api_key"

    target = f"{PATH}?account_id={alices_account.id}&api_key=another-key&secret=another-secret"
    entity = (await alice.post(target)).json()

    assert (entity["api_key"], entity["api_key_invalid"], entity["api_keys_state"]) == ("another-key", False, "ok")
    assert entity["lock_reason"] is None
    assert await secrets_of(house, alices_account) == {"api_key": "another-key", "secret": "another-secret"}
    assert house.connector.forgotten == [alices_account.id]
    assert entity["usd_amount"] == locked["usd_amount"], "what was found last stays until the next load"


async def test_a_field_that_is_not_given_stays(house: House, alice: Client, alices_account: Account) -> None:
    await alice.post(PATH, {"account_id": alices_account.id, "secret": "rotated-secret"})
    assert await secrets_of(house, alices_account) == {
        "api_key": alices_account.api_key,
        "secret": "rotated-secret",
    }


async def test_the_same_key_again_changes_nothing_about_it(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.connector.script(alices_account.id, CredentialsRejected())
    await alice.post(f"/ver1/accounts/{alices_account.id}/load_balances")
    body = {"account_id": alices_account.id, "api_key": alices_account.api_key, "secret": EXCHANGE_SECRET}
    assert (await alice.post(PATH, body)).json()["api_key_invalid"] is True
    assert house.connector.forgotten == []


async def test_a_key_that_is_connected_already(
    house: House, alice: Client, alice_user: User, alices_account: Account
) -> None:
    other = await house.connect(alice_user, name="Other")
    reply = await alice.post(PATH, {"account_id": alices_account.id, "api_key": other.api_key})
    assert reply.status_code == 400
    assert reply.json()["error_attributes"] == {"api_key": ["This account is already connected!"]}


async def test_a_paper_account_has_no_key_to_change(house: House, alice: Client, alice_user: User) -> None:
    account = await house.services.accounts.connect(alice_user.id, "paper_trading", "Paper", {})
    body = {"account_id": account.id, "api_key": "another-key", "secret": "another-secret", "name": "Play"}
    entity = (await alice.post(PATH, body)).json()
    assert (entity["api_key"], entity["name"]) == (account.api_key, "Play")


@pytest.mark.parametrize("value", [False, "false", "0"])
async def test_an_account_is_taken_out_of_the_summary(
    house: House, alice: Client, alices_account: Account, value: object
) -> None:
    entity = (await alice.post(PATH, {"account_id": str(alices_account.id), "include_in_summary": value})).json()
    assert entity["include_in_summary"] is False
    assert await house.services.portfolio.included(alices_account.user_id, Mode.ALL) == []
    entity = (await alice.post(PATH, {"account_id": alices_account.id, "include_in_summary": True})).json()
    assert entity["include_in_summary"] is True


async def test_a_load_with_the_former_key_does_not_condemn_the_new_one(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.connector.script(alices_account.id, CredentialsRejected(), ["1 USDT"], delay=0.05)
    load = asyncio.create_task(alice.post(f"/ver1/accounts/{alices_account.id}/load_balances"))
    await asyncio.sleep(0.01)
    await alice.post(PATH, {"account_id": alices_account.id, "api_key": "another-key", "secret": "another-secret"})
    await load
    entity = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    assert (entity["api_key_invalid"], entity["lock_reason"]) == (False, None)


async def test_changes_at_the_same_moment_are_all_made(house: House, alice: Client, alices_account: Account) -> None:
    bodies: list[dict[str, object]] = [{"name": "Savings"}, {"include_in_summary": False}, {"secret": "other-secret"}]
    replies = await asyncio.gather(*(alice.post(PATH, {"account_id": alices_account.id, **body}) for body in bodies))
    assert [reply.status_code for reply in replies] == [201, 201, 201]
    account = await house.store.get_account(alices_account.user_id, alices_account.id)
    assert (account.name, account.include_in_summary) == ("Savings", False)
    assert (await secrets_of(house, account))["secret"] == "other-secret"
