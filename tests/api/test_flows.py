"""Deposits and withdrawals under /api/v1/accounts/{id}/flows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.domain.account import Account, User
from coinassay.errors import ExchangeUnavailable
from coinassay.testing.scripted_flows import a_movement

DEPOSIT = {"kind": "deposit", "asset": "btc", "amount": "0.5", "reference": "bank-7"}


@pytest.fixture
async def alice_account(house: House, alice_user: User) -> Account:
    return await house.connect(alice_user)


@pytest.fixture
async def path(house: House, alice: Client, alice_account: Account) -> str:
    """Of alice's account, loaded a day ago."""
    house.connector.script(alice_account.id, ["2 BTC"])
    await house.services.sync.sync_account(alice_account.user_id, alice_account.id)
    house.clock.advance(days=1)
    return f"/api/v1/accounts/{alice_account.id}/flows"


async def entity(alice: Client, account: Account) -> Any:
    return (await alice.get(f"/ver1/accounts/{account.id}")).json()


async def test_a_deposit_that_was_added_is_no_profit(alice: Client, alice_account: Account, path: str) -> None:
    before = await entity(alice, alice_account)
    reply = await alice.post(path, {**DEPOSIT, "at": "2026-03-02T11:00:00Z", "note": "from the bank"})
    assert reply.status_code == 201
    added = reply.json()
    assert (added["asset"], added["amount"], added["usd_value"]) == ("BTC", "0.5", "31869.18")
    assert (added["source"], added["note"], added["at"]) == ("manual", "from the bank", "2026-03-02T11:00:00.000Z")
    assert added["price"]["origin"] in {"held", "ticker"}
    after = await entity(alice, alice_account)
    assert Decimal(after["total_usd_profit"]) == Decimal(before["total_usd_profit"]) - Decimal("31869.18")
    listed = (await alice.get(path)).json()
    assert [flow["kind"] for flow in listed["flows"]] == ["deposit", "opening"]
    assert listed["reading"]["confirmed"]


async def test_told_twice_it_counts_once(alice: Client, alice_account: Account, path: str) -> None:
    first = (await alice.post(path, DEPOSIT)).json()
    profit = (await entity(alice, alice_account))["total_usd_profit"]
    assert (await alice.post(path, DEPOSIT)).json() == first
    assert (await entity(alice, alice_account))["total_usd_profit"] == profit
    other = await alice.post(path, {**DEPOSIT, "amount": "0.6"})
    assert (other.status_code, other.error) == (400, "record_invalid")
    assert other.json()["error_attributes"] == {"reference": ["belongs to another deposit or withdrawal"]}


async def test_its_value_may_be_given(alice: Client, path: str) -> None:
    withdrawal = {"kind": "withdrawal", "asset": "ODD", "amount": "3", "usd_value": "10"}
    added = (await alice.post(path, withdrawal)).json()
    assert (added["amount"], added["usd_value"], added["price"]["origin"]) == ("-3.0", "-10.0", "given")


async def test_without_a_price_it_is_said_to_have_none(alice: Client, path: str) -> None:
    added = (await alice.post(path, {"kind": "deposit", "asset": "ODD", "amount": 3})).json()
    assert (added["usd_value"], added["btc_value"], added["price"]) == (None, None, None)


async def test_what_was_added_can_be_removed(alice: Client, alice_account: Account, path: str) -> None:
    before = await entity(alice, alice_account)
    added = (await alice.post(path, DEPOSIT)).json()
    reply = await alice.ask("DELETE", f"{path}?id={added['id']}")
    assert [flow["kind"] for flow in reply.json()["flows"]] == ["opening"]
    assert (await entity(alice, alice_account))["total_usd_profit"] == before["total_usd_profit"]
    again = await alice.ask("DELETE", f"{path}?id={added['id']}")
    assert (again.status_code, again.error) == (404, "not_found")


