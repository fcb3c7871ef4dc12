"""ping, time, validate."""

from __future__ import annotations

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import User

BASE = "/public/api/ver1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": "nobody"},
        {"apikey": "nobody", "signature": "00" * 32},
        {"apikey": "\xff" * 5000, "signature": "\xff"},
        {"signature": ""},
    ],
)
@pytest.mark.parametrize("path", ["ping", "time", "ping?", "ping?t=%FF", "time?a=1"])
async def test_public_paths_ignore_keys_and_signatures(app: Application, headers: dict[str, str], path: str) -> None:
    stranger = Client(app, "", lambda _: "")
    reply = await stranger.send_unsigned("GET", f"{BASE}/{path}".encode(), b"", headers)
    assert reply.status_code == 200


async def test_ping(alice: Client) -> None:
    reply = await alice.get("/ver1/ping")
    assert (reply.status_code, reply.body) == (200, b'{"pong":"pong"}')


async def test_time_is_in_whole_seconds(alice: Client) -> None:
    reply = await alice.get("/ver1/time")
    assert reply.status_code == 200
    assert reply.json() == {"server_time": int(START.timestamp())}
    assert b"." not in reply.body


async def test_an_unknown_key_is_not_valid(app: Application, alice: Client) -> None:
    reply = await Client(app, "nobody", alice.sign).get("/ver1/validate")
    assert (reply.status_code, reply.error) == (401, "api_key_invalid_or_expired")


async def test_another_signature_is_not_valid(alice: Client, bob: Client) -> None:
    reply = await Client(alice.app, alice.api_key, bob.sign).get("/ver1/validate")
    assert reply.status_code == 401
    assert reply.json() == {"error": "signature_invalid", "error_description": "Provided signature is invalid"}


async def test_a_key_without_any_permission_is_valid(house: House, alice_user: User, app: Application) -> None:
    client = await house.add_client(alice_user, app, permissions="")
    reply = await client.get("/ver1/validate")
    assert (reply.status_code, reply.body) == (200, b'{"valid":true}')
