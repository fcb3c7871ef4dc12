"""The user's own settings under /api/v1/user, and what every address below /api has in common."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, START, House

from coinassay.api.asgi import Application
from coinassay.api.limits import RateLimit
from coinassay.domain.account import Account, User
from coinassay.testing.text import rates_of

USER = "/api/v1/user"


async def test_the_user_whose_key_it_is(alice: Client, bob: Client) -> None:
    reply = await alice.get(USER)
    assert reply.status_code == 200
    assert reply.json() == {
        "id": 1,
        "name": "alice",
        "mode": "all",
        "locale": "en",
        "display_currency": "USD",
        "display_currency_rate": {"usd": "1.0", "at": "2026-03-01T12:00:00.123Z"},
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
    reply = await alice.delete(USER)
    assert (reply.status_code, reply.error) == (405, "method_not_allowed")
    assert "GET" in reply.headers["allow"]


# -------------------------------------------------------------------------------------- the display currency


async def test_a_currency_is_chosen_and_taken_back(house: House, alice: Client, bob: Client) -> None:
    await house.store.record_currency_rates({"EUR": Decimal("1.0812")}, house.clock())
    reply = await alice.patch(USER, {"display_currency": " eur "})
    assert reply.status_code == 200
    assert reply.json()["display_currency"] == "EUR"
    assert reply.json()["display_currency_rate"] == {"usd": "1.0812", "at": "2026-03-01T12:00:00.123Z"}
    assert (await alice.get(USER)).json() == reply.json()
    assert (await bob.get(USER)).json()["display_currency"] == "USD"
    assert (await alice.patch(USER, {"display_currency": ""})).json()["display_currency"] == "USD"


async def test_a_currency_without_a_price_may_be_chosen(alice: Client) -> None:
    reply = await alice.patch(f"{USER}?display_currency=ETH")
    assert (reply.json()["display_currency"], reply.json()["display_currency_rate"]) == ("ETH", None)


async def test_the_exchanges_of_the_user_are_asked_for_its_price(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.rates.script("binance_us", rates_of({**PRICES, "DOGE": "0.1"}, START))
    reply = await alice.patch(USER, {"display_currency": "DOGE"})
    assert reply.json()["display_currency_rate"]["usd"] == "0.1"


@pytest.mark.parametrize("code", ["XYZ", "E U R", "€", "x" * 500])
async def test_a_currency_nobody_knows(alice: Client, code: str) -> None:
    reply = await alice.patch(USER, {"display_currency": code})
    assert (reply.status_code, reply.error) == (400, "record_invalid")
    assert list(reply.json()["error_attributes"]) == ["display_currency"]
    assert (await alice.get(USER)).json()["display_currency"] == "USD"


async def test_nothing_to_change(alice: Client) -> None:
    reply = await alice.patch(USER, {})
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"display_currency": ["is missing"]})


async def test_a_key_that_may_only_read(house: House, alice_user: User, app: Application) -> None:
    reader = await house.add_client(alice_user, app, permissions="ACCOUNTS_READ")
    assert (await reader.get(USER)).status_code == 200
    assert (await reader.patch(USER, {"display_currency": "ETH"})).error == "access_denied"