async def test_what_the_exchange_told_cannot_be_removed(
    house: House, alice: Client, alice_account: Account, path: str
) -> None:
    house.movements.tell(alice_account.id, a_movement("deposit", "1", "BTC", at=house.clock() - timedelta(minutes=5)))
    house.connector.script(alice_account.id, ["3 BTC"])
    await house.services.sync.sync_account(alice_account.user_id, alice_account.id)
    (told, opening) = (await alice.get(path)).json()["flows"]
    assert (told["source"], told["reference"]) == ("exchange", "deposit:1")
    for flow in (told, opening):
        reply = await alice.ask("DELETE", f"{path}?id={flow['id']}")
        assert (reply.status_code, reply.error) == (404, "not_found")


async def test_a_reading_that_failed_is_said_so(house: House, alice: Client, alice_account: Account, path: str) -> None:
    house.movements.fail(alice_account.id, ExchangeUnavailable("It is down."))
    house.connector.script(alice_account.id, ["3 BTC"])
    await house.services.sync.sync_account(alice_account.user_id, alice_account.id)
    reading = (await alice.get(path)).json()["reading"]
    assert (reading["state"], reading["confirmed"], reading["reason"]) == ("failed", False, "It is down.")
    assert reading["read_at"] == "2026-03-01T12:00:00.123Z"


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"kind": "gift"}, {"kind": ["does not have a valid value"]}),
        ({"amount": "0"}, {"amount": ["is invalid"]}),
        ({"amount": "-1"}, {"amount": ["is invalid"]}),
        ({"amount": None}, {"amount": ["is missing"]}),
        ({"asset": ""}, {"asset": ["is invalid"]}),
        ({"asset": "B T C"}, {"asset": ["is invalid"]}),
        ({"usd_value": "much"}, {"usd_value": ["is invalid"]}),
        ({"at": "2026-02-28"}, {"at": ["is before the first load, which counted all there was as deposited"]}),
        ({"at": "2027-01-01"}, {"at": ["is in the future"]}),
        ({"at": "soon"}, {"at": ["is invalid"]}),
        ({"reference": "x" * 201}, {"reference": ["is too long (maximum is 200 characters)"]}),
        ({"note": "x" * 501}, {"note": ["is too long (maximum is 500 characters)"]}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    alice: Client, path: str, changed: dict[str, Any], complaint: dict[str, list[str]]
) -> None:
    reply = await alice.post(path, {**DEPOSIT, **changed})
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, complaint)
    assert len((await alice.get(path)).json()["flows"]) == 1


async def test_before_the_first_load_there_is_nothing_to_add_to(alice: Client, alice_account: Account) -> None:
    reply = await alice.post(f"/api/v1/accounts/{alice_account.id}/flows", DEPOSIT)
    assert reply.status_code == 400
    assert list(reply.json()["error_attributes"]) == ["account_id"]


async def test_nobody_sees_or_changes_anothers(alice: Client, bob: Client, path: str) -> None:
    added = (await alice.post(path, DEPOSIT)).json()
    replies = [
        await bob.get(path),
        await bob.post(path, DEPOSIT),
        await bob.ask("DELETE", f"{path}?id={added['id']}"),
    ]
    assert [(reply.status_code, reply.error) for reply in replies] == [(404, "not_found")] * 3
    assert len((await alice.get(path)).json()["flows"]) == 2


async def test_a_key_that_may_only_read(house: House, alice: Client, alice_account: Account, path: str) -> None:
    user = await house.store.get_user(alice_account.user_id)
    reader = await house.add_client(user, house.app(), permissions="ACCOUNTS_READ")
    assert (await reader.get(path)).status_code == 200
    assert (await reader.post(path, DEPOSIT)).error == "access_denied"
    assert (await reader.ask("DELETE", f"{path}?id=1")).error == "access_denied"


async def test_page_by_page(alice: Client, path: str) -> None:
    for n in range(3):
        await alice.post(path, {**DEPOSIT, "reference": str(n), "at": f"2026-03-02T1{n}:00:00Z"})
    pages = [(await alice.get(f"{path}?page={page}&per_page=2")).json()["flows"] for page in (1, 2, 3)]
    assert [[flow["reference"] for flow in flows] for flows in pages] == [["2", "1"], ["0", ""], []]
