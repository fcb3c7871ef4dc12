"""Counting trades once, whoever else counts and however long it takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.domain.account import Account, Credentials, NewAccount
from coinassay.domain.trade import Trade
from coinassay.errors import ExchangeUnavailable
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.closes import Closes
from coinassay.services.ports import Connection, NewTrades, TradeSource
from coinassay.services.sync import SyncService
from coinassay.services.volume import VolumeService
from coinassay.storage.master_key import MasterKey
from coinassay.storage.store import Store
from coinassay.testing.scripted import ScriptedConnector, ScriptedRates, ScriptedTrades
from coinassay.testing.text import rates_of, reading_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRADE = Trade("1", NOW, "BTC", "USD", Decimal(1), Decimal(50000))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(str(tmp_path / "coinassay.db"), MasterKey.generate())
    yield made
    await made.close()


@pytest.fixture
async def account(store: Store) -> Account:
    user = await store.add_user("alice", NOW)
    return await store.add_account(user.id, NewAccount("binance", "main", Credentials({"api_key": "k"})), NOW)


def service(store: Store, source: TradeSource, monotonic: Callable[[], float] = time.monotonic) -> VolumeService:
    rates = ScriptedRates(rates_of({"BTC": "50000"}, NOW))
    markets, connector = MarketTable(), ScriptedConnector(reading_of("1 BTC"))
    sync = SyncService(store, markets, connector, rates, lambda: NOW)
    return VolumeService(store, sync, markets, source, rates, Closes(), lambda: NOW, monotonic=monotonic)


async def test_two_servers_count_each_trade_once(store: Store, account: Account) -> None:
    """The other one has read and counted the same trades between this one's question and its answer."""

    class Meanwhile(ScriptedTrades):
        async def fetch_trades(
            self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, timeout: float
        ) -> NewTrades:
            found = await super().fetch_trades(connection, cursors, assets, now, timeout)
            if len(self.asked) == 1:
                await service(store, other).total(account.user_id, account.id)
            return found

    here, other = Meanwhile(), ScriptedTrades()
    here.script(account.id, [TRADE])
    other.script(account.id, [TRADE])
    volume = await service(store, here).total(account.user_id, account.id)
    assert Decimal(50000) == volume.money.usd
    assert (1, 1) == (len(here.asked), len(other.asked))


async def test_a_long_reading_is_stored_as_far_as_it_came(store: Store, account: Account) -> None:
    """There is time for one answer at each question: the next question goes on from there."""
    seconds = 0.0

    class Slow(ScriptedTrades):
        async def fetch_trades(
            self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, timeout: float
        ) -> NewTrades:
            nonlocal seconds
            seconds += timeout
            return await super().fetch_trades(connection, cursors, assets, now, timeout)

    source = Slow()
    source.script(account.id, [TRADE], [TRADE], [TRADE])
    slow = service(store, source, monotonic=lambda: seconds)
    for _ in range(2):
        with pytest.raises(ExchangeUnavailable, match="still being read"):
            await slow.total(account.user_id, account.id)
    assert Decimal(150000) == (await slow.total(account.user_id, account.id)).money.usd
    assert ["{}", '{"place": 1}', '{"place": 2}'] == [cursors for _, cursors, _ in source.asked]


async def test_an_account_that_was_never_loaded_is_loaded_first(store: Store, account: Account) -> None:
    """Otherwise nobody would know which markets to ask for."""
    source = ScriptedTrades()
    await service(store, source).total(account.user_id, account.id)
    assert [("BTC",)] == [assets for _, _, assets in source.asked]
