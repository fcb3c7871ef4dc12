"""Deposits and withdrawals within a load, over a real store and scripted exchanges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.domain.account import Account, Credentials, NewAccount
from coinassay.domain.movement import Movement, ReadingState
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, PriceOrigin
from coinassay.domain.trade import EPOCH
from coinassay.errors import ExchangePermissionMissing, ExchangeUnavailable
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.closes import Closes
from coinassay.services.flow_prices import FlowPrices
from coinassay.services.movements import OLD, OVERLAP, LoadFlows
from coinassay.services.sync import SyncService
from coinassay.storage.master_key import MasterKey
from coinassay.storage.store import Store
from coinassay.testing.scripted import ScriptedConnector, ScriptedRates
from coinassay.testing.scripted_flows import ScriptedMovements, ScriptedPastPrices, a_movement
from coinassay.testing.text import rates_of, reading_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICES = {"BTC": "50000", "USDT": "1", "SOL": "150"}


@dataclass
class House:
    store: Store
    connector: ScriptedConnector
    source: ScriptedMovements
    rates: ScriptedRates
    now: datetime = START

    def __call__(self) -> datetime:
        """The clock: each look takes a millisecond."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def sync(self, *, flows: bool = True) -> SyncService:
        loads = LoadFlows(self.store, self.source, FlowPrices(self.rates, Closes(), ScriptedPastPrices()))
        markets = MarketTable()
        return SyncService(self.store, markets, self.connector, self.rates, self, flows=loads if flows else None)

    async def account(self, market: str = "binance") -> Account:
        user = await self.store.find_user("alice") or await self.store.add_user("alice", START)
        key = f"key {len(await self.store.list_accounts(user.id))}"
        new = NewAccount(market, market, Credentials({"api_key": key, "secret": "s"}))
        return await self.store.add_account(user.id, new, START)

    async def load(self, account: Account, *held: str, minutes: float = 10, flows: bool = True) -> Account:
        self.now += timedelta(minutes=minutes)
        self.connector.script(account.id, list(held))
        return await self.sync(flows=flows).sync_account(account.user_id, account.id)

    def tell(self, account: Account, kind: str, amount: str, asset: str = "BTC", **more: str) -> Movement:
        """As of five minutes before the next load."""
        movement = a_movement(kind, amount, asset, at=self.now + timedelta(minutes=5), **more)
        self.source.tell(account.id, movement)
        return movement

    async def flows(self, account: Account) -> list[Flow]:
        found = (await self.store.list_flows([account.id], EPOCH))[account.id]
        return [flow for flow in found if flow.kind is not FlowKind.OPENING]

    async def profit(self, account: Account) -> Decimal:
        now = await self.store.get_account(account.user_id, account.id)
        return (now.total - now.net_deposits).usd


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(str(tmp_path / "coinassay.db"), MasterKey.generate())
    yield House(store, ScriptedConnector(), ScriptedMovements(), ScriptedRates(rates_of(PRICES, START)))
    await store.close()


