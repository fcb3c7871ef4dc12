"""GET /accounts/{id}/balance_chart_data, and of all accounts together"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User

SUMMARY = "/ver1/accounts/summary/balance_chart_data"


def path_of(account: Account, query: str = "?date_from=2026-01-01") -> str:
    return f"/ver1/accounts/{account.id}/balance_chart_data{query}"


def midnight(day: int) -> int:
    return int(datetime(2026, 3, day, tzinfo=UTC).timestamp())


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


# ---------------------------------------------------------------------------------------------- refusals


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.get("/ver1/accounts/4711/balance_chart_data?date_from=2026-01-01")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(bob: Client, loaded: Account) -> None:
    assert (await bob.get(path_of(loaded))).status_code == 404
    assert (await bob.get(path_of(loaded, ""))).status_code == 404
    assert (await bob.get(f"{SUMMARY}?date_from=2026-01-01")).body == b"[]"


async def test_writing_alone_is_not_enough(house: House, app: Application, alice_user: User, loaded: Account) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert (await writer.get(path_of(loaded))).status_code == 403
    assert (await writer.get(f"{SUMMARY}?date_from=2026-01-01")).status_code == 403


@pytest.mark.parametrize(
    ("query", "attributes"),
    [
        ("", {"date_from": ["is missing"]}),
        ("?date_from=", {"date_from": ["is missing"]}),
        ("?date_from=yesterday", {"date_from": ["is invalid"]}),
        ("?date_from=2026-02-30", {"date_from": ["is invalid"]}),
        ("?date_from[]=2026-02-03", {"date_from": ["is invalid"]}),
        ("?date_from=2026-03-01&date_to=soon", {"date_to": ["is invalid"]}),
        ("?date_from=x&date_to=y", {"date_from": ["is invalid"], "date_to": ["is invalid"]}),
        ("?date_from=2026-03-02&date_to=2026-03-01", {"date_to": ["is invalid"]}),
    ],
)
async def test_moments_that_cannot_be(
    alice: Client, loaded: Account, query: str, attributes: dict[str, list[str]]
) -> None:
    for path in (path_of(loaded, query), SUMMARY + query):
        reply = await alice.get(path)
        assert (reply.status_code, reply.error) == (400, "record_invalid")
        assert reply.json()["error_attributes"] == attributes


# ------------------------------------------------------------------------------------------------- rows


async def test_a_row_for_each_day_and_one_for_now(alice: Client, loaded: Account) -> None:
    reply = await alice.get(path_of(loaded))
    assert reply.status_code == 200
    rows = reply.json()
    assert [(row["date"], row["usd"], row["usd_deposit_amount"]) for row in rows] == [
        (midnight(1), 150.0, 100.0),
        (midnight(2), 150.0, 0.0),
        (midnight(3), 80.0, 0.0),
        (midnight(4), 80.0, 0.0),
        (midnight(5), 80.0, 0.0),
        (int((START + timedelta(days=4)).timestamp()), 80.0, 0.0),
    ]
    assert [list(row) for row in rows] == [["date", "usd", "btc", "btc_deposit_amount", "usd_deposit_amount"]] * 6
    assert rows[0]["btc"] == pytest.approx(150 / 63738.36)
    assert rows[0]["btc_deposit_amount"] == pytest.approx(100 / 63738.36)
    assert all(type(row["date"]) is int for row in rows)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-03",
        "2026-03-03T18:58:55.469Z",
        "2026-03-03T00%3A00%3A00Z",
        "2026-03-03T05:00:00%2B00:00",
        "2026-03-03T05:00:00+00:00",
        "2026-03-02T22:00:00-05:00",
    ],
)
async def test_moments_are_taken_as_clients_write_them(alice: Client, loaded: Account, moment: str) -> None:
    rows = (await alice.get(path_of(loaded, f"?date_from={moment}"))).json()
    assert [row["date"] for row in rows[:-1]] == [midnight(3), midnight(4), midnight(5)]


async def test_a_value_from_before_the_first_day_is_carried(alice: Client, loaded: Account) -> None:
    rows = (await alice.get(path_of(loaded, "?date_from=2026-03-02&date_to=2026-03-02"))).json()
    assert [(row["date"], row["usd"], row["usd_deposit_amount"]) for row in rows] == [(midnight(2), 150.0, 0.0)]


async def test_days_of_the_past_have_no_row_for_now(alice: Client, loaded: Account) -> None:
    rows = (await alice.get(path_of(loaded, "?date_from=2026-01-01&date_to=2026-03-02T10:00:00Z"))).json()
    assert [row["date"] for row in rows] == [midnight(1), midnight(2)]
    rows = (await alice.get(path_of(loaded, "?date_from=2026-03-04&date_to=2027-01-01"))).json()
    assert len(rows) == 3, "a day that has not come yet is not known"


async def test_what_lies_outside_of_the_history_is_empty(alice: Client, house: House, loaded: Account) -> None:
    assert (await alice.get(path_of(loaded, "?date_from=2026-01-01&date_to=2026-02-01"))).body == b"[]"
    assert (await alice.get(path_of(loaded, "?date_from=2027-01-01"))).body == b"[]"
    fresh = await house.connect(await house.store.get_user(loaded.user_id), name="Fresh")
    assert (await alice.get(path_of(fresh))).body == b"[]"


async def test_from_the_beginning_of_time(alice: Client, loaded: Account) -> None:
    assert len((await alice.get(path_of(loaded, "?date_from=0001-01-01"))).json()) == 6


async def test_a_long_history_in_full(house: House, alice: Client, loaded: Account) -> None:
    house.clock.advance(days=1000)
    rows = (await alice.get(path_of(loaded))).json()
    assert len(rows) == 1006
    assert {b["date"] - a["date"] for a, b in itertools.pairwise(rows[:-1])} == {86400}


# -------------------------------------------------------------------------------------------- all together


async def test_accounts_are_added_up_from_their_first_day(
    house: House, alice: Client, alice_user: User, loaded: Account
) -> None:
    house.clock.now = START + timedelta(days=3)
    await house.load(await house.connect(alice_user, name="Other"), "1000 USDT")
    left_out = await house.load(await house.connect(alice_user, name="Left out"), "7 USDT")
    await alice.post("/ver1/accounts/update", {"account_id": left_out.id, "include_in_summary": False})
    house.clock.now = START + timedelta(days=4)
    rows = (await alice.get(f"{SUMMARY}?date_from=2026-01-01")).json()
    assert [(row["usd"], row["usd_deposit_amount"]) for row in rows] == [
        (150.0, 100.0),
        (150.0, 0.0),
        (80.0, 0.0),
        (1080.0, 1000.0),
        (1080.0, 0.0),
        (1080.0, 0.0),
    ]
    assert (await alice.get(f"{SUMMARY}?date_from=2026-01-01", forced_mode="paper")).body == b"[]"
