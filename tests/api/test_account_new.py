"""POST /accounts/new"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.client import Client
from tests.api.conftest import EXCHANGE_SECRET, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.key_report import Answer, KeyReport
from coinassay.services.doctor import MAY_WITHDRAW
from coinassay.testing.scripted import EXAMINED_AT

NEW = "/ver1/accounts/new"
GOOD: dict[str, Any] = {
    "type": "binance_us",
    "name": "My Binance US",
    "api_key": "my-exchange-api-key",
    "secret": EXCHANGE_SECRET,
}
MISSING, INVALID, NO_SUCH_VALUE = "is missing", "is invalid", "does not have a valid value"
PAPER: dict[str, Any] = {"type": "paper_trading", "name": "Paper"}


@pytest.mark.parametrize(
    ("changes", "attributes"),
    [
        ({"type": None, "name": None}, {"type": [MISSING], "name": [MISSING]}),
        ({"type": "nothing"}, {"type": [NO_SUCH_VALUE]}),
        ({"type": "ftx"}, {"type": [NO_SUCH_VALUE]}),
        ({"type": ["binance_us"]}, {"type": [INVALID]}),
        ({"type": True}, {"type": [INVALID]}),
        ({"name": "x"}, {"name": ["is too short (minimum is 2 characters)"]}),
        ({"name": "x" * 201}, {"name": ["is too long (maximum is 200 characters)"]}),
        ({"name": "a\nb"}, {"name": [INVALID]}),
        ({"name": "a\x00b"}, {"name": [INVALID]}),
        ({"name": "\ud800xx"}, {"name": [INVALID]}),
        ({"name": {"a": "b"}}, {"name": [INVALID]}),
        ({"api_key": None, "secret": None}, {"api_key": [MISSING], "secret": [MISSING]}),
        ({"api_key": "1234"}, {"api_key": ["is too short (minimum is 5 characters)"]}),
        ({"secret": "1234"}, {"secret": ["is too short (minimum is 5 characters)"]}),
        ({"secret": "with\nnewline"}, {"secret": [INVALID]}),
        ({"secret": ["a-secret"]}, {"secret": [INVALID]}),
        ({"secret": 12.5, "api_key": False}, {"secret": [INVALID], "api_key": [INVALID]}),
        ({"type": "kraken", "secret": "not base64!"}, {"secret": [INVALID]}),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    house: House, alice: Client, alice_user: User, changes: dict[str, Any], attributes: dict[str, Any]
) -> None:
    reply = await alice.post(NEW, {**GOOD, **changes})
    assert reply.status_code == 400
    assert reply.json()["error"] == "record_invalid"
    assert reply.json()["error_attributes"] == attributes
    assert await house.services.accounts.list_accounts(alice_user.id) == []
    assert house.connector.connections == []


async def test_nothing_at_all_is_refused(alice: Client) -> None:
    reply = await alice.post(NEW)
    assert (reply.status_code, sorted(reply.json()["error_attributes"])) == (400, ["name", "type"])


async def test_reading_is_not_enough(house: House, app: Application, alice_user: User) -> None:
    reply = await (await house.add_client(alice_user, app, "ACCOUNTS_READ")).post(NEW, GOOD)
    assert (reply.status_code, reply.error) == (403, "access_denied")


async def test_the_same_key_is_not_connected_twice(house: House, alice: Client, bob: Client, alice_user: User) -> None:
    assert (await alice.post(NEW, GOOD)).status_code == 201
    reply = await alice.post(NEW, {**GOOD, "name": "Again"})
    assert reply.status_code == 400
    assert reply.json()["error_attributes"] == {"api_key": ["This account is already connected!"]}
    assert len(await house.services.accounts.list_accounts(alice_user.id)) == 1
    assert (await bob.post(NEW, GOOD)).status_code == 201


async def test_a_new_account_is_worth_nothing_yet(house: House, alice: Client, alice_user: User) -> None:
    reply = await alice.post(NEW, GOOD)
    assert reply.status_code == 201
    entity = reply.json()
    account = (await house.services.accounts.list_accounts(alice_user.id))[0]
    assert (entity["id"], entity["name"], entity["api_key"]) == (account.id, "My Binance US", "my-exchange-api-key")
    assert "auto_balance_portfolio" not in entity
    amounts = [name for name in entity if "profit" in name or name.endswith("_amount")]
    assert len(amounts) == 18
    for name in amounts:
        value = entity[name]["amount"] if isinstance(entity[name], dict) else entity[name]
        assert value == (0.0 if name == "total_primary_display_currency_profit" else "0.0"), name
    assert (entity["api_keys_state"], entity["api_key_invalid"]) == ("ok", False)
    assert house.lines[-1].account_id == account.id


async def test_the_secret_reaches_the_exchange_and_nobody_else(house: House, alice: Client) -> None:
    reply = await alice.post(NEW, GOOD)
    assert EXCHANGE_SECRET not in reply.body.decode()
    house.connector.script("binance_us", ["1 USDT"])
    await alice.post(f"/ver1/accounts/{reply.json()['id']}/load_balances")
    assert dict(house.connector.connections[-1].credentials) == {
        "api_key": "my-exchange-api-key",
        "secret": EXCHANGE_SECRET,
    }


@pytest.mark.parametrize("spelling", ["json", "form", "query", "mixed", "extra"])
async def test_parameters_are_found_wherever_they_are(house: House, alice: Client, spelling: str) -> None:
    match spelling:
        case "json":
            reply = await alice.post(NEW, GOOD)
        case "form":
            body = urlencode(GOOD).encode()
            target = f"/public/api{NEW}"
            client = alice.with_headers(content_type="application/x-www-form-urlencoded")
            reply = await client.send("POST", target, body, signed=target.encode() + b"?" + body)
        case "query":
            reply = await alice.post(f"{NEW}?{urlencode(GOOD)}&types_to_create[0]=spot")
        case "mixed":
            reply = await alice.post(f"{NEW}?name=My+Binance+US&type=binance_us", {**GOOD, "name": "z", "type": "z"})
        case _:
            reply = await alice.post(NEW, {**GOOD, "types_to_create": ["spot"], "account_id": 1, "passphrase": [1]})
    assert reply.status_code == 201
    assert (reply.json()["name"], reply.json()["market_code"]) == ("My Binance US", "binance_us")


async def test_an_integer_is_taken_where_a_text_is_wanted(house: House, alice: Client) -> None:
    fields = {
        "type": "bitstamp",
        "name": "Bitstamp",
        "api_key": "my-api-key",
        "secret": "my-secret",
        "customer_id": 4711,
    }
    reply = await alice.post(NEW, fields)
    assert (reply.status_code, reply.json()["customer_id"]) == (201, "4711")


# -------------------------------------------------------------------------------------------------- paper


@pytest.mark.parametrize(
    "balances",
    [
        '"x"',
        "[]",
        "7",
        '{"BTC":"-1"}',
        '{"BTC":"x"}',
        '{"BTC":"1e99"}',
        '{"":"1"}',
        '{"BTC":{}}',
        '{"BTC":"1","btc":"2"}',
    ],
)
async def test_balances_that_are_none_are_refused(house: House, alice: Client, alice_user: User, balances: str) -> None:
    reply = await alice.post(NEW, {**PAPER, "balances": json.loads(balances)})
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"balances": [INVALID]})
    assert await house.services.accounts.list_accounts(alice_user.id) == []


@pytest.mark.parametrize(
    ("balances", "stored"),
    [
        (None, {"USDT": Decimal(10000), "BTC": Decimal("0.1")}),
        ({}, {}),
        ({"USDT": "10000"}, {"USDT": Decimal(10000)}),
        ({"eth": "1.000000000000000001", "BTC": 2}, {"ETH": Decimal("1.000000000000000001"), "BTC": Decimal(2)}),
        ({"BTC": 0.1}, {"BTC": Decimal("0.1")}),
    ],
)
async def test_a_paper_account_starts_with_balances_of_ones_choice(
    house: House, alice: Client, balances: Any, stored: dict[str, Decimal]
) -> None:
    document = PAPER if balances is None else {**PAPER, "balances": balances}
    reply = await alice.post(NEW, document)
    assert (reply.status_code, reply.json()["market_code"]) == (201, "paper_trading")
    assert await house.store.get_paper_balances(reply.json()["id"]) == stored


async def test_balances_may_be_in_the_query(house: House, alice: Client) -> None:
    reply = await alice.post(f"{NEW}?type=paper_trading&name=Paper&balances[USDT]=12.5&balances%5BBTC%5D=1")
    assert reply.status_code == 201
    assert await house.store.get_paper_balances(reply.json()["id"]) == {"USDT": Decimal("12.5"), "BTC": Decimal(1)}


async def test_a_real_account_has_the_balances_it_has(house: House, alice: Client) -> None:
    reply = await alice.post(NEW, {**GOOD, "balances": {"BTC": "21000000"}})
    assert reply.status_code == 201
    assert await house.store.get_paper_balances(reply.json()["id"]) == {}


# ------------------------------------------------------------------------------------------------ examining the key


def report(market_code: str = "binance_us", **answers: Any) -> KeyReport:
    good: dict[str, Any] = {
        "works": Answer.YES,
        "may_read": Answer.YES,
        "may_trade": Answer.NO,
        "may_withdraw": Answer.NO,
        "ip_bound": Answer.YES,
    }
    return KeyReport(market_code, EXAMINED_AT, **{**good, **answers})


async def test_a_key_that_may_withdraw_is_refused(house: House, alice: Client, alice_user: User) -> None:
    house.doctor.script(report(may_withdraw=Answer.YES))
    reply = await alice.post(NEW, GOOD)
    assert (reply.status_code, reply.error) == (400, "record_invalid")
    assert reply.json()["error_attributes"] == {"api_key": [MAY_WITHDRAW]}
    assert await house.services.accounts.list_accounts(alice_user.id) == []
    assert house.cautions == []


async def test_unless_the_owner_insists(house: House, alice: Client, alice_user: User) -> None:
    house.doctor.script(report(may_withdraw=Answer.YES))
    client = await house.add_client(alice_user, house.with_keys(allow_withdraw=True))
    reply = await client.post(NEW, GOOD)
    assert (reply.status_code, reply.json()["api_keys_state"]) == (201, "ok")
    ((account_id, said),) = house.cautions
    assert account_id == reply.json()["id"]
    assert any("may withdraw" in each for each in said)


async def test_a_key_that_may_trade_is_let_in_with_a_warning(house: House, alice: Client) -> None:
    found = report(may_trade=Answer.YES, ip_bound=Answer.NO)
    house.doctor.script(found)
    entity = (await alice.post(NEW, GOOD)).json()
    assert (entity["api_keys_state"], entity["api_key_invalid"]) == ("ok", False)
    assert await house.store.find_key_report(entity["id"]) == found
    ((_, said),) = house.cautions
    assert ["trade" in said[0], "bind it" in said[1], len(said)] == [True, True, 2]


async def test_of_a_key_that_only_reads_from_one_address_nothing_is_said(house: House, alice: Client) -> None:
    assert (await alice.post(NEW, GOOD)).status_code == 201
    assert house.cautions == []


async def test_a_rejected_key_is_kept_and_marked(house: House, alice: Client) -> None:
    house.doctor.script(
        report(works=Answer.NO, may_read=Answer.NO, failure="invalid_api_key", reason="The exchange rejects the key.")
    )
    reply = await alice.post(NEW, GOOD)
    entity = reply.json()
    assert (reply.status_code, entity["api_key_invalid"], entity["api_keys_state"]) == (201, True, "invalid")
    assert (await alice.get(f"/ver1/accounts/{entity['id']}")).json()["api_key_invalid"] is True
    house.connector.script("binance_us", ["1 USDT"])
    loaded = (await alice.post(f"/ver1/accounts/{entity['id']}/load_balances")).json()
    assert (loaded["api_key_invalid"], loaded["api_keys_state"]) == (False, "ok")


async def test_an_exchange_that_does_not_answer_keeps_nobody_out(house: House, alice: Client) -> None:
    house.doctor.script(KeyReport("binance_us", EXAMINED_AT, failure="exchange_unavailable", reason="No answer."))
    entity = (await alice.post(NEW, GOOD)).json()
    assert (entity["api_key_invalid"], entity["api_keys_state"]) == (False, "ok")
    ((_, said),) = house.cautions
    assert said[0] == "The account could not be read. No answer."
    assert "Whether the key may withdraw could not be found out" in said[1]


async def test_the_exchange_is_not_asked_when_it_need_not_be(house: House, alice: Client, alice_user: User) -> None:
    await alice.post(NEW, PAPER)
    await alice.post(NEW, {**GOOD, "secret": None})
    assert house.doctor.examined == []
    unseen = await house.add_client(alice_user, house.with_keys(examines=False))
    house.doctor.script(report(may_withdraw=Answer.YES))
    assert (await unseen.post(NEW, GOOD)).status_code == 201
    assert (await alice.post(NEW, GOOD)).json()["error_attributes"] == {
        "api_key": ["This account is already connected!"]
    }
    assert house.doctor.examined == []


async def test_a_new_key_of_an_account_is_examined_as_well(
    house: House, alice: Client, alices_account: Account
) -> None:
    before = len(house.doctor.examined)
    path, change = "/ver1/accounts/update", {"account_id": alices_account.id, "secret": "another-secret"}
    house.doctor.script(report(may_withdraw=Answer.YES))
    reply = await alice.post(path, change)
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"api_key": [MAY_WITHDRAW]})
    assert (await house.store.get_credentials(alices_account.id))["secret"] == EXCHANGE_SECRET
    found = report(works=Answer.NO, failure="invalid_api_key", reason="No.")
    house.doctor.script(found)
    reply = await alice.post(path, change)
    assert (reply.status_code, reply.json()["api_keys_state"]) == (201, "invalid")
    assert await house.store.find_key_report(alices_account.id) == found
    assert len(house.doctor.examined) == before + 2
    assert (await alice.post(path, {"account_id": alices_account.id, "name": "Renamed"})).status_code == 201
    assert len(house.doctor.examined) == before + 2


# --------------------------------------------------------------------------------------------- types_to_create

BINANCE = {**GOOD, "type": "binance", "name": "Mine"}


@pytest.mark.parametrize("spelling", ["json", "brackets", "indexes", "repeated", "form"])
async def test_several_types_are_connected_at_once(
    house: House, alice: Client, alice_user: User, spelling: str
) -> None:
    types = ["binance", "binance_futures"]
    pairs = {
        "brackets": [("types_to_create[]", each) for each in types],
        "indexes": [(f"types_to_create[{n}]", each) for n, each in enumerate(types)],
        "repeated": [("types_to_create", each) for each in types],
        "form": [("types_to_create[]", each) for each in types],
    }
    if spelling == "json":
        reply = await alice.post(NEW, {**BINANCE, "types_to_create": types})
    elif spelling == "form":
        body, target = urlencode([*BINANCE.items(), *pairs["form"]]).encode(), f"/public/api{NEW}"
        client = alice.with_headers(content_type="application/x-www-form-urlencoded")
        reply = await client.send("POST", target, body, signed=target.encode() + b"?" + body)
    else:
        reply = await alice.post(f"{NEW}?{urlencode([*BINANCE.items(), *pairs[spelling]], safe='[]')}")
    assert (reply.status_code, reply.json()["market_code"], reply.json()["name"]) == (201, "binance", "Mine")
    accounts = await house.services.accounts.list_accounts(alice_user.id)
    assert [(each.market_code, each.name) for each in accounts] == [
        ("binance", "Mine"),
        ("binance_futures", "Mine (Binance Futures USDT-M)"),
    ]
    assert {each.api_key for each in accounts} == {GOOD["api_key"]}
    assert [code for code, _, _ in house.doctor.examined] == types


async def test_types_stand_in_the_place_of_the_type(house: House, alice: Client, alice_user: User) -> None:
    reply = await alice.post(NEW, {**BINANCE, "types_to_create": ["binance_margin", "binance_futures"]})
    assert reply.json()["market_code"] == "binance_margin"
    accounts = await house.services.accounts.list_accounts(alice_user.id)
    assert [each.market_code for each in accounts] == ["binance_margin", "binance_futures"]


@pytest.mark.parametrize("types", [[], ["spot"], ["binance"], ["binance", "spot"], None])
async def test_the_type_alone(house: House, alice: Client, alice_user: User, types: list[str] | None) -> None:
    assert (await alice.post(NEW, {**BINANCE, "types_to_create": types})).json()["name"] == "Mine"
    accounts = await house.services.accounts.list_accounts(alice_user.id)
    assert [each.market_code for each in accounts] == ["binance"]


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (["kraken"], NO_SUCH_VALUE),
        (["binance", "nothing"], NO_SUCH_VALUE),
        (["futures"], NO_SUCH_VALUE),
        ([1], INVALID),
        ({"a": "b"}, INVALID),
    ],
)
async def test_types_that_are_none_of_this_key(
    house: House, alice: Client, alice_user: User, types: Any, text: str
) -> None:
    reply = await alice.post(NEW, {**BINANCE, "types_to_create": types})
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"types_to_create": [text]})
    assert await house.services.accounts.list_accounts(alice_user.id) == []


async def test_all_types_are_connected_or_none(house: House, alice: Client, alice_user: User) -> None:
    assert (await alice.post(NEW, {**BINANCE, "types_to_create": ["binance_futures"]})).status_code == 201
    reply = await alice.post(NEW, {**BINANCE, "types_to_create": ["binance", "binance_futures"]})
    assert reply.json()["error_attributes"] == {"api_key": ["This account is already connected!"]}
    accounts = await house.services.accounts.list_accounts(alice_user.id)
    assert [each.market_code for each in accounts] == ["binance_futures"]


async def test_an_account_without_a_key_is_named_by_its_address(house: House, alice: Client) -> None:
    fields = {
        "type": "hyperliquid",
        "name": "Hyper",
        "wallet_address": "0x" + "ab" * 20,
        "private_key": "0x" + "cd" * 32,
    }
    reply = await alice.post(NEW, fields)
    assert (reply.status_code, reply.json()["api_key"]) == (201, fields["wallet_address"])
    assert "cd" * 32 not in reply.body.decode()
    assert (await alice.post(NEW, fields)).json()["error_attributes"] == {
        "api_key": ["This account is already connected!"]
    }
