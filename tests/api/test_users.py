"""users/current_mode, change_mode, permissions_info and locale."""

from __future__ import annotations

import json

import pytest
from tests.api.client import BASE, Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.domain.account import User

JSON = {"content-type": "application/json"}


async def listed(client: Client) -> list[str]:
    return [each["market_code"] for each in (await client.get("/ver1/accounts")).json()]


# ---------------------------------------------------------------------------------------------------------- mode


async def test_who_has_not_chosen_is_told_real_and_sees_everything(
    house: House, alice: Client, alice_user: User
) -> None:
    await house.connect(alice_user)
    await house.services.accounts.connect(alice_user.id, "paper_trading", "Paper", {})
    reply = await alice.get("/ver1/users/current_mode")
    assert (200, {"mode": "real"}) == (reply.status_code, reply.json())
    assert ["binance_us", "paper_trading"] == await listed(alice)


async def test_the_mode_chosen_holds_from_now_on(house: House, alice: Client, alice_user: User) -> None:
    await house.connect(alice_user)
    await house.services.accounts.connect(alice_user.id, "paper_trading", "Paper", {})
    for mode, codes in (("paper", ["paper_trading"]), ("real", ["binance_us"])):
        reply = await alice.post("/ver1/users/change_mode", {"mode": mode})
        assert (201, b"true") == (reply.status_code, reply.body)
        assert {"mode": mode} == (await alice.get("/ver1/users/current_mode")).json()
        assert codes == await listed(alice)


async def test_forced_mode_is_for_one_request_and_changes_nothing(alice: Client) -> None:
    await alice.post("/ver1/users/change_mode", {"mode": "paper"})
    reply = await alice.get("/ver1/users/current_mode", forced_mode="real")
    assert {"mode": "paper"} == reply.json()


@pytest.mark.parametrize(
    ("target", "body", "headers"),
    [
        ("/ver1/users/change_mode?mode=paper", b"", {}),
        ("/ver1/users/change_mode?mode=paper", b"", JSON),
        ("/ver1/users/change_mode", b'{"mode": "paper"}', JSON),
        ("/ver1/users/change_mode", b"mode=paper", {"content-type": "application/x-www-form-urlencoded"}),
        ("/ver1/users/change_mode?mode=paper", b'{"mode": "real"}', JSON),
    ],
)
async def test_wherever_the_mode_is_given(alice: Client, target: str, body: bytes, headers: dict[str, str]) -> None:
    client = alice.with_headers(**{name.replace("-", "_"): text for name, text in headers.items()})
    signed = f"{BASE}{target}".encode() + (b"?" if body and b"?" not in target.encode() else b"") + body
    reply = await client.send("POST", BASE + target, body, signed=signed)
    assert 201 == reply.status_code, reply.body
    assert {"mode": "paper"} == (await alice.get("/ver1/users/current_mode")).json()


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, "is missing"),
        ({"mode": None}, "is missing"),
        ({"mode": "all"}, "does not have a valid value"),
        ({"mode": ""}, "does not have a valid value"),
        ({"mode": ["paper"]}, "is invalid"),
    ],
)
async def test_a_mode_that_is_none(alice: Client, document: dict[str, object], text: str) -> None:
    reply = await alice.post("/ver1/users/change_mode", document)
    assert (400, {"mode": [text]}) == (reply.status_code, reply.json()["error_attributes"])
    assert {"mode": "real"} == (await alice.get("/ver1/users/current_mode")).json()


async def test_nobody_changes_anothers_mode(alice: Client, bob: Client) -> None:
    await bob.post("/ver1/users/change_mode", {"mode": "paper"})
    assert {"mode": "real"} == (await alice.get("/ver1/users/current_mode")).json()


async def test_reading_and_changing_need_their_permissions(house: House, alice_user: User, app: Application) -> None:
    reader = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert 403 == (await reader.post("/ver1/users/change_mode", {"mode": "paper"})).status_code
    assert 403 == (await writer.get("/ver1/users/current_mode")).status_code
    assert 201 == (await writer.post("/ver1/users/change_mode", {"mode": "paper"})).status_code
    assert {"mode": "paper"} == (await reader.get("/ver1/users/current_mode")).json()


# --------------------------------------------------------------------------------------------------- permissions


async def test_what_a_key_may_do(house: House, alice_user: User, app: Application) -> None:
    client = await house.add_client(alice_user, app, "BOTS_READ ACCOUNTS_READ", ("198.51.100.0/24", "2001:db8::/32"))
    reply = await client.get("/ver1/users/permissions_info")
    assert 200 == reply.status_code
    assert reply.json() == {
        "name": "bot",
        "permissions": ["ACCOUNTS_READ", "BOTS_READ"],
        "ip_addresses": ["198.51.100.0/24", "2001:db8::/32"],
        "created_at": "2026-03-01T12:00:00.123Z",
    }


async def test_a_key_that_may_do_nothing_may_ask(house: House, alice_user: User, app: Application) -> None:
    client = await house.add_client(alice_user, app, "")
    assert [] == (await client.get("/ver1/users/permissions_info")).json()["permissions"]


async def test_neither_key_nor_secret_is_in_the_answer(house: House, alice: Client) -> None:
    assert alice.api_key not in (await alice.get("/ver1/users/permissions_info")).body.decode()


# -------------------------------------------------------------------------------------------------------- locale


async def put(client: Client, document: object) -> tuple[int, object]:
    body = json.dumps(document).encode()
    reply = await client.with_headers(content_type="application/json").send("PUT", f"{BASE}/ver1/users/locale", body)
    return reply.status_code, reply.json()


async def test_a_language_is_remembered(house: House, alice: Client, alice_user: User, bob_user: User) -> None:
    assert (200, {"locale": "tr"}) == await put(alice, {"locale": "tr"})
    assert "tr" == await house.store.get_locale(alice_user.id)
    assert "en" == await house.store.get_locale(bob_user.id)


@pytest.mark.parametrize("locale", ["ru", "en", "pt", "zh", "es", "fr", "de", "it"])
async def test_every_documented_language(alice: Client, locale: str) -> None:
    assert (200, {"locale": locale}) == await put(alice, {"locale": locale})


async def test_any_key_may_choose_it(house: House, alice_user: User, app: Application) -> None:
    assert 200 == (await put(await house.add_client(alice_user, app, ""), {"locale": "fr"}))[0]


@pytest.mark.parametrize(
    ("document", "text"), [({}, "is missing"), ({"locale": "xx"}, "does not have a valid value"), ({"locale": 1}, "")]
)
async def test_a_language_that_is_none(
    house: House, alice: Client, alice_user: User, document: dict[str, object], text: str
) -> None:
    status, found = await put(alice, document)
    assert 400 == status
    assert isinstance(found, dict)
    assert (text or "does not have a valid value") == found["error_attributes"]["locale"][0]
    assert "en" == await house.store.get_locale(alice_user.id)


# ------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ver1/users/current_mode"),
        ("POST", "/ver1/users/change_mode"),
        ("GET", "/ver1/users/permissions_info"),
        ("PUT", "/ver1/users/locale"),
    ],
)
async def test_all_have_to_be_signed(alice: Client, method: str, path: str) -> None:
    target = f"{BASE}{path}".encode()
    unsigned = await alice.send_unsigned(method, target)
    assert (401, "api_key_invalid_or_expired") == (unsigned.status_code, unsigned.error)
    wrong = await alice.send(method, target, signature="0" * 64)
    assert (401, "signature_invalid") == (wrong.status_code, wrong.error)