async def test_flow_and_value_come_in_one_load(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC")
    movement = house.tell(account, "deposit", "0.5")
    await house.load(account, "1.5 BTC")
    (flow,) = await house.flows(account)
    assert (flow.at, flow.source, flow.priced) == (movement.at, FlowSource.EXCHANGE, True)
    assert flow.price is not None
    assert flow.price.origin is PriceOrigin.TICKER
    assert await house.profit(account) == 0


async def test_nothing_is_asked_where_nothing_has_changed(house: House) -> None:
    account = await house.account()
    for _ in range(3):
        await house.load(account, "1 BTC")
    assert len(house.source.asked) == 1, "the first load asks what is under way"
    await house.load(account, "1 BTC", minutes=OLD / timedelta(minutes=1))
    assert len(house.source.asked) == 2
    await house.load(account, "1.1 BTC", "1 USDT")
    _, start, end = house.source.asked[-1]
    assert timedelta(0) < end - start - OVERLAP < timedelta(minutes=11), "from a while before the last reading on"


async def test_what_is_under_way_is_asked_for_at_each_load(house: House) -> None:
    account = await house.account()
    house.tell(account, "deposit", "2", state="pending")
    await house.load(account, "1 BTC")
    await house.load(account, "1 BTC")
    await house.load(account, "1 BTC")
    assert len(house.source.asked) == 3
    assert await house.flows(account) == []


async def test_a_failure_fails_no_load_and_the_reading_before_stands(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC")
    good = await house.store.find_flow_reading(account.id)
    house.source.fail(account.id, ExchangeUnavailable("It is down."))
    house.tell(account, "deposit", "1")
    assert (await house.load(account, "2 BTC")).total.usd == 100000
    reading = await house.store.find_flow_reading(account.id)
    assert good is not None
    assert reading is not None
    assert (reading.state, reading.reason, reading.read_at) == (ReadingState.FAILED, "It is down.", good.read_at)
    house.source.fail(account.id, None)
    await house.load(account, "2 BTC")
    assert await house.profit(account) == 0
    found = await house.store.find_flow_reading(account.id)
    assert found is not None
    assert found.confirmed


async def test_a_key_that_may_not_is_not_asked_each_time(house: House) -> None:
    account = await house.account()
    house.source.fail(account.id, ExchangePermissionMissing())
    for amount in ("1", "2", "3"):
        await house.load(account, f"{amount} BTC")
    reading = await house.store.find_flow_reading(account.id)
    assert reading is not None
    assert (reading.state, len(house.source.asked)) == (ReadingState.UNSUPPORTED, 1)


async def test_an_account_of_an_older_version_is_read_from_its_first_load_on(house: House) -> None:
    account = await house.account()
    before = house.now + timedelta(minutes=1)
    await house.load(account, "1 BTC", flows=False)
    house.tell(account, "deposit", "2")
    house.source.tell(account.id, a_movement("deposit", "9", "BTC", at=before, number="old"))
    await house.load(account, "3 BTC", flows=False)
    assert await house.profit(account) == 100000, "which is what this is for"
    await house.load(account, "3 BTC")
    assert await house.profit(account) == 0
    assert [Decimal(2)] == [flow.amount for flow in await house.flows(account)]


async def test_what_has_no_price_counts_when_it_gets_one(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC")
    movement = house.tell(account, "deposit", "7", "ODD")
    await house.load(account, "1 BTC", "7 ODD")
    (flow,) = await house.flows(account)
    assert (flow.priced, flow.money.usd) == (False, Decimal(0))
    assert await house.profit(account) == 0, "nor is it in the value"
    house.rates.script("binance", rates_of({**PRICES, "ODD": "3"}, START))
    loaded = await house.load(account, "1 BTC", "7 ODD")
    (flow,) = await house.flows(account)
    assert (flow.priced, flow.money.usd, flow.moved_at) == (True, Decimal(21), movement.at)
    assert loaded.loaded_at is not None
    assert movement.at < flow.at <= loaded.loaded_at
    assert await house.profit(account) == 0


async def test_a_transfer_is_linked_whichever_side_is_loaded_first(house: House) -> None:
    for first in (0, 1):
        accounts = [await house.account(), await house.account("kraken")]
        for account in accounts:
            await house.load(account, "5 BTC")
        house.tell(accounts[0], "withdrawal", "1", fee="0.1")
        house.tell(accounts[1], "deposit", "1")
        left = ["3.9 BTC", "6 BTC"]
        for n in (first, 1 - first):
            await house.load(accounts[n], left[n])
        (gone,), (came,) = [await house.flows(account) for account in accounts]
        assert gone.link == came.link != ""
        assert (gone.counterpart, came.counterpart) == (accounts[1].id, accounts[0].id)
        for account in accounts:
            await house.store.remove_account(account.user_id, account.id)


async def test_what_was_under_way_at_the_first_load_counts_when_a_balance_showed_it(house: House) -> None:
    account = await house.account()
    movement = house.tell(account, "deposit", "1", state="pending")
    await house.load(account, "1 BTC")
    house.source.fail(account.id, ExchangeUnavailable("It is down."))
    credited = await house.load(account, "2 BTC", minutes=60)
    house.source.fail(account.id, None)
    house.source.tell(account.id, a_movement("deposit", "1", "BTC", at=movement.at))
    await house.load(account, "2 BTC", minutes=24 * 60)
    (flow,) = await house.flows(account)
    assert credited.loaded_at is not None
    assert timedelta(0) <= credited.loaded_at - flow.at < timedelta(seconds=1)
    assert flow.moved_at == movement.at
    assert await house.profit(account) == 0


async def test_what_an_opening_had_without_a_price_is_no_profit_when_it_gets_one(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC", "10 ODD in earn", "2 ODD")
    house.rates.script("binance", rates_of({**PRICES, "ODD": "100"}, START))
    loaded = await house.load(account, "1 BTC", "10 ODD in earn", "2 ODD")
    assert loaded.total.usd == loaded.net_deposits.usd == 51200
    openings = await house.store.list_account_flows(account.id, limit=9)
    assert [(flow.kind, flow.asset, flow.amount) for flow in openings] == [
        (FlowKind.OPENING, "ODD", Decimal(12)),
        (FlowKind.OPENING, "", None),
    ]


async def test_what_has_left_with_a_value_has_come_with_one(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC", "10 ODD")
    house.rates.script("binance", rates_of({**PRICES, "ODD": "100"}, START))
    house.tell(account, "withdrawal", "10", "ODD")
    await house.load(account, "1 BTC")
    assert await house.profit(account) == 0


async def test_what_was_told_before_counts_when_it_shows_though_nothing_can_be_asked(house: House) -> None:
    """Its wallet could not be read at first; when it could, the history could not."""
    account = await house.account()
    await house.load(account, "1 BTC", "5 USDT")
    movement = house.tell(account, "deposit", "2")
    await house.load(account, "1 BTC", "5 USDT", minutes=OLD / timedelta(minutes=1))
    house.source.fail(account.id, ExchangeUnavailable("It is down."))
    assert [] == await house.flows(account)
    shown = await house.load(account, "3 BTC", "5 USDT", minutes=60)
    (flow,) = await house.flows(account)
    assert (flow.moved_at, flow.amount) == (movement.at, Decimal(2))
    assert await house.profit(account) == 0
    reading = await house.store.find_flow_reading(account.id)
    assert reading is not None
    assert (reading.state, reading.waiting) == (ReadingState.FAILED, ())
    assert shown.loaded_at is not None


async def test_a_deposit_to_a_wallet_that_could_not_be_read_is_part_of_its_opening(house: House) -> None:
    account = await house.account()
    hidden = reading_of("1 BTC", failed={"earn": ExchangeUnavailable("It is down.")})
    house.connector.script(account.id, hidden)
    await house.sync().sync_account(account.user_id, account.id)
    house.tell(account, "deposit", "2")
    for _ in range(3):
        await house.load(account, "1 BTC", "2 BTC in earn", minutes=20 * 60)
        assert await house.profit(account) == 0
    assert await house.flows(account) == []
    house.tell(account, "deposit", "1", number="2")
    await house.load(account, "1 BTC", "3 BTC in earn")
    assert await house.profit(account) == 0
    assert len(await house.flows(account)) == 1
