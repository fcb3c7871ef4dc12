"""POST /accounts/transfer, GET /accounts/transfer_history and transfer_data"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import PAPER, Account, User
from coinassay.domain.snapshot import FlowKind
from coinassay.testing.text import rates_of

TRANSFER = "/ver1/accounts/transfer"
HISTORY = "/ver1/accounts/transfer_history"
DATA = "/ver1/accounts/transfer_data"


@pytest.fixture(autouse=True)
def prices(house: House) -> None:
    house.rates.script(PAPER, rates_of({"BTC": "50000", "ETH": "2500", "USDT": "1"}, START))


async def open_paper(house: House, user: User, name: str = "paper", **balances: str) -> Account:
    return await house.services.accounts.connect(
        user.id, PAPER, name, {}, {code: Decimal(amount) for code, amount in balances.items()}
    )


@pytest.fixture
async def one(house: House, alice_user: User) -> Account:
    return await open_paper(house, alice_user, "one", BTC="1", USDT="1000", XYZ="5")


@pytest.fixture
async def two(house: House, alice_user: User) -> Account:
    return await open_paper(house, alice_user, "two", USDT="10")


def moving(source: Account, target: Account, currency: str = "USDT", amount: Any = "250.5") -> dict[str, Any]:
    return {"currency": currency, "amount": amount, "to_account_id": target.id, "from_account_id": source.id}


async def held(house: House, account: Account) -> dict[str, Decimal]:
    return dict(await house.store.get_paper_balances(account.id))


# ---------------------------------------------------------------------------------------------------- transfer


@pytest.mark.parametrize("amount", ["250.5", 250.5])
async def test_what_is_moved_leaves_one_account_and_reaches_the_other(
    house: House, alice: Client, one: Account, two: Account, amount: Any
) -> None:
    reply = await alice.post(TRANSFER, moving(one, two, amount=amount))
    assert 201 == reply.status_code
    assert {
        "id": 1,
        "currency": "USDT",
        "amount": "250.5",
        "from_account_id": one.id,
        "to_account_id": two.id,
        "created_at": "2026-03-01T12:00:00.123Z",
    } == reply.json()
    assert Decimal("749.5") == (await held(house, one))["USDT"]
    assert {"USDT": Decimal("260.5")} == await held(house, two)


async def test_parameters_may_be_in_the_query(house: House, alice: Client, one: Account, two: Account) -> None:
    target = f"{TRANSFER}?currency=btc&amount=0.25&to_account_id={two.id}&from_account_id={one.id}"
    assert 201 == (await alice.post(target)).status_code
    assert Decimal("0.25") == (await held(house, two))["BTC"]


async def test_a_transfer_is_neither_profit_nor_loss(
    house: House, alice: Client, alice_user: User, one: Account, two: Account
) -> None:
    for account in (one, two):
        await alice.post(f"/ver1/accounts/{account.id}/load_balances")
    house.clock.advance(hours=1)
    await alice.post(TRANSFER, moving(one, two, "BTC", "0.5"))
    for account, usd, deposited in ((one, "26000.0", "26000"), (two, "25010.0", "25010")):
        document = (await alice.get(f"/ver1/accounts/{account.id}")).json()
        assert (usd, "0.0", "0.0", "0.0") == tuple(
            document[name] for name in ("usd_amount", "day_profit_usd", "usd_profit", "total_usd_profit")
        )
        stored = await house.store.get_account(alice_user.id, account.id)
        assert Decimal(deposited) == stored.net_deposits.usd
    flows = await house.store.list_flows([one.id, two.id], START)
    assert [(FlowKind.TRANSFER, Decimal(-25000), Decimal("-0.5"))] == [
        (each.kind, each.money.usd, each.amount) for each in flows[one.id]
    ]
    assert [(FlowKind.TRANSFER, Decimal(25000), Decimal("0.5"))] == [
        (each.kind, each.money.usd, each.money.btc) for each in flows[two.id]
    ]


async def test_what_has_no_price_can_be_moved(house: House, alice: Client, one: Account, two: Account) -> None:
    assert 201 == (await alice.post(TRANSFER, moving(one, two, "XYZ", "5"))).status_code
    assert "XYZ" not in await held(house, one)
    assert Decimal(5) == (await held(house, two))["XYZ"]
    assert "0.0" == (await alice.get(f"/ver1/accounts/{two.id}")).json()["total_usd_profit"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"amount": None}, {"amount": ["is missing"]}),
        ({"amount": "0"}, {"amount": ["is invalid"]}),
        ({"amount": "-1"}, {"amount": ["is invalid"]}),
        ({"amount": "many"}, {"amount": ["is invalid"]}),
        ({"amount": True}, {"amount": ["is invalid"]}),
        ({"currency": None}, {"currency": ["is missing"]}),
        ({"to_account_id": None}, {"to_account_id": ["is missing"]}),
        ({"from_account_id": "x"}, {"from_account_id": ["is invalid"]}),
        ({"amount": "1000.0000000000000000001"}, {"amount": ["is more than the account holds"]}),
        ({"currency": "ETH"}, {"amount": ["is more than the account holds"]}),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_moved(
    house: House, alice: Client, one: Account, two: Account, changes: dict[str, Any], problems: Any
) -> None:
    reply = await alice.post(TRANSFER, moving(one, two) | changes)
    assert (400, problems) == (reply.status_code, reply.json()["error_attributes"])
    assert Decimal(1000) == (await held(house, one))["USDT"]


async def test_an_account_is_not_moved_to_itself(alice: Client, one: Account) -> None:
    reply = await alice.post(TRANSFER, moving(one, one))
    wrong = {"to_account_id": ["does not have a valid value"]}
    assert (400, wrong) == (reply.status_code, reply.json()["error_attributes"])


async def test_another_users_account_does_not_exist(house: House, alice: Client, bob_user: User, one: Account) -> None:
    bobs = await open_paper(house, bob_user, USDT="10")
    for source, target in ((one, bobs), (bobs, one)):
        assert 404 == (await alice.post(TRANSFER, moving(source, target))).status_code
    assert {"USDT": Decimal(10)} == await held(house, bobs)


@pytest.mark.parametrize("account_id", ["4711", "0", "2147483648"])
async def test_an_unknown_account_is_not_found(alice: Client, one: Account, account_id: str) -> None:
    assert 404 == (await alice.post(TRANSFER, moving(one, one) | {"to_account_id": account_id})).status_code


async def test_nothing_is_moved_from_or_to_a_real_account(
    house: House, alice: Client, one: Account, alices_account: Account
) -> None:
    for source, target in ((one, alices_account), (alices_account, one)):
        reply = await alice.post(TRANSFER, moving(source, target))
        assert (403, {"error": "Forbidden. Unavailable for this account."}) == (reply.status_code, reply.json())
    assert Decimal(1000) == (await held(house, one))["USDT"]


async def test_reading_permission_is_not_enough_to_move(
    house: House, app: Application, alice_user: User, one: Account, two: Account
) -> None:
    reader = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    assert 403 == (await reader.post(TRANSFER, moving(one, two))).status_code


async def test_transfers_at_the_same_moment_make_and_lose_nothing(
    house: House, alice: Client, one: Account, two: Account
) -> None:
    replies = await asyncio.gather(
        *(alice.post(TRANSFER, moving(*way, amount="3")) for way in ((one, two), (two, one), (one, two)))
    )
    assert {201, 409} >= {reply.status_code for reply in replies}
    moved = sum(
        (-3 if reply.json()["from_account_id"] == one.id else 3) for reply in replies if reply.status_code == 201
    )
    assert Decimal(1000 + moved) == (await held(house, one))["USDT"]
    assert Decimal(10 - moved) == (await held(house, two))["USDT"]


# ----------------------------------------------------------------------------------------------------- history


async def test_the_history_is_paged_newest_first(house: House, alice: Client, one: Account, two: Account) -> None:
    for amount in range(1, 13):
        house.clock.advance(seconds=10)
        await alice.post(TRANSFER, moving(one, two, amount=str(amount)))
    await alice.post(TRANSFER, moving(one, two, "BTC", "1"))
    path = f"{HISTORY}?account_id={two.id}&currency=usdt"
    pages = [(await alice.get(f"{path}&page={page}")).json() for page in (1, 2, 3)]
    assert [[f"{n}.0" for n in range(12, 2, -1)], ["2.0", "1.0"], []] == [
        [row["amount"] for row in page] for page in pages
    ]
    assert {(one.id, two.id)} == {(row["from_account_id"], row["to_account_id"]) for page in pages for row in page}
    since = int(START.timestamp()) + 111
    assert ["12.0"] == [row["amount"] for row in (await alice.get(f"{path}&start_time={since}")).json()]
    assert ["12.0", "11.0"] == [row["amount"] for row in (await alice.get(f"{path}&per_page=2")).json()]
    assert pages[0] == (await alice.get(f"{HISTORY}?account_id={one.id}&currency=USDT")).json(), "both see the same"


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("", {"account_id": ["is missing"], "currency": ["is missing"]}),
        ("account_id=x&currency=USDT", {"account_id": ["is invalid"]}),
        ("account_id=1&currency=USDT&page=0", {"page": ["does not have a valid value"]}),
        ("account_id=1&currency=USDT&per_page=101", {"per_page": ["does not have a valid value"]}),
        ("account_id=1&currency=USDT&start_time=yesterday", {"start_time": ["is invalid"]}),
    ],
)
async def test_what_is_wrong_with_the_question_is_named(alice: Client, query: str, problems: Any) -> None:
    reply = await alice.get(f"{HISTORY}?{query}")
    assert (400, problems) == (reply.status_code, reply.json()["error_attributes"])


async def test_the_history_of_others_and_of_real_accounts_is_not_shown(
    alice: Client, bob: Client, one: Account, alices_account: Account
) -> None:
    assert 404 == (await bob.get(f"{HISTORY}?account_id={one.id}&currency=USDT")).status_code
    reply = await alice.get(f"{HISTORY}?account_id={alices_account.id}&currency=USDT")
    assert (403, {"error": "Forbidden. Unavailable for this account."}) == (reply.status_code, reply.json())


# -------------------------------------------------------------------------------------------------------- data


async def test_what_can_be_moved_is_listed(alice: Client, one: Account, two: Account, alices_account: Account) -> None:
    reply = await alice.get(DATA)
    assert 200 == reply.status_code
    assert {
        "available_currencies": ["BTC", "USDT", "XYZ"],
        "accounts": [
            {
                "name": "one",
                "id": one.id,
                "code": "paper_trading",
                "balances": [
                    {"currency": "BTC", "amount": "1.0"},
                    {"currency": "USDT", "amount": "1000.0"},
                    {"currency": "XYZ", "amount": "5.0"},
                ],
            },
            {
                "name": "two",
                "id": two.id,
                "code": "paper_trading",
                "balances": [{"currency": "USDT", "amount": "10.0"}],
            },
        ],
    } == reply.json()


async def test_without_paper_accounts_there_is_nothing_to_move(bob: Client, one: Account) -> None:
    assert {"available_currencies": [], "accounts": []} == (await bob.get(DATA)).json()


@pytest.mark.parametrize("path", [f"{HISTORY}?account_id=1&currency=USDT", DATA])
async def test_permission_to_read_is_needed(house: House, app: Application, alice_user: User, path: str) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert 403 == (await writer.get(path)).status_code
