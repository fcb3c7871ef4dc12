"""Deposits and withdrawals through the installation's own parts, over simulated exchanges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.bootstrap import open_services
from coinassay.domain.account import Account, User
from coinassay.domain.money import CONTEXT
from coinassay.domain.movement import ReadingState
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, PriceOrigin
from coinassay.domain.trade import EPOCH
from coinassay.services.bundle import Services
from coinassay.settings import Settings
from coinassay.storage.store import Store
from coinassay.testing import SimulatedExchange
from coinassay.testing.simulator.users import SimulatedUser


@dataclass
class House:
    """An installation with one user, and two exchanges."""

    services: Services
    user: User
    binance: SimulatedExchange
    kraken: SimulatedExchange

    async def connect(self, exchange: SimulatedExchange, market: str, customer: SimulatedUser) -> Account:
        return await self.services.accounts.connect(
            self.user.id, market, market, {"api_key": customer.api_key, "secret": customer.secret}
        )

    async def load(self, account: Account) -> Account:
        return await self.services.sync.sync_account(self.user.id, account.id)

    async def profit(self, account: Account) -> Decimal:
        """In dollars, ever."""
        now = await self.services.accounts.get_account(self.user.id, account.id)
        return CONTEXT.subtract(now.total.usd, now.net_deposits.usd)

    @property
    def store(self) -> Store:
        store = self.services.users
        assert isinstance(store, Store)
        return store

    async def flows(self, account: Account) -> list[Flow]:
        found = (await self.store.list_flows([account.id], EPOCH))[account.id]
        return [flow for flow in found if flow.kind is not FlowKind.OPENING]


@pytest.fixture(scope="module")
def exchanges() -> Iterator[dict[str, SimulatedExchange]]:
    with SimulatedExchange.all_running("binance", "kraken") as running:
        for exchange, symbol in ((running["binance"], "BTC/USDT"), (running["kraken"], "BTC/USD")):
            exchange.set_price(symbol, last="50000")
        yield dict(running)


@pytest.fixture
async def house(tmp_path: Path, exchanges: dict[str, SimulatedExchange]) -> AsyncIterator[House]:
    binance, kraken = exchanges["binance"], exchanges["kraken"]
    binance.set_price("BTC/USDT", last="50000")
    urls = f'{{"binance": "{binance.url}", "kraken": "{kraken.url}", "binance_futures": "{binance.url}"}}'
    settings = Settings.from_env(
        {
            "COINASSAY_HOME": str(tmp_path),
            "COINASSAY_EXCHANGE_BASE_URLS": urls,
            "COINASSAY_EXCHANGE_LIMITS": '{"kraken": 1000, "binance": 2000}',
        }
    )
    async with open_services(settings, create=True, isolated=True) as services:
        user = await services.users.add_user("alice", datetime.now(UTC))
        yield House(services, user, binance, kraken)
    binance.faults.clear()


async def test_a_deposit_between_two_loads_is_no_profit(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    house.binance.deposit(customer, "BTC", "0.25", at=datetime.now(UTC) - timedelta(hours=1))  # part of the opening
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    assert [] == await house.flows(account)
    house.binance.deposit(customer, "BTC", "0.5")
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    (flow,) = await house.flows(account)
    assert (FlowKind.DEPOSIT, Decimal("0.5"), Decimal("0.5"), FlowSource.EXCHANGE) == (
        flow.kind,
        flow.amount,
        flow.money.btc,
        flow.source,
    )
    assert flow.price is not None
    assert (PriceOrigin.TICKER, "binance") == (flow.price.origin, flow.price.source)
    await house.load(account)
    assert 1 == len(await house.flows(account))


async def test_a_withdrawal_with_its_fee_is_no_loss(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    house.binance.withdraw(customer, "BTC", "0.4", fee="0.0005")
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    (flow,) = await house.flows(account)
    assert (Decimal("-0.4005"), Decimal("0.0005")) == (flow.amount, flow.fee)


async def test_a_pending_withdrawal_counts_when_the_balance_shows_it_and_is_taken_back_when_it_fails(
    house: House,
) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    withdrawal = house.binance.withdraw(customer, "BTC", "0.4", fee="0.1", state="pending")
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    house.binance.finish(withdrawal, "failed", user=customer)
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    assert [Decimal("-0.5"), Decimal("0.5")] == [flow.amount for flow in await house.flows(account)]
    await house.load(account)
    assert 2 == len(await house.flows(account))


async def test_a_pending_deposit_counts_when_it_is_credited(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    deposit = house.binance.deposit(customer, "BTC", "2", state="pending", at=datetime.now(UTC) - timedelta(minutes=9))
    await house.load(account)
    assert [] == await house.flows(account)
    house.binance.finish(deposit, user=customer)
    loaded = await house.load(account)
    assert Decimal("0") == await house.profit(account)
    (flow,) = await house.flows(account)
    assert account.created_at < flow.at <= (loaded.loaded_at or flow.at)


async def test_a_deposit_that_is_listed_late_is_put_where_it_belongs(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    deposit = house.binance.deposit(customer, "BTC", "1", listed=False)
    shown = await house.load(account)
    assert await house.profit(account) > 0, "nothing tells of it yet"
    house.binance.finish(deposit, user=customer)  # listed at last
    house.binance.set_balance(customer, "spot", "USDT", "0.01")  # something else changes
    await house.load(account)
    (flow,) = await house.flows(account)
    assert shown.loaded_at is not None
    assert flow.at <= shown.loaded_at
    (start,) = (await house.store.find_starts([account.id], [shown.loaded_at]))[account.id]
    assert start is not None
    assert CONTEXT.subtract(start.total.usd, flow.money.usd) == flow.money.usd


async def test_a_failing_history_fails_no_load_and_is_asked_again(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    before = await house.store.find_flow_reading(account.id)
    assert before is not None
    assert before.confirmed
    fault = house.binance.faults.add("server_error", endpoint="/sapi/v1/capital/deposit/hisrec")
    house.binance.deposit(customer, "BTC", "1")
    loaded = await house.load(account)
    reading = await house.store.find_flow_reading(account.id)
    assert reading is not None
    assert (Decimal(2), ReadingState.FAILED, before.read_at) == (loaded.total.btc, reading.state, reading.read_at)
    assert not reading.confirmed
    assert reading.reason
    house.binance.faults.clear(fault.id)
    await house.load(account)
    reading = await house.store.find_flow_reading(account.id)
    assert reading is not None
    assert reading.confirmed
    assert Decimal("0") == await house.profit(account)


@pytest.mark.parametrize("first", ["binance", "kraken"])
async def test_a_transfer_between_two_accounts_is_linked_in_both_orders(house: House, first: str) -> None:
    sender = house.binance.add_user(wallets={"spot": {"BTC": "2"}})
    receiver = house.kraken.add_user(wallets={"spot": {"BTC": "1"}}, permissions=("query-funds", "query-ledger"))
    out = await house.connect(house.binance, "binance", sender)
    into = await house.connect(house.kraken, "kraken", receiver)
    await house.load(out)
    await house.load(into)
    house.binance.withdraw(sender, "BTC", "0.5", fee="0.0005", txid="0xAB12")
    house.kraken.deposit(receiver, "BTC", "0.5", txid="ab12")
    order = [out, into] if first == "binance" else [into, out]
    for account in order:
        await house.load(account)
    for account, other in ((out, into), (into, out)):
        assert Decimal("0") == await house.profit(account)
        (flow,) = await house.flows(account)
        assert other.id == flow.counterpart
        assert flow.link
    await house.services.accounts.remove_account(house.user.id, into.id)
    (flow,) = await house.flows(out)
    assert ("", None) == (flow.link, flow.counterpart)


async def test_money_moved_to_the_futures_account_is_a_transfer(house: House) -> None:
    customer = house.binance.add_user(
        wallets={"spot": {"USDT": "1000"}, "futures": {"USDT": "10"}}, permissions=("read", "futures")
    )
    spot = await house.connect(house.binance, "binance", customer)
    futures = await house.connect(house.binance, "binance_futures", customer)
    await house.load(spot)
    await house.load(futures)
    house.binance.transfer(customer, "USDT", "400", "spot", "futures")
    await house.load(spot)
    await house.load(futures)
    (gone,), (come,) = await house.flows(spot), await house.flows(futures)
    assert (Decimal(-400), Decimal(400), gone.link) == (gone.amount, come.amount, come.link)
    assert gone.link
    assert Decimal("0") == await house.profit(spot) == await house.profit(futures)


async def test_kraken_tells_its_lists(house: House) -> None:
    customer = house.kraken.add_user(wallets={"spot": {"BTC": "1"}}, permissions=("query-funds", "query-ledger"))
    account = await house.connect(house.kraken, "kraken", customer)
    await house.load(account)
    withdrawal = house.kraken.withdraw(customer, "BTC", "0.2", fee="0.001", state="pending")
    house.kraken.deposit(customer, "BTC", "0.7", fee="0.01")
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    house.kraken.finish(withdrawal, "failed", user=customer)
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    amounts = sorted(flow.amount or Decimal(0) for flow in await house.flows(account))
    assert [Decimal("-0.201"), Decimal("0.201"), Decimal("0.7")] == amounts


async def test_money_by_bank_is_asked_for_when_it_appears(house: House) -> None:
    customer = house.binance.add_user(wallets={"spot": {"BTC": "1"}})
    account = await house.connect(house.binance, "binance", customer)
    await house.load(account)
    assert "/sapi/v1/fiat/orders" not in customer.requests
    house.binance.deposit(customer, "EUR", "100", fee="1")
    await house.load(account)
    assert Decimal("0") == await house.profit(account)
    (flow,) = await house.flows(account)
    assert ("EUR", Decimal(100)) == (flow.asset, flow.amount)
