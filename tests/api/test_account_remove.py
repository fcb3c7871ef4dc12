"""POST /accounts/{id}/remove"""

from __future__ import annotations

from tests.api.client import Client
from tests.api.conftest import House

from coinassay.domain.account import Account, User


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.post("/ver1/accounts/4711/remove")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(
    house: House, bob: Client, alice_user: User, alices_account: Account
) -> None:
    reply = await bob.post(f"/ver1/accounts/{alices_account.id}/remove")
    assert (reply.status_code, reply.error) == (404, "not_found")
    assert await house.services.accounts.list_accounts(alice_user.id) == [alices_account]


async def test_a_removed_account_is_gone(house: House, alice: Client, alices_account: Account) -> None:
    reply = await alice.post(f"/ver1/accounts/{alices_account.id}/remove")
    assert (reply.status_code, reply.body) == (201, b"true")
    assert (await alice.get(f"/ver1/accounts/{alices_account.id}")).status_code == 404
    assert (await alice.get("/ver1/accounts")).json() == []
    assert house.connector.forgotten == [alices_account.id]
    assert (await alice.post(f"/ver1/accounts/{alices_account.id}/remove")).status_code == 404
