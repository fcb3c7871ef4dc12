"""GET /accounts/{id}/active_trading_entities, networks_info and deposit_data"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.network import CoinNetworks, DepositAddress, Network
from coinassay.errors import ExchangePermissionMissing, UnexpectedReply

FORBIDDEN = {"error": "Forbidden. Unavailable for this account."}
PATHS = ("active_trading_entities", "networks_info?purpose=deposit", "deposit_data?currency=USDT&network=TRX")

TRON = Network(
    code="TRX",
    name="Tron (TRC20)",
    default=True,
    deposits=True,
    withdrawals=True,
    special_tip="Send only USDT.",
    address_pattern="^T[1-9A-HJ-NP-Za-km-z]{33}$",
    withdraw_fee=Decimal("1.50"),
    withdraw_min=Decimal("3"),
    withdraw_max=Decimal("1E+6"),
    withdraw_step=Decimal("0.000001"),
)
ETHEREUM = Network(code="ETH", name="ETH", default=False, deposits=False, withdrawals=True, needs_tag=True)
COINS = (
    CoinNetworks("USDT", "TetherUS", (TRON, ETHEREUM)),
    CoinNetworks("ETH", "Ethereum", (ETHEREUM,)),
    CoinNetworks("OLD", "Delisted", (Network("OLD", "OLD", default=True, deposits=False, withdrawals=False),)),
)


def path_of(account: Account, path: str) -> str:
    return f"/ver1/accounts/{account.id}/{path}"


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_account_is_not_found(alice: Client, path: str) -> None:
    reply = await alice.get(f"/ver1/accounts/4711/{path}")
    assert (404, "not_found") == (reply.status_code, reply.error)


@pytest.mark.parametrize("path", PATHS)
async def test_another_users_account_does_not_exist(
    house: House, bob: Client, alices_account: Account, path: str
) -> None:
    assert 404 == (await bob.get(path_of(alices_account, path))).status_code
    assert not house.wallets.calls


@pytest.mark.parametrize("path", PATHS)
async def test_permission_to_read_is_needed(
    house: House, app: Application, alice_user: User, alices_account: Account, path: str
) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert 403 == (await writer.get(path_of(alices_account, path))).status_code


@pytest.mark.parametrize(
    ("path", "problems"),
    [
        ("networks_info", {"purpose": ["is missing"]}),
        ("networks_info?purpose=gift", {"purpose": ["does not have a valid value"]}),
        ("deposit_data", {"currency": ["is missing"], "network": ["is missing"]}),
        ("deposit_data?currency=USDT", {"network": ["is missing"]}),
    ],
)
async def test_what_is_missing_is_named(alice: Client, alices_account: Account, path: str, problems: Any) -> None:
    reply = await alice.get(path_of(alices_account, path))
    assert (400, problems) == (reply.status_code, reply.json()["error_attributes"])


@pytest.mark.parametrize("market_code", ["kraken", "binance_futures", "paper_trading"])
@pytest.mark.parametrize("path", PATHS[1:])
async def test_elsewhere_networks_are_not_read(
    house: House, alice: Client, alice_user: User, market_code: str, path: str
) -> None:
    fields = {"api_key": "a-key-of-alices", "secret": "YS1zZWNyZXQ="}
    account = await house.services.accounts.connect(alice_user.id, market_code, "another", fields)
    reply = await alice.get(path_of(account, path))
    assert (403, FORBIDDEN) == (reply.status_code, reply.json())
    assert not house.wallets.calls


async def test_the_exchanges_refusal_is_passed_on(house: House, alice: Client, alices_account: Account) -> None:
    house.wallets.networks = ExchangePermissionMissing("The key may not read this. (binanceus: -2015)")
    house.wallets.addresses["USDT", "TRX"] = UnexpectedReply()
    for path in PATHS[1:]:
        reply = await alice.get(path_of(alices_account, path))
        assert (422, "unknown_market_api_error") == (reply.status_code, reply.error)


# ---------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("market_code", ["binance_us", "kraken", "paper_trading"])
async def test_nothing_trades_by_itself(house: House, alice: Client, alice_user: User, market_code: str) -> None:
    fields = {"api_key": "a-key-of-alices", "secret": "YS1zZWNyZXQ="}
    account = await house.services.accounts.connect(alice_user.id, market_code, "any", fields)
    reply = await alice.get(path_of(account, "active_trading_entities"))
    assert 200 == reply.status_code
    assert {
        "data": {
            "active_bots_count": 0,
            "active_deals_count": 0,
            "active_smart_trades_count": 0,
            "active_orders_count": 0,
            "active_grid_bots_count": 0,
        }
    } == reply.json()


async def test_networks_are_spelled_as_documented(house: House, alice: Client, alices_account: Account) -> None:
    house.wallets.networks = COINS
    reply = await alice.get(path_of(alices_account, "networks_info?purpose=deposit"))
    assert 200 == reply.status_code
    (coin,) = reply.json()
    assert ["currency", "name", "deposit_enable", "withdraw_enable", "network_list"] == list(coin)
    assert ("USDT", "TetherUS", True, True) == tuple(coin.values())[:4]
    assert {
        "network": "TRX",
        "default": True,
        "deposit_enable": True,
        "withdraw_enable": True,
        "deposit_tip": "",
        "withdraw_tip": "",
        "special_tip": "Send only USDT.",
        "network_name": "Tron (TRC20)",
        "network_url": "",
        "address_regexp": "^T[1-9A-HJ-NP-Za-km-z]{33}$",
        "withdraw_fee": "1.5",
        "withdraw_min": "3.0",
        "withdrawMax": "1000000.0",
        "withdrawMultiple": "0.000001",
        "memo_regexp": "",
        "label": "Tron (TRC20) (TRX)",
        "require_address_tag": False,
    } == coin["network_list"][0]
    other = coin["network_list"][1]
    assert ("ETH", False, True, None, True) == (
        other["label"],
        other["deposit_enable"],
        other["withdraw_enable"],
        other["withdraw_fee"],
        other["require_address_tag"],
    )


async def test_the_purpose_picks_the_currencies(house: House, alice: Client, alices_account: Account) -> None:
    house.wallets.networks = COINS
    reply = await alice.get(path_of(alices_account, "networks_info?purpose=withdraw"))
    assert ["USDT", "ETH"] == [coin["currency"] for coin in reply.json()]


async def test_an_address_comes_with_what_is_held(house: House, alice: Client, alices_account: Account) -> None:
    house.wallets.addresses["USDT", "TRX"] = DepositAddress("TXyz", "")
    house.wallets.addresses["XRP", "XRP"] = DepositAddress("rXyz", "4711")
    await house.load(alices_account, "10 USDT, 2.5 locked", "1 USDT in funding", "3 ETH")
    reply = await alice.get(path_of(alices_account, "deposit_data?currency=usdt&network=TRX"))
    assert 200 == reply.status_code
    assert {
        "address": "TXyz",
        "address_tag": "",
        "available_balance": "8.5",
        "in_orders": "2.5",
        "total_balance": "11.0",
    } == reply.json()
    reply = await alice.get(path_of(alices_account, "deposit_data?currency=XRP&network=XRP"))
    assert ("4711", "0.0") == (reply.json()["address_tag"], reply.json()["total_balance"])


async def test_an_unknown_network_is_the_exchanges_refusal(alice: Client, alices_account: Account) -> None:
    reply = await alice.get(path_of(alices_account, "deposit_data?currency=USDT&network=MOON"))
    assert (422, "unknown_market_api_error") == (reply.status_code, reply.error)
