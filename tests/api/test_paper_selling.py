"""POST /accounts/{id}/sell_all_to_usd, sell_all_to_btc and convert_dust_to_bnb"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import PAPER, Account, User
from coinassay.domain.money import CONTEXT
from coinassay.testing.text import rates_of

OPERATIONS = ("sell_all_to_usd", "sell_all_to_btc", "convert_dust_to_bnb")
CODES = {"codes": ["ADA"]}
PRICES = {"BTC": "50000", "ETH": "2500", "USDT": "1", "ADA": "0.5", "BNB": "500"}


@pytest.fixture(autouse=True)
def prices(house: House) -> None:
    house.rates.script(PAPER, rates_of(PRICES, START))


async def open_paper(house: House, user: User, **balances: str) -> Account:
    return await house.services.accounts.connect(
        user.id, PAPER, "paper", {}, {code: Decimal(amount) for code, amount in balances.items()}
    )


async def held(house: House, account: Account) -> dict[str, Decimal]:
    return dict(await house.store.get_paper_balances(account.id))


def path_of(account: Account, operation: str) -> str:
    return f"/ver1/accounts/{account.id}/{operation}"


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_unknown_account_is_not_found(alice: Client, operation: str) -> None:
    reply = await alice.post(f"/ver1/accounts/4711/{operation}", CODES)
    assert (reply.status_code, reply.error) == (404, "not_found")


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_another_users_account_does_not_exist(
    house: House, bob: Client, alice_user: User, alices_account: Account, operation: str
) -> None:
    for account in (alices_account, await open_paper(house, alice_user, ADA="1")):
        assert (await bob.post(path_of(account, operation), CODES)).status_code == 404


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_reading_permission_is_not_enough(
    house: House, app: Application, alice_user: User, operation: str
) -> None:
    reader = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    account = await open_paper(house, alice_user, ADA="1")
    reply = await reader.post(path_of(account, operation), CODES)
    assert (reply.status_code, reply.error) == (403, "access_denied")
    assert {"ADA": Decimal(1)} == await held(house, account)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("sell_all_to_usd", "Forbidden. Unavailable for this account."),
        ("sell_all_to_btc", "Forbidden. Unavailable for this account."),
        ("convert_dust_to_bnb", "Forbidden. Unavailable for this account type."),
    ],
)
async def test_nothing_is_sold_of_a_real_account(
    house: House, alice: Client, alices_account: Account, operation: str, text: str
) -> None:
    calls = house.connector.calls.total()
    reply = await alice.post(path_of(alices_account, operation), CODES)
    assert (403, {"error": text}) == (reply.status_code, reply.json())
    assert calls == house.connector.calls.total()


# ----------------------------------------------------------------------------------------------------- selling


async def test_everything_becomes_dollars_less_the_fee(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, BTC="0.1", USDT="1000", ETH="2", USD="7")
    await alice.post(path_of(account, "load_balances"))
    house.clock.advance(minutes=1)
    reply = await alice.post(path_of(account, "sell_all_to_usd"))
    assert 201 == reply.status_code
    # 0.1 x 50000 + 2 x 2500 = 10000, of which 0.1 % is the fee; dollars are not sold for dollars.
    assert {"USDT": Decimal(10990), "USD": Decimal(7)} == await held(house, account)
    document = reply.json()
    assert ("10997.0", "0.21994") == (document["usd_amount"], document["btc_amount"])
    assert ("-10.0", "-10.0") == (document["day_profit_usd"], document["total_usd_profit"])


async def test_everything_becomes_bitcoin_less_the_fee(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, BTC="0.1", USDT="5000", ETH="2")
    reply = await alice.post(path_of(account, "sell_all_to_btc"))
    assert 201 == reply.status_code
    assert {"BTC": Decimal("0.2998")} == await held(house, account)
    assert "0.2998" == reply.json()["btc_amount"]


async def test_selling_is_no_withdrawal(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, BTC="1")
    await alice.post(path_of(account, "sell_all_to_usd"))
    after = await house.store.get_account(alice_user.id, account.id)
    assert Decimal(50000) == after.net_deposits.usd, "what it was opened with, and nothing else"
    assert Decimal(49950) == after.total.usd


async def test_what_has_no_price_is_left_alone(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, XYZ="9", ADA="100")
    await alice.post(path_of(account, "sell_all_to_usd"))
    assert {"XYZ": Decimal(9), "USDT": Decimal("49.95")} == await held(house, account)


async def test_where_the_currency_sold_to_has_no_price_nothing_is_sold(
    house: House, alice: Client, alice_user: User
) -> None:
    house.rates.script(PAPER, rates_of({"ADA": "0.5", "BTC": "50000"}, START, refusals={"USDT": "nobody trades it"}))
    account = await open_paper(house, alice_user, ADA="100")
    reply = await alice.post(path_of(account, "sell_all_to_usd"))
    assert (422, "unknown_market_api_error") == (reply.status_code, reply.error)
    assert "nobody trades it" in reply.json()["error_description"]
    assert {"ADA": Decimal(100)} == await held(house, account)


async def test_selling_twice_changes_nothing_more(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, BTC="1")
    first = await alice.post(path_of(account, "sell_all_to_usd"))
    second = await alice.post(path_of(account, "sell_all_to_usd"))
    assert (201, first.json()["usd_amount"]) == (second.status_code, second.json()["usd_amount"])


async def test_what_was_sold_shows_in_the_pie_at_once(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, BTC="1")
    await alice.post(path_of(account, "load_balances"))
    await alice.post(path_of(account, "sell_all_to_usd"))
    rows = (await alice.post(path_of(account, "pie_chart_data"))).json()
    assert [("USDT", 49950.0)] == [(row["code"], row["amount"]) for row in rows]
    reply = await alice.post(path_of(account, "load_balances"))
    assert "49950.0" == reply.json()["usd_amount"], "the next load reads what was sold, not what it was opened with"


async def test_selling_and_loading_at_the_same_moment_lose_nothing(
    house: House, alice: Client, alice_user: User
) -> None:
    account = await open_paper(house, alice_user, BTC="1", ETH="1")
    operations = ("sell_all_to_usd", "load_balances", "sell_all_to_btc", "load_balances", "sell_all_to_usd")
    replies = await asyncio.gather(*(alice.post(path_of(account, each)) for each in operations))
    assert {201, 409} >= {reply.status_code for reply in replies}
    after = await held(house, account)
    worth = sum((CONTEXT.multiply(amount, Decimal(PRICES[code])) for code, amount in after.items()), Decimal(0))
    stored = await house.store.get_account(alice_user.id, account.id)
    assert worth == stored.total.usd
    assert Decimal(52500) * Decimal("0.997") < worth <= Decimal(52500) * Decimal("0.999")


# -------------------------------------------------------------------------------------------------------- dust


@pytest.mark.parametrize(
    "target",
    ["?codes=ADA&codes=ETH", "?codes[]=ADA&codes[]=ETH", "?codes[0]=ADA&codes[1]=ETH", "?codes%5B%5D=ada&codes[]=eth"],
)
async def test_codes_may_be_spelled_in_every_way(house: House, alice: Client, alice_user: User, target: str) -> None:
    account = await open_paper(house, alice_user, ADA="20", ETH="0.01", BTC="1")
    assert 201 == (await alice.post(path_of(account, "convert_dust_to_bnb") + target)).status_code
    assert {"BTC", "BNB"} == set(await held(house, account))


async def test_dust_becomes_bnb_and_the_answer_says_how_much(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, ADA="20", ETH="0.01", BTC="1")
    reply = await alice.post(path_of(account, "convert_dust_to_bnb"), {"codes": ["ETH", "ADA"]})
    assert 201 == reply.status_code
    at = int(START.timestamp()) * 1000 + 123
    assert {
        "totalTransfered": "0.0686",  # (20 x 0.5 + 0.01 x 2500) / 500, less 2 %
        "totalServiceCharge": "0.0014",
        "transferResult": [
            row(at, 0, "ETH", "0.01", "0.049", "0.001"),
            row(at, 1, "ADA", "20.0", "0.0196", "0.0004"),
        ],
    } == reply.json()
    assert {"BTC": Decimal(1), "BNB": Decimal("0.0686")} == await held(house, account)


def row(at: int, place: int, asset: str, amount: str, received: str, charge: str) -> dict[str, Any]:
    return {
        "tranId": at * 1000 + place,
        "fromAsset": asset,
        "amount": amount,
        "transferedAmount": received,
        "serviceChargeAmount": charge,
        "operateTime": at,
    }


@pytest.mark.parametrize("codes", [None, {"codes": None}])
async def test_codes_must_be_given(house: House, alice: Client, alice_user: User, codes: Any) -> None:
    account = await open_paper(house, alice_user, ADA="20")
    reply = await alice.post(path_of(account, "convert_dust_to_bnb"), codes)
    assert (400, {"codes": ["is missing"]}) == (reply.status_code, reply.json()["error_attributes"])


@pytest.mark.parametrize("codes", [[], [1], {"a": "ADA"}, ["ADA", None]])
async def test_codes_must_be_a_list_of_texts(house: House, alice: Client, alice_user: User, codes: Any) -> None:
    account = await open_paper(house, alice_user, ADA="20")
    reply = await alice.post(path_of(account, "convert_dust_to_bnb"), {"codes": codes})
    assert (400, {"codes": ["is invalid"]}) == (reply.status_code, reply.json()["error_attributes"])


@pytest.mark.parametrize("code", ["BTC", "BNB", "XYZ", "DOGE"])
async def test_all_is_converted_or_nothing(house: House, alice: Client, alice_user: User, code: str) -> None:
    """Too much of it, already BNB, without a price, or not held."""
    balances = {"ADA": "20", "BTC": "1", "BNB": "0.001", "XYZ": "1"}
    account = await open_paper(house, alice_user, **balances)
    reply = await alice.post(path_of(account, "convert_dust_to_bnb"), {"codes": ["ADA", code]})
    wrong = {"codes": ["does not have a valid value"]}
    assert (400, wrong) == (reply.status_code, reply.json()["error_attributes"])
    assert {code: Decimal(amount) for code, amount in balances.items()} == await held(house, account)


async def test_dust_is_converted_once_in_six_hours(house: House, alice: Client, alice_user: User) -> None:
    account = await open_paper(house, alice_user, ADA="20", ETH="0.01")
    path = path_of(account, "convert_dust_to_bnb")
    assert 201 == (await alice.post(path, {"codes": ["ADA"]})).status_code
    house.clock.advance(hours=6, seconds=-1)
    reply = await alice.post(path, {"codes": ["ETH"]})
    assert (
        422,
        {
            "error_description": "Small balances can be converted only once every 6h",
            "error": "bnb_dust_limit_error",
        },
    ) == (reply.status_code, reply.json())
    house.clock.advance(seconds=1)
    assert 201 == (await alice.post(path, {"codes": ["ETH"]})).status_code


async def test_of_two_conversions_at_the_same_moment_one_is_too_early(
    house: House, alice: Client, alice_user: User
) -> None:
    account = await open_paper(house, alice_user, ADA="20", ETH="0.01")
    path = path_of(account, "convert_dust_to_bnb")
    replies = await asyncio.gather(*(alice.post(path, {"codes": [code]}) for code in ("ADA", "ETH")))
    assert [201, 422] == sorted(reply.status_code for reply in replies)
