"""GET and PATCH /api/v1/accounts/{id}/refresh: when an account loads itself, and how often."""

from __future__ import annotations

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.errors import CredentialsRejected, ExchangeUnavailable


@pytest.fixture
async def account(house: House, alice_user: User) -> Account:
    return await house.connect(alice_user)


def path(account: Account) -> str:
    return f"/api/v1/accounts/{account.id}/refresh"


async def load(house: House, account: Account, alice: Client) -> None:
    await alice.post(f"/ver1/accounts/{account.id}/load_balances")


async def test_a_new_account_is_due(alice: Client, account: Account) -> None:
    reply = await alice.get(path(account))
    assert 200 == reply.status_code
    assert reply.json() == {
        "account_id": account.id,
        "every": "10m",
        "own": False,
        "next_at": "2026-03-01T12:00:00.123Z",
        "paused": None,
        "refreshed_at": None,
        "failures": 0,
        "failure": None,
        "reason": None,
    }


async def test_a_load_moves_the_next_one(house: House, alice: Client, account: Account) -> None:
    house.connector.script(account.id, ["1 BTC"])
    house.clock.advance(minutes=3)
    await load(house, account, alice)
    state = (await alice.get(path(account))).json()
    assert "2026-03-01T12:03:00.123Z" == state["refreshed_at"]
    assert "2026-03-01T12:08:00" <= state["next_at"] <= "2026-03-01T12:18:01"


async def test_failures_are_seen(house: House, alice: Client, account: Account) -> None:
    house.connector.script(account.id, ExchangeUnavailable("No answer in 20 s."))
    await load(house, account, alice)
    await load(house, account, alice)
    state = (await alice.get(path(account))).json()
    assert (2, "exchange_unavailable", "No answer in 20 s.") == (state["failures"], state["failure"], state["reason"])
    assert "2026-03-01T12:20" < state["next_at"] < "2026-03-01T12:23"


async def test_a_rejected_key_is_why_it_is_paused(house: House, alice: Client, account: Account) -> None:
    house.connector.script(account.id, CredentialsRejected())
    await load(house, account, alice)
    state = (await alice.get(path(account))).json()
    assert ("key", None, "invalid_api_key") == (state["paused"], state["next_at"], state["failure"])
    fields = {"account_id": account.id, "api_key": "another", "secret": "secret"}
    assert 201 == (await alice.post("/ver1/accounts/update", fields)).status_code
    state = (await alice.get(path(account))).json()
    assert (None, 0, None) == (state["paused"], state["failures"], state["failure"])
    assert "2026-03-01T12:00:00.123Z" == state["next_at"]


@pytest.mark.parametrize(("every", "answered"), [("30m", "30m"), ("90", "90s"), ("24h", "1d"), ("60s", "1m")])
async def test_an_interval_of_its_own(alice: Client, account: Account, every: str, answered: str) -> None:
    reply = await alice.patch(path(account), {"every": every})
    assert (200, answered, True) == (reply.status_code, reply.json()["every"], reply.json()["own"])
    assert reply.json() == (await alice.get(path(account))).json()


async def test_off_and_back_to_the_default(alice: Client, account: Account) -> None:
    state = (await alice.patch(path(account), {"every": "off"})).json()
    assert ("off", "off", None, True) == (state["every"], state["paused"], state["next_at"], state["own"])
    state = (await alice.patch(path(account), {"every": "default"})).json()
    assert ("10m", None, False) == (state["every"], state["paused"], state["own"])
    assert state["next_at"] is not None


@pytest.mark.parametrize("every", ["1s", "8d", "often", "-5m", "1.5h"])
async def test_what_is_no_interval(alice: Client, account: Account, every: str) -> None:
    reply = await alice.patch(path(account), {"every": every})
    assert (400, "record_invalid", ["every"]) == (
        reply.status_code,
        reply.error,
        list(reply.json()["error_attributes"]),
    )
    assert not (await alice.get(path(account))).json()["own"]


async def test_without_one(alice: Client, account: Account) -> None:
    reply = await alice.patch(path(account), {})
    assert (400, {"every": ["is missing"]}) == (reply.status_code, reply.json()["error_attributes"])


async def test_another_users_account_does_not_exist(bob: Client, alice: Client, account: Account) -> None:
    assert 404 == (await bob.get(path(account))).status_code
    assert 404 == (await bob.patch(path(account), {"every": "off"})).status_code
    assert not (await alice.get(path(account))).json()["own"]


async def test_a_key_that_may_only_read(house: House, app: Application, alice_user: User, account: Account) -> None:
    reader = await house.add_client(alice_user, app, permissions="ACCOUNTS_READ")
    assert 200 == (await reader.get(path(account))).status_code
    reply = await reader.patch(path(account), {"every": "off"})
    assert (403, "access_denied") == (reply.status_code, reply.error)
