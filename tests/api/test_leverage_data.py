"""GET accounts/{id}/leverage_data."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.pair import Instrument, Leverage, Pair
from coinassay.errors import ExchangeUnavailable

SPOT = Pair("USDT_BTC", "BTC/USDT", "BTC", "USDT")
NONE = {
    "code": "none",
    "name": "Not specified",
    "can_set_leverage_value": False,
    "available_leverage_values": [],
    "max_leverage": None,
    "valid": {},
}


def mode(code: str, name: str, highest: str | None) -> dict[str, object]:
    return {
        "code": code,
        "name": name,
        "can_set_leverage_value": True,
        "available_leverage_values": [],
        "max_leverage": highest,
        "valid": {"min": "1.0", "max": highest},
    }


def contract(leverage: Leverage) -> Pair:
    return Pair("USDC_DOGEUSDC", "DOGE/USDC:USDC", "DOGE", "USDC", Instrument.LINEAR, "USDC", leverage=leverage)


@pytest.fixture
async def futures(house: House, alice_user: User) -> Account:
    return await house.connect(alice_user, "binance_futures", "My futures")


async def test_the_documented_answer(house: House, alice: Client, futures: Account) -> None:
    house.market_data.script_pairs("binance_futures", [contract(Leverage())])
    reply = await alice.get(f"/ver1/accounts/{futures.id}/leverage_data?pair=USDC_DOGEUSDC")
    assert 200 == reply.status_code
    assert [NONE, mode("cross", "Cross", None), mode("isolated", "Isolated", None)] == reply.json()


async def test_what_the_exchange_tells(house: House, alice: Client, futures: Account) -> None:
    house.market_data.script_pairs("binance_futures", [contract(Leverage(isolated=False, max=Decimal("12.50")))])
    reply = await alice.get(f"/ver1/accounts/{futures.id}/leverage_data?pair=USDC_DOGEUSDC&page=1")
    assert [NONE, mode("cross", "Cross", "12.5")] == reply.json()


async def test_a_spot_account_has_no_leverage(house: House, alice: Client, alices_account: Account) -> None:
    house.market_data.script_pairs("binance_us", [SPOT])
    reply = await alice.get(f"/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_BTC")
    assert [NONE] == reply.json()


async def test_a_pair_that_is_none(house: House, alice: Client, alices_account: Account) -> None:
    house.market_data.script_pairs("binance_us", [SPOT])
    reply = await alice.get(f"/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_NOSUCH")
    assert (400, {"error": "Unknown pair"}) == (reply.status_code, reply.json())


async def test_the_pair_is_required(alice: Client, alices_account: Account) -> None:
    reply = await alice.get(f"/ver1/accounts/{alices_account.id}/leverage_data?page=1")
    assert (400, {"pair": ["is missing"]}) == (reply.status_code, reply.json()["error_attributes"])


async def test_an_exchange_that_cannot_be_asked(house: House, alice: Client, alices_account: Account) -> None:
    house.market_data.script_pairs("binance_us", ExchangeUnavailable())
    reply = await alice.get(f"/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_BTC")
    assert (503, "unknown_market_api_error") == (reply.status_code, reply.error)


async def test_another_users_account_does_not_exist(bob: Client, alices_account: Account) -> None:
    reply = await bob.get(f"/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_BTC")
    assert (404, "not_found") == (reply.status_code, reply.error)


@pytest.mark.parametrize("account_id", ["999", "0", "-1", "2147483648", "mine"])
async def test_an_unknown_account(alice: Client, account_id: str) -> None:
    reply = await alice.get(f"/ver1/accounts/{account_id}/leverage_data?pair=USDT_BTC")
    assert (404, "not_found") == (reply.status_code, reply.error)


async def test_the_key_has_to_read_accounts(
    house: House, alice_user: User, alices_account: Account, app: Application
) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    reply = await writer.get(f"/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_BTC")
    assert (403, "access_denied") == (reply.status_code, reply.error)


async def test_it_has_to_be_signed(alice: Client, alices_account: Account) -> None:
    target = f"/public/api/ver1/accounts/{alices_account.id}/leverage_data?pair=USDT_BTC".encode()
    assert 401 == (await alice.send_unsigned("GET", target, headers={"apikey": alice.api_key})).status_code
