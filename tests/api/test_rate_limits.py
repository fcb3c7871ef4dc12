"""Who asks too often waits, and nobody can make somebody else wait."""

from __future__ import annotations

import pytest
from tests.api.client import BASE, Client, Reply
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.api.limits import RateLimit
from coinassay.domain.account import User

LIMIT = RateLimit(requests=5, period=60, pause=300)
WAIT = {
    "error": "too_many_requests",
    "error_description": "Too many requests. Try again in 300 seconds.",
    "retry_after": 300,
}


@pytest.fixture
def app(house: House) -> Application:
    return house.app(rate_limit=LIMIT, failure_limit=LIMIT)


async def times(number: int, client: Client, path: str = "/ver1/validate") -> list[Reply]:
    return [await client.get(path) for _ in range(number)]


def statuses(replies: list[Reply]) -> list[int]:
    return [reply.status_code for reply in replies]


def badly(client: Client) -> Client:
    """Somebody who has seen the key in a request, but not its secret."""
    return Client(client.app, client.api_key, lambda _: "00" * 32, address="203.0.113.66")


async def test_one_too_many_gets_429_and_who_goes_on_418(alice: Client, house: House) -> None:
    replies = await times(12, alice)
    assert statuses(replies) == [200] * 5 + [429] * 6 + [418]
    assert replies[5].json() == WAIT
    assert replies[11].json()["error"] == "banned"
    assert replies[11].json()["retry_after"] == 120
    house.clock.advance(seconds=120)
    assert statuses(await times(1, alice)) == [200]


async def test_a_long_wait_is_not_in_retry_after(alice: Client, house: House) -> None:
    refused = (await times(6, alice))[-1]
    assert "retry-after" not in refused.headers
    house.clock.advance(seconds=292)
    assert (await alice.get("/ver1/validate")).headers["retry-after"] == "8"


async def test_each_key_has_its_own_limit(
    alice: Client, bob: Client, house: House, alice_user: User, app: Application
) -> None:
    await times(6, alice)
    assert statuses(await times(1, bob)) == [200]
    second = await house.add_client(alice_user, app)
    assert statuses(await times(1, second)) == [200]


async def test_requests_without_permission_count(house: House, alice_user: User, app: Application) -> None:
    client = await house.add_client(alice_user, app, permissions="")
    assert statuses(await times(6, client, "/ver1/accounts")) == [403] * 5 + [429]


async def test_public_paths_are_not_limited_by_a_key(alice: Client) -> None:
    assert statuses(await times(20, alice, "/ver1/ping")) == [200] * 20


async def test_nobody_uses_up_the_requests_of_another(alice: Client) -> None:
    await times(50, badly(alice))
    assert statuses(await times(5, alice)) == [200] * 5


async def test_nobody_gets_another_banned_during_a_pause(alice: Client) -> None:
    assert statuses(await times(6, alice))[-1] == 429
    await times(50, badly(alice))
    assert statuses(await times(1, alice)) == [429]


async def test_a_flood_of_unknown_keys_is_refused_by_address(house: House, alice: Client) -> None:
    stranger = Client(alice.app, "nobody", lambda _: "", address="203.0.113.66")
    replies = await times(12, stranger)
    assert statuses(replies) == [401] * 5 + [429] * 6 + [418]
    assert replies[5].json() == WAIT
    assert statuses(await times(1, stranger.at("203.0.113.67"))) == [401]


async def test_a_flood_with_a_known_key_is_refused_by_address(alice: Client) -> None:
    assert statuses(await times(6, badly(alice))) == [401] * 5 + [429]


async def test_one_ipv6_subscriber_is_one_address(alice: Client) -> None:
    stranger = Client(alice.app, "nobody", lambda _: "")
    replies = [await stranger.at(f"2001:db8::{n:x}").get("/ver1/validate") for n in range(6)]
    assert statuses(replies) == [401] * 5 + [429]
    assert statuses(await times(1, stranger.at("2001:db8:0:1::1"))) == [401]


async def test_behind_one_address_nobody_locks_the_others_out(
    house: House, alice: Client, alice_user: User, app: Application
) -> None:
    """Also not somebody who comes first, for example right after a start."""
    stranger = Client(app, "nobody", lambda _: "", address=alice.address)
    assert statuses(await times(12, stranger))[-1] == 418
    assert statuses(await times(1, alice)) == [200]
    assert statuses(await times(1, await house.add_client(alice_user, app))) == [200]
    assert statuses(await times(1, stranger)) == [418]
    badly_signed = Client(app, alice.api_key, lambda _: "00" * 32, address=alice.address)
    assert statuses(await times(1, badly_signed)) == [418]


async def test_no_limit_where_none_is_set(house: House, alice_user: User) -> None:
    app = house.app(rate_limit=None, failure_limit=None)
    client = await house.add_client(alice_user, app)
    assert set(statuses(await times(120, client))) == {200}
    assert set(statuses(await times(120, badly(client)))) == {401}


async def test_a_preflight_is_not_counted(alice: Client) -> None:
    for _ in range(20):
        reply = await alice.send_unsigned("OPTIONS", f"{BASE}/ver1/validate".encode())
        assert reply.status_code == 200
    assert statuses(await times(5, alice)) == [200] * 5


PAIRS = "/ver1/accounts/market_pairs?market_code=nowhere"


async def test_what_anybody_may_ask_of_exchanges_counts_for_the_address(alice: Client, house: House) -> None:
    """Signed or not: an exchange lets this server ask only so often, and its accounts come first."""
    assert statuses(await times(3, alice, PAIRS)) == [400] * 3
    for _ in range(2):
        assert 400 == (await alice.send_unsigned("GET", f"{BASE}{PAIRS}".encode())).status_code
    assert statuses(await times(1, alice, PAIRS)) == [429]
    assert statuses(await times(1, alice.at("203.0.113.9"), PAIRS)) == [400]
    house.clock.advance(seconds=300)
    assert statuses(await times(1, alice, PAIRS)) == [400]


@pytest.mark.parametrize("path", ["/ver1/ping", "/ver1/time", "/ver1/accounts/market_list"])
async def test_what_asks_no_exchange_is_not_counted(alice: Client, path: str) -> None:
    assert statuses(await times(12, alice, path)) == [200] * 12


async def test_public_data_and_signed_requests_do_not_use_up_each_other(alice: Client) -> None:
    assert statuses(await times(6, alice, PAIRS))[-1] == 429
    assert statuses(await times(5, alice)) == [200] * 5
    assert statuses(await times(5, alice.at("203.0.113.9"))) == [429] * 5, "the key's own limit"
    assert statuses(await times(1, alice.at("203.0.113.9"), PAIRS)) == [400]
