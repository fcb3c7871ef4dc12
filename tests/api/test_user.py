"""The user's own settings under /api/v1/user, and what every address below /api has in common."""

from __future__ import annotations

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.api.limits import RateLimit
from coinassay.domain.account import User

USER = "/api/v1/user"


async def test_the_user_whose_key_it_is(alice: Client, bob: Client) -> None:
    reply = await alice.get(USER)
    assert reply.status_code == 200
    assert reply.json() == {
        "id": 1,
        "name": "alice",
        "mode": "all",
        "locale": "en",
        "created_at": "2026-03-01T12:00:00.123Z",
    }
    assert (await bob.get(USER)).json()["name"] == "bob"


async def test_the_whole_target_is_signed(alice: Client) -> None:
    assert (await alice.send("GET", f"{USER}?a=1")).status_code == 200
    for signed in (b"/v1/user", b"/public/api/v1/user", f"{USER}?a=1".encode()):
        reply = await alice.send("GET", USER, signed=signed)
        assert (reply.status_code, reply.error) == (401, "signature_invalid")


async def test_without_a_key(app: Application, alice: Client) -> None:
    reply = await alice.send_unsigned("GET", USER.encode())
    assert (reply.status_code, reply.error) == (401, "api_key_invalid_or_expired")


async def test_a_key_that_may_not_read(house: House, alice_user: User, app: Application) -> None:
    client = await house.add_client(alice_user, app, permissions="")
    reply = await client.get(USER)
    assert (reply.status_code, reply.error) == (403, "access_denied")


async def test_requests_count_whatever_the_prefix(house: House, alice: Client) -> None:
    limited = Client(house.app(rate_limit=RateLimit(requests=2)), alice.api_key, alice.sign)
    assert [(await limited.get(path)).status_code for path in (USER, "/ver1/accounts", USER)] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/user/", "/api/v2/user", "/api/ver1/accounts"])
async def test_nothing_else_is_there(alice: Client, path: str) -> None:
    reply = await alice.send("GET", path)
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_method(alice: Client) -> None:
    reply = await alice.ask("DELETE", USER)
    assert (reply.status_code, reply.error) == (405, "method_not_allowed")
    assert "GET" in reply.headers["allow"]
