"""Deposits, withdrawals and transfers of simulated accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from coinassay.testing import SimulatedExchange

NOW = datetime.now(UTC)


async def test_a_deposit_is_credited_and_listed(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": ("1", "0.5")}})
    binance.deposit(user, "BTC", "0.123456789012", network="BTC", at=NOW - timedelta(days=3))
    binance.deposit(user, "ETH", "7", state="pending")
    client = connect(binance, user, catalogue=False)

    balance = await client.fetch_balance()
    assert ("1.123456789012", "0.50000000") == (balance["free"]["BTC"], balance["used"]["BTC"])
    deposits = await client.fetch_deposits()
    assert [("BTC", "0.123456789012", "ok"), ("ETH", "7", "pending")] == [
        (each["currency"], each["amount"], each["status"]) for each in deposits
    ]
    assert int((NOW - timedelta(days=3)).timestamp() * 1000) == deposits[0]["timestamp"]


async def test_a_withdrawal_takes_its_fee_on_top(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": "1"}})
    binance.withdraw(user, "BTC", "0.3", fee="0.0005")
    binance.withdraw(user, "BTC", "0.3", state="failed")
    client = connect(binance, user, catalogue=False)

    assert Decimal("0.6995") == Decimal((await client.fetch_balance())["total"]["BTC"])
    assert {("0.3", "0.0005", "ok"), ("0.3", "0", "failed")} == {
        (each["amount"], each["fee"]["cost"], each["status"]) for each in await client.fetch_withdrawals()
    }


async def test_internal_transfers_between_customers_are_marked(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user()
    binance.deposit(user, "USDT", "5", internal=True)
    client = connect(binance, user, catalogue=False)

    [deposit] = await client.fetch_deposits()
    assert deposit["internal"]
    assert deposit["info"]["txId"].startswith("Internal transfer ")


async def test_a_transfer_between_wallets_is_no_movement(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": "1"}})
    binance.transfer(user, "BTC", "0.4", "spot", "funding")
    client = connect(binance, user, catalogue=False)

    assert Decimal("0.6") == Decimal((await client.fetch_balance())["total"]["BTC"])
    assert Decimal("0.4") == Decimal((await client.fetch_balance({"type": "funding"}))["total"]["BTC"])
    assert [] == await client.fetch_deposits() == await client.fetch_withdrawals()


async def test_histories_are_cut_to_windows_of_ninety_days(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user()
    for days in (200, 100, 10):
        binance.deposit(user, "BTC", f"0.{days}", at=NOW - timedelta(days=days))
    client = connect(binance, user, catalogue=False)

    assert ["0.1"] == [each["amount"] for each in await client.fetch_deposits()]
    since = int((NOW - timedelta(days=150)).timestamp() * 1000)
    assert ["0.1"] == [each["amount"] for each in await client.fetch_deposits(since=since)]
    since = int((NOW - timedelta(days=210)).timestamp() * 1000)
    assert ["0.2"] == [each["amount"] for each in await client.fetch_deposits(since=since)]
    with pytest.raises(ccxt.OperationRejected, match=r"-4047.*Time interval must be within 0-90 days"):
        await client.sapiGetCapitalDepositHisrec({"startTime": since, "endTime": since + 91 * 86_400_000})


async def test_histories_are_cut_to_a_limit(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": "1000"}})
    for number in range(1010):
        binance.withdraw(user, "BTC", "0.1", at=NOW - timedelta(minutes=number))
    client = connect(binance, user, catalogue=False)

    assert 1000 == len(await client.sapiGetCapitalWithdrawHistory())
    assert 10 == len(await client.sapiGetCapitalWithdrawHistory({"offset": 1000}))
    newest = await client.sapiGetCapitalWithdrawHistory({"limit": 1})
    assert [user.movements[0].id] == [each["id"] for each in newest]


async def test_money_has_a_history_of_its_own(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user()
    binance.deposit(user, "EUR", "100", fee="1.5")
    binance.withdraw(user, "EUR", "20")
    client = connect(binance, user, catalogue=False)

    assert [] == await client.fetch_deposits()
    orders = await client.sapiGetFiatOrders({"transactionType": 0})
    assert [("EUR", "101.5", "100", "1.5", "Successful")] == [
        tuple(order[name] for name in ("fiatCurrency", "indicatedAmount", "amount", "totalFee", "status"))
        for order in orders["data"]
    ]
    assert ["20"] == [each["amount"] for each in (await client.sapiGetFiatOrders({"transactionType": 1}))["data"]]


@pytest.mark.parametrize("dialect", ["binance", "kraken"])
def test_what_cannot_be_is_refused(dialect: str) -> None:
    exchange = SimulatedExchange(dialect)
    user = exchange.add_user("alice", wallets={"spot": {"BTC": ("1", "5")}})

    with pytest.raises(ValueError, match="alice has not enough"):
        exchange.withdraw(user, "BTC", "0.9999", fee="0.0002")
    with pytest.raises(ValueError, match="an amount is positive"):
        exchange.deposit(user, "BTC", "0")
    with pytest.raises(ValueError, match="times are aware"):
        exchange.deposit(user, "BTC", "1", at=datetime(2024, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="a transfer moves"):
        exchange.transfer(user, "BTC", "1", "spot", "pocket")
    with pytest.raises(ValueError, match="no such wallet here: pocket"):
        exchange.set_balance(user, "pocket", "BTC", "1")
    assert Decimal(6) == next(iter(user.held("spot").values())).total
