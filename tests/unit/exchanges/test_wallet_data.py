"""Networks and deposit addresses, as Binance, Binance.US and OKX tell them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.exchanges.world import connection, connector, serving

from coinassay.domain.network import DepositAddress, Network
from coinassay.errors import CredentialsRejected, ExchangeError, NotSupportedByExchange, UnexpectedReply
from coinassay.testing.simulator.exchange import SimulatedExchange

OKX_KEY = {"api_key": "k", "secret": "s", "passphrase": "p"}

OKX_CURRENCIES = {
    "code": "0",
    "msg": "",
    # Shape: https://www.okx.com/docs-v5/en/#funding-account-rest-api-get-currencies
    "data": [
        {
            "ccy": "USDT",
            "name": "Tether",
            "chain": "USDT-TRC20",
            "canDep": True,
            "canWd": False,
            "mainNet": False,
            "needTag": False,
            "minFee": "0.8",
            "maxFee": "1.6",
            "fee": "1.2",
            "minWd": "2",
            "maxWd": "5000000",
            "wdTickSz": "6",
        },
        {
            "ccy": "XRP",
            "name": "",
            "chain": "XRP-Ripple",
            "canDep": False,
            "canWd": True,
            "mainNet": True,
            "needTag": True,
        },
        {
            "ccy": "USDT",
            "name": "Tether",
            "chain": "USDT-ERC20",
            "canDep": False,
            "canWd": True,
            "minFee": "3",
            "fee": "",
        },
    ],
}

OKX_ADDRESSES = {
    "code": "0",
    "msg": "",
    "data": [
        {"ccy": "USDT", "chain": "USDT-TRC20", "addr": "Told", "selected": False, "to": "6"},
        {"ccy": "USDT", "chain": "USDT-TRC20", "addr": "Tnew", "selected": True, "to": "6"},
        {"ccy": "USDT", "chain": "USDT-ERC20", "addr": "0xabc", "selected": True, "memo": "77"},
    ],
}


@pytest.mark.parametrize("code", ["binance", "binance_us"])
async def test_binance_is_asked_for_networks_and_addresses(code: str) -> None:
    dialect = code.replace("_", "")
    async with await SimulatedExchange.start(dialect) as exchange, connector({dialect: exchange.url}) as reader:
        user = exchange.add_user("alice")
        of = connection(code, user)
        coins = {coin.currency: coin for coin in await reader.fetch_networks(of, 10)}
        assert () == coins["USD" if code == "binance_us" else "EUR"].networks
        (network,) = coins["XRP"].networks
        assert (
            Network(
                code="XRP",
                name="XRP",
                default=True,
                deposits=True,
                withdrawals=True,
                special_tip="Both a MEMO and an address are needed.",
                address_pattern="^sim1[0-9a-f]{36}$",
                memo_pattern="^[0-9]{1,20}$",
                needs_tag=True,
                withdraw_fee=Decimal("0.00050000"),
                withdraw_min=Decimal("0.00100000"),
                withdraw_max=Decimal(100000),
                withdraw_step=Decimal("0.00000001"),
            )
            == network
        )
        address = await reader.fetch_deposit_address(of, "XRP", "XRP", 10)
        assert address.address.startswith("sim1")
        assert address.tag.isdigit()
        plain = await reader.fetch_deposit_address(of, "BTC", "BTC", 10)
        assert (True, "") == (plain.address != address.address, plain.tag)
        with pytest.raises(ExchangeError, match="asset"):
            await reader.fetch_deposit_address(of, "BTC", "MOON", 10)
        exchange.remove_user(user)
        with pytest.raises(CredentialsRejected):
            await reader.fetch_networks(of, 10)


async def test_okx_tells_a_row_for_each_network() -> None:
    answers = {"/api/v5/asset/currencies": OKX_CURRENCIES, "/api/v5/asset/deposit-address": OKX_ADDRESSES}
    async with serving(answers) as server, connector({"okx": server.url}) as reader:
        of = connection("okex", OKX_KEY)
        usdt, xrp = await reader.fetch_networks(of, 10)
        assert ("USDT", "Tether", ["USDT-TRC20", "USDT-ERC20"]) == (
            usdt.currency,
            usdt.name,
            [each.code for each in usdt.networks],
        )
        tron, ethereum = usdt.networks
        assert (True, False, Decimal("1.2"), Decimal(2), Decimal("0.000001")) == (
            tron.deposits,
            tron.withdrawals,
            tron.withdraw_fee,
            tron.withdraw_min,
            tron.withdraw_step,
        )
        assert ("TRC20", Decimal(3), None) == (tron.name, ethereum.withdraw_fee, ethereum.withdraw_max)
        assert ("XRP", True, True) == (xrp.name, xrp.networks[0].default, xrp.networks[0].needs_tag)
        assert (False, True) == (xrp.deposits, xrp.withdrawals)
        assert DepositAddress("Tnew", "") == await reader.fetch_deposit_address(of, "USDT", "USDT-TRC20", 10)
        assert DepositAddress("Tnew", "") == await reader.fetch_deposit_address(of, "USDT", "TRC20", 10)
        assert DepositAddress("0xabc", "77") == await reader.fetch_deposit_address(of, "USDT", "USDT-ERC20", 10)
        with pytest.raises(NotSupportedByExchange, match="no address"):
            await reader.fetch_deposit_address(of, "USDT", "SOL", 10)
        assert {"GET"} == {request.method for request in server.requests}


@pytest.mark.parametrize("body", [{}, [], {"data": {}}, {"data": [{"ccy": 1}]}, "<html>"])
async def test_rubbish_is_no_network(body: Any) -> None:
    async with serving({"*": body}) as server, connector({"okx": server.url, "binance": server.url}) as reader:
        with pytest.raises((UnexpectedReply, ExchangeError)):
            await reader.fetch_networks(connection("okex", OKX_KEY), 10)


async def test_elsewhere_nobody_is_asked() -> None:
    async with serving({}) as server, connector({"kraken": server.url}) as reader:
        with pytest.raises(NotSupportedByExchange):
            await reader.fetch_networks(connection("kraken"), 10)
        with pytest.raises(NotSupportedByExchange):
            await reader.fetch_deposit_address(connection("kraken"), "BTC", "BTC", 10)
        assert not server.asked
