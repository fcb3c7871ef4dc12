"""GET /api/v1/accounts/{id}/composition, and of all accounts together"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User

SUMMARY = "/api/v1/accounts/summary/composition"


def path_of(account: Account, query: str = "") -> str:
    return f"/api/v1/accounts/{account.id}/composition{query}"


def held(answer: Any) -> list[tuple[str, str, str | None, str]]:
    return [(row["currency_code"], row["amount"], row["usd"], row["percentage"]) for row in answer["holdings"]]


@pytest.fixture
async def loaded(house: House, alice_user: User) -> Account:
    """1 March, 12:00: Bitcoin and dollars. 3 March: dollars, and something without a price. It is 5 March."""
    account = await house.load(await house.connect(alice_user), "0.001 BTC", "36.26164 USDT")
    house.clock.advance(days=2)
    account = await house.load(account, "80 USDT", "5 XYZ")
    house.clock.now = START + timedelta(days=4)
    return account


# ---------------------------------------------------------------------------------------------- refusals


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.get("/api/v1/accounts/4711/composition")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(bob: Client, loaded: Account) -> None:
    assert (await bob.get(path_of(loaded, "?at=x"))).status_code == 404
    assert [] == (await bob.get(SUMMARY)).json()["accounts"]


async def test_writing_alone_is_not_enough(house: House, app: Application, alice_user: User, loaded: Account) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert (await writer.get(path_of(loaded))).status_code == 403
    assert (await writer.get(SUMMARY)).status_code == 403


@pytest.mark.parametrize("at", ["soon", "2026-02-30", "2026-02-01T25:00:00Z"])
async def test_moments_that_cannot_be(alice: Client, loaded: Account, at: str) -> None:
    for path in (path_of(loaded), SUMMARY):
        reply = await alice.get(f"{path}?at={at}")
        assert (reply.status_code, reply.error) == (400, "record_invalid")
        assert reply.json()["error_attributes"] == {"at": ["is invalid"]}


# ------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("at", "moment", "carried"),
    [
        ("2026-03-01", "2026-03-01T23:59:59.999Z", False),
        ("2026-03-02", "2026-03-02T23:59:59.999Z", True),
        ("2026-03-01T12:00:00.123Z", "2026-03-01T12:00:00.123Z", False),
        ("2026-03-03T08:00:00%2B02:00", "2026-03-03T06:00:00.000Z", True),
    ],
)
async def test_what_the_last_load_until_then_found(
    alice: Client, loaded: Account, at: str, moment: str, carried: bool
) -> None:
    answer = (await alice.get(path_of(loaded, f"?at={at}"))).json()
    assert [("BTC", "0.001", "63.73836", "63.74"), ("USDT", "36.26164", "36.26164", "36.26")] == held(answer)
    assert answer["holdings"][0]["btc"] == "0.001"
    assert (answer["at"], answer["usd"], answer["carried"]) == (moment, "100.0", carried)
    assert (answer["complete"], answer["imported"], answer["known"]) == (True, False, True)
    (load,) = answer["accounts"]
    assert (load["account_id"], load["taken_at"], load["usd"]) == (loaded.id, "2026-03-01T12:00:00.123Z", "100.0")


async def test_what_has_no_price_is_not_worth_nothing(alice: Client, loaded: Account) -> None:
    answer = (await alice.get(path_of(loaded, "?at=2026-03-03"))).json()
    assert [("USDT", "80.0", "80.0", "100.0"), ("XYZ", "5.0", None, "0.0")] == held(answer)
    assert answer["holdings"][1]["btc"] is None


async def test_without_a_moment_it_is_now_and_none_is_later(alice: Client, loaded: Account) -> None:
    for query in ("", "?at=", "?at=2030-01-01"):
        answer = (await alice.get(path_of(loaded, query))).json()
        assert ("2026-03-05T12:00:00.123Z", "80.0", True) == (answer["at"], answer["usd"], answer["carried"])


async def test_before_the_first_load_nothing_is_known(alice: Client, loaded: Account) -> None:
    answer = (await alice.get(path_of(loaded, "?at=2026-03-01T12:00:00.122Z"))).json()
    assert (answer["usd"], answer["holdings"], answer["accounts"]) == ("0.0", [], [])


async def test_accounts_together(house: House, alice: Client, alice_user: User, loaded: Account) -> None:
    house.clock.now = START + timedelta(days=1)
    await house.load(await house.connect(alice_user, name="Other"), "20 USDT")
    house.clock.now = START + timedelta(days=4)
    before = (await alice.get(f"{SUMMARY}?at=2026-03-01")).json()
    assert [loaded.id] == [load["account_id"] for load in before["accounts"]]
    after = (await alice.get(f"{SUMMARY}?at=2026-03-02")).json()
    assert [("BTC", "0.001", "63.73836", "53.12"), ("USDT", "56.26164", "56.26164", "46.88")] == held(after)
    assert ("120.0", True, [True, False]) == (
        after["usd"],
        after["carried"],
        [load["carried"] for load in after["accounts"]],
    )
    assert [] == (await alice.get(SUMMARY, forced_mode="paper")).json()["accounts"]
