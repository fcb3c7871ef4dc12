"""POST /accounts/{id}/rename"""

from __future__ import annotations

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User


def path_of(account: Account) -> str:
    return f"/ver1/accounts/{account.id}/rename"


@pytest.mark.parametrize("name", ["4711", "summary", "0"])
async def test_an_unknown_account_is_not_found(alice: Client, name: str) -> None:
    reply = await alice.post(f"/ver1/accounts/{name}/rename", {"name": "new name"})
    assert (reply.status_code, reply.error) == (404, "not_found")


@pytest.mark.parametrize("body", [{"name": "mine"}, {}])
async def test_another_users_account_does_not_exist(bob: Client, alices_account: Account, body: dict[str, str]) -> None:
    assert (await bob.post(path_of(alices_account), body)).status_code == 404


async def test_reading_is_not_enough(house: House, app: Application, alice_user: User, alices_account: Account) -> None:
    reader = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    assert (await reader.post(path_of(alices_account), {"name": "mine"})).status_code == 403


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "is missing"),
        ({"name": None}, "is missing"),
        ({"name": " x "}, "is too short (minimum is 2 characters)"),
        ({"name": "x" * 201}, "is too long (maximum is 200 characters)"),
        ({"name": "new\nline"}, "is invalid"),
        ({"name": ["a", "b"]}, "is invalid"),
    ],
)
async def test_a_name_that_cannot_be(
    alice: Client, alices_account: Account, body: dict[str, object], text: str
) -> None:
    reply = await alice.post(path_of(alices_account), body)
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"name": [text]})
    assert (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()["name"] == "My Binance US"


async def test_the_name_may_stand_in_the_query(alice: Client, alices_account: Account) -> None:
    reply = await alice.post(f"{path_of(alices_account)}?account_id=1&name=new%20name")
    assert (reply.status_code, reply.json()["name"], reply.json()["id"]) == (201, "new name", alices_account.id)


async def test_the_name_may_stand_in_a_form(alice: Client, alices_account: Account) -> None:
    client = alice.with_headers(content_type="application/x-www-form-urlencoded")
    target = f"/public/api{path_of(alices_account)}"
    reply = await client.send("POST", target, b"name=new+name", signed=f"{target}?name=new+name".encode())
    assert (reply.status_code, reply.json()["name"]) == (201, "new name")


async def test_the_name_may_stand_in_json(alice: Client, alices_account: Account) -> None:
    reply = await alice.post(path_of(alices_account), {"id": 1, "name": "Ünïcode 💰"})
    assert (reply.status_code, reply.json()["name"]) == (201, "Ünïcode 💰")
    assert "auto_balance_portfolio" not in reply.json()
    assert (await alice.get("/ver1/accounts")).json()[0]["name"] == "Ünïcode 💰"
