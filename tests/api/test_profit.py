"""GET /api/v1/accounts/{id}/profit, and of all accounts together"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.money import add_up_texts, plain

SUMMARY = "/api/v1/accounts/summary/profit"


def path_of(account: Account, query: str = "") -> str:
    return f"/api/v1/accounts/{account.id}/profit{query}"


@pytest.fixture
async def loaded(house: House, alice_user: User) -> Account:
    """1 March: 100 USDT, then 150 of them earned. 3 March: 80. It is 5 March, 12:00."""
    account = await house.load(await house.connect(alice_user), "100 USDT")
    house.clock.advance(hours=2)
    await house.load(account, "150 USDT")
    house.clock.advance(days=2)
    account = await house.load(account, "80 USDT")
    house.clock.now = START + timedelta(days=4)
    return account


def usd(row: Any) -> tuple[str, ...]:
    figures = row["usd"]
    return tuple(figures[name] for name in ("opening", "net_deposits", "closing", "profit"))


# ---------------------------------------------------------------------------------------------- refusals


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    for path in ("/api/v1/accounts/4711/profit", "/api/v1/accounts/x/profit"):
        reply = await alice.get(path)
        assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(bob: Client, loaded: Account) -> None:
    assert (await bob.get(path_of(loaded))).status_code == 404
    assert (await bob.get(path_of(loaded, "?from=x"))).status_code == 404
    assert [] == (await bob.get(SUMMARY)).json()["days"]


async def test_writing_alone_is_not_enough(house: House, app: Application, alice_user: User, loaded: Account) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert (await writer.get(path_of(loaded))).status_code == 403
    assert (await writer.get(SUMMARY)).status_code == 403


async def test_it_has_to_be_signed(alice: Client, loaded: Account) -> None:
    reply = await alice.send("GET", path_of(loaded), signature="0" * 64)
    assert (reply.status_code, reply.error) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("query", "attributes"),
    [
        ("?from=yesterday", {"from": ["is invalid"]}),
        ("?from=2026-02-30", {"from": ["is invalid"]}),
        ("?from[]=2026-02-03", {"from": ["is invalid"]}),
        ("?from=x&to=y", {"from": ["is invalid"], "to": ["is invalid"]}),
        ("?from=2026-03-02&to=2026-03-01", {"to": ["is invalid"]}),
    ],
)
async def test_days_that_cannot_be(
    alice: Client, loaded: Account, query: str, attributes: dict[str, list[str]]
) -> None:
    for path in (path_of(loaded, query), SUMMARY + query):
        reply = await alice.get(path)
        assert (reply.status_code, reply.error) == (400, "record_invalid")
        assert reply.json()["error_attributes"] == attributes


# ------------------------------------------------------------------------------------------------- rows


async def test_a_row_for_each_day_from_the_first_load_to_now(alice: Client, loaded: Account) -> None:
    reply = await alice.get(path_of(loaded))
    assert reply.status_code == 200
    ledger = reply.json()
    assert [(row["date"], *usd(row), row["carried"]) for row in ledger["days"]] == [
        ("2026-03-01", "0.0", "100.0", "150.0", "50.0", False),
        ("2026-03-02", "150.0", "0.0", "150.0", "0.0", True),
        ("2026-03-03", "150.0", "0.0", "80.0", "-70.0", False),
        ("2026-03-04", "80.0", "0.0", "80.0", "0.0", True),
        ("2026-03-05", "80.0", "0.0", "80.0", "0.0", True),
    ]
    assert usd(ledger) == ("0.0", "100.0", "80.0", "-20.0")
    assert (ledger["usd"]["deposits"], ledger["usd"]["withdrawals"]) == ("100.0", "0.0")
    assert {False} == {row["partial"] for row in ledger["days"]} | {row["imported"] for row in ledger["days"]}


async def test_the_days_add_up_to_the_accounts_total_profit(alice: Client, loaded: Account) -> None:
    ledger = (await alice.get(path_of(loaded))).json()
    entity = (await alice.get(f"/ver1/accounts/{loaded.id}")).json()
    for currency in ("usd", "btc"):
        total = plain(add_up_texts(row[currency]["profit"] for row in ledger["days"]))
        assert ledger[currency]["profit"] == total
        assert entity[f"total_{currency}_profit"] == total


async def test_only_the_days_asked_for(alice: Client, loaded: Account) -> None:
    for query in ("?from=2026-03-02&to=2026-03-03", "?from=2026-03-02T18:58:55.469Z&to=2026-03-03T01:00:00%2B00:00"):
        ledger = (await alice.get(path_of(loaded, query))).json()
        assert [(row["date"], *usd(row)) for row in ledger["days"]] == [
            ("2026-03-02", "150.0", "0.0", "150.0", "0.0"),
            ("2026-03-03", "150.0", "0.0", "80.0", "-70.0"),
        ]
        assert usd(ledger) == ("150.0", "0.0", "80.0", "-70.0")


async def test_days_that_are_not_known_are_left_out(alice: Client, house: House, loaded: Account) -> None:
    ledger = (await alice.get(path_of(loaded, "?from=2025-01-01&to=2030-01-01"))).json()
    assert ["2026-03-01", "2026-03-05"] == [ledger["days"][0]["date"], ledger["days"][-1]["date"]]
    for query in ("?to=2026-02-28", "?from=2026-03-06"):
        ledger = (await alice.get(path_of(loaded, query))).json()
        assert (ledger["days"], usd(ledger)) == ([], ("0.0",) * 4)
    fresh = await house.connect(await house.store.get_user(loaded.user_id), name="Fresh")
    assert [] == (await alice.get(path_of(fresh))).json()["days"]


async def test_accounts_are_added_up(house: House, alice: Client, alice_user: User, loaded: Account) -> None:
    house.clock.now = START + timedelta(days=3)
    await house.load(await house.connect(alice_user, name="Other"), "1000 USDT")
    left_out = await house.load(await house.connect(alice_user, name="Left out"), "7 USDT")
    await alice.post("/ver1/accounts/update", {"account_id": left_out.id, "include_in_summary": False})
    house.clock.now = START + timedelta(days=4)
    ledger = (await alice.get(SUMMARY)).json()
    assert [usd(row) for row in ledger["days"]][-2:] == [
        ("80.0", "1000.0", "1080.0", "0.0"),
        ("1080.0", "0.0", "1080.0", "0.0"),
    ]
    assert "-20.0" == ledger["usd"]["profit"]
    assert [] == (await alice.get(SUMMARY, forced_mode="paper")).json()["days"]
    assert 400 == (await alice.get(SUMMARY, forced_mode="none")).status_code


async def test_what_moves_between_accounts_is_no_flow_of_the_summary(
    house: House, alice: Client, alice_user: User
) -> None:
    first, second = [
        await house.services.accounts.connect(alice_user.id, "paper_trading", name, {}, {"USDT": Decimal(amount)})
        for name, amount in (("One", 1000), ("Two", 500))
    ]
    for account in (first, second):
        await house.services.sync.sync_account(alice_user.id, account.id)
    house.clock.advance(days=1)
    await house.services.paper.transfer(alice_user.id, first.id, second.id, "USDT", Decimal(300))
    house.clock.advance(hours=1)
    one = (await alice.get(path_of(first))).json()["days"]
    assert [("0.0", "1000.0", "1000.0", "0.0"), ("1000.0", "-300.0", "700.0", "0.0")] == [usd(row) for row in one]
    together = (await alice.get(SUMMARY)).json()["days"]
    assert [("0.0", "1500.0", "1500.0", "0.0"), ("1500.0", "0.0", "1500.0", "0.0")] == [usd(row) for row in together]
    assert "0.0" == together[1]["usd"]["deposits"] == together[1]["usd"]["withdrawals"]
    rows = (await alice.get("/ver1/accounts/summary/balance_chart_data?date_from=2026-03-02")).json()
    assert [0.0, 0.0] == [row["usd_deposit_amount"] for row in rows]


# -------------------------------------------------------------------------------------------- display currency


async def test_in_the_users_currency(house: House, alice: Client, alice_user: User) -> None:
    """A euro rises from 1 to 1.25 dollars, and 1,000 dollars are earned."""
    await house.store.set_display_currency(alice_user.id, "EUR")
    await house.store.record_currency_rates({"EUR": Decimal(1)}, house.clock())
    account = await house.load(await house.connect(alice_user), "10000 USDT")
    house.clock.advance(hours=30)
    await house.store.record_currency_rates({"EUR": Decimal("1.25")}, house.clock())
    await house.load(account, "11000 USDT")
    ledger = (await alice.get(path_of(account))).json()
    shown = [(row["display"]["opening"], row["display"]["closing"], row["display"]["profit"]) for row in ledger["days"]]
    assert ledger["display_currency"] == "EUR"
    assert shown == [("0.0", "10000.0", "0.0"), ("10000.0", "8800.0", "-1200.0")]
    assert ledger["display"]["profit"] == "-1200.0"
    assert [row["usd"]["profit"] for row in ledger["days"]] == ["0.0", "1000.0"]
    entity = (await alice.get(f"/ver1/accounts/{account.id}")).json()
    assert entity["total_primary_display_currency_profit"] == {"currency": "EUR", "amount": -1200.0}


async def test_where_no_rate_is_known(house: House, alice: Client, alice_user: User, loaded: Account) -> None:
    await house.store.set_display_currency(alice_user.id, "EUR")
    ledger = (await alice.get(path_of(loaded))).json()
    assert {None} == {row["display"] for row in ledger["days"]} | {ledger["display"]}
    assert "-20.0" == ledger["usd"]["profit"]


@pytest.mark.parametrize("currency", ["usd", "btc"])
async def test_dollars_and_bitcoin_are_as_they_are(
    house: House, alice: Client, alice_user: User, loaded: Account, currency: str
) -> None:
    await house.store.set_display_currency(alice_user.id, currency.upper())
    ledger = (await alice.get(path_of(loaded))).json()
    assert [row["display"] for row in ledger["days"]] == [row[currency] for row in ledger["days"]]
    assert ledger["display"] == ledger[currency]
