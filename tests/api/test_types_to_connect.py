"""GET /accounts/types_to_connect"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.client import Client, Reply
from tests.api.conftest import EXCHANGE_SECRET, House

from coinassay.api.asgi import Application
from coinassay.domain.account import User
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.services.doctor import MAY_WITHDRAW
from coinassay.testing.scripted import EXAMINED_AT

PATH = "/ver1/accounts/types_to_connect"
GOOD: dict[str, str] = {"type": "binance", "name": "Mine", "api_key": "my-exchange-key", "secret": EXCHANGE_SECRET}
FAMILY = ["binance", "binance_margin", "binance_portfolio_margin", "binance_futures", "binance_futures_coin"]


async def ask(client: Client, **changes: str | None) -> Reply:
    given = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return await client.get(f"{PATH}?{urlencode(given)}")


def report(**answers: Any) -> KeyReport:
    good = {"works": Answer.YES, "may_read": Answer.YES, "may_trade": Answer.NO, "may_withdraw": Answer.NO}
    return KeyReport("binance", EXAMINED_AT, **{**good, **answers})


async def test_every_kind_of_account_the_key_opens(house: House, alice: Client) -> None:
    others = {
        "binance_futures": Readable(Answer.NO, "Not opened."),
        "binance_futures_coin": Readable(Answer.UNKNOWN),
        "binance_margin": Readable(Answer.YES),
        "binance_portfolio_margin": Readable(Answer.NO),
    }
    house.doctor.script(report(others=others))
    reply = await ask(alice)
    assert reply.status_code == 200
    assert reply.json() == [
        {"type": "binance", "connected": False, "available": True, "unified": False},
        {"type": "binance_margin", "connected": False, "available": True, "unified": False},
        {"type": "binance_portfolio_margin", "connected": False, "available": False, "unified": False},
        {"type": "binance_futures", "connected": False, "available": False, "unified": False},
        {"type": "binance_futures_coin", "connected": False, "available": True, "unified": False},
    ]
    ((code, credentials, asked),) = house.doctor.examined
    assert (code, list(asked)) == ("binance", FAMILY[1:])
    assert dict(credentials) == {"api_key": "my-exchange-key", "secret": EXCHANGE_SECRET}


async def test_what_is_connected_already(house: House, alice: Client, bob: Client, alice_user: User) -> None:
    fields = {**GOOD, "types_to_create": ["binance", "binance_futures"]}
    assert (await alice.post("/ver1/accounts/new", fields)).status_code == 201
    connected = [each["type"] for each in (await ask(alice)).json() if each["connected"]]
    assert connected == ["binance", "binance_futures"]
    assert not any(each["connected"] for each in (await ask(alice, api_key="another-key")).json())
    assert not any(each["connected"] for each in (await ask(bob)).json())


async def test_a_unified_account(house: House, alice: Client) -> None:
    house.doctor.script(report(unified=Answer.YES))
    assert {each["unified"] for each in (await ask(alice)).json()} == {True}


async def test_nothing_is_stored(house: House, alice: Client, alice_user: User) -> None:
    await ask(alice)
    assert await house.services.accounts.list_accounts(alice_user.id) == []


async def test_any_key_may_ask(house: House, app: Application, alice_user: User) -> None:
    assert (await ask(await house.add_client(alice_user, app, ""))).status_code == 200


async def test_but_not_nobody(house: House, alice: Client) -> None:
    reply = await alice.send_unsigned("GET", f"/public/api{PATH}?{urlencode(GOOD)}".encode())
    assert (reply.status_code, reply.error) == (401, "api_key_invalid_or_expired")
    assert house.doctor.examined == []


@pytest.mark.parametrize(
    ("changes", "attributes"),
    [
        ({"type": None}, {"type": ["is missing"]}),
        ({"type": "nothing"}, {"type": ["does not have a valid value"]}),
        ({"api_key": "1234"}, {"api_key": ["is too short (minimum is 5 characters)"]}),
        ({"secret": "with\nnewline"}, {"secret": ["is invalid"]}),
        ({"api_key": "1234", "secret": None}, {"api_key": ["is too short (minimum is 5 characters)"]}),
        ({"type": "kraken", "secret": "not base64!"}, {"secret": ["is invalid"]}),
    ],
)
async def test_what_is_wrong_is_named(
    house: House, alice: Client, changes: dict[str, str | None], attributes: dict[str, Any]
) -> None:
    reply = await ask(alice, **changes)
    assert (reply.status_code, reply.error) == (400, "record_invalid")
    assert reply.json()["error_attributes"] == attributes
    assert house.doctor.examined == []


@pytest.mark.parametrize("missing", [{"secret": None}, {"api_key": None, "secret": None, "name": None}])
async def test_without_the_credentials_nothing_is_asked(
    house: House, alice: Client, missing: dict[str, str | None]
) -> None:
    reply = await ask(alice, **missing)
    assert (reply.status_code, [each["type"] for each in reply.json()]) == (200, FAMILY)
    assert {each["available"] for each in reply.json()} == {True}
    assert house.doctor.examined == []


async def test_a_key_that_may_withdraw_is_refused(house: House, alice: Client) -> None:
    house.doctor.script(report(may_withdraw=Answer.YES))
    reply = await ask(alice)
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"api_key": [MAY_WITHDRAW]})


async def test_a_key_that_the_exchange_rejects(house: House, alice: Client) -> None:
    house.doctor.script(report(works=Answer.NO, may_read=Answer.NO, failure="invalid_api_key", reason="No such key."))
    reply = await ask(alice)
    assert reply.status_code == 422
    assert reply.json() == {
        "error_description": "API keys are no longer valid or incorrect.",
        "error": "invalid_api_key",
    }


async def test_an_exchange_that_does_not_answer(house: House, alice: Client) -> None:
    house.doctor.script(KeyReport("binance", EXAMINED_AT, failure="exchange_unavailable", reason="No answer."))
    reply = await ask(alice)
    assert (reply.status_code, {each["available"] for each in reply.json()}) == (200, {True})


async def test_a_type_without_relatives(alice: Client) -> None:
    reply = await ask(alice, type="paper_trading", api_key=None, secret=None)
    assert reply.json() == [{"type": "paper_trading", "connected": False, "available": True, "unified": False}]
    reply = await ask(alice, type="okex", passphrase="the-passphrase")
    assert [each["type"] for each in reply.json()] == ["okex", "okex_futures"]


async def test_the_secrets_in_the_query_reach_no_log(
    house: House, alice: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [await ask(alice), await ask(alice, type="nothing"), await ask(alice, secret=EXCHANGE_SECRET + "\n")]
    replies.append(await alice.send("GET", f"/public/api{PATH}?{urlencode(GOOD)}", signature="00" * 32))
    house.doctor.script(report(may_withdraw=Answer.YES))
    replies.append(await ask(alice))
    house.doctor.script(report(works=Answer.NO, failure="invalid_api_key", reason="No such key."))
    replies.append(await ask(alice))
    assert [reply.status_code for reply in replies] == [200, 400, 400, 401, 400, 422]
    written = f"{caplog.text}{house.lines}{house.crashes}{house.cautions}{[reply.body for reply in replies]}"
    assert house.lines[-1].route == PATH
    for secret in (EXCHANGE_SECRET, "my-exchange-key"):
        assert secret not in written
