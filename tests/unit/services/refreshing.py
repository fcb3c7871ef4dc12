"""Several processes over one database, as far as refreshing accounts goes; their exchange is scripted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from coinassay.domain.account import Account, Credentials, NewAccount, User
from coinassay.domain.rates import Rate, RateBook
from coinassay.domain.refresh import Refresh, Rhythm
from coinassay.exchanges.markets import MarketTable
from coinassay.services.refresh import RefreshService
from coinassay.services.single_flight import SingleFlight
from coinassay.services.sync import SyncService
from coinassay.storage.store import MasterKey, Store
from coinassay.testing.scripted import ScriptedConnector, ScriptedRates

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
LEASE = 0.3
POLL = 0.01


class Clock:
    """Wall clocks are set by hand; each process may have its own."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Process:
    store: Store
    clock: Clock
    rhythm: Rhythm
    flight: SingleFlight
    sync: SyncService
    refresh: RefreshService

    async def stored(self, account: Account) -> Refresh:
        found = await self.store.find_refresh(account.id)
        assert found is not None
        return found


@dataclass
class Site:
    path: Path
    connector: ScriptedConnector = field(default_factory=ScriptedConnector)
    clock: Clock = field(default_factory=Clock)
    master: MasterKey = field(default_factory=MasterKey.generate)
    processes: list[Process] = field(default_factory=list)

    async def process(
        self, default: timedelta = TEN, clock: Clock | None = None, store: type[Store] = Store
    ) -> Process:
        opened = await store.open(str(self.path), self.master)
        clock = clock or self.clock
        rhythm = Rhythm(default, random.Random(7).random)
        rates = ScriptedRates(rates_of({"BTC": "50000"}))
        flight = SingleFlight(opened, opened, rhythm, clock, lease=LEASE, poll=POLL)
        sync = SyncService(opened, MarketTable(), self.connector, rates, clock, flight=flight)
        made = Process(opened, clock, rhythm, flight, sync, RefreshService(opened, sync, rhythm, clock))
        self.processes.append(made)
        return made

    async def close(self) -> None:
        for process in self.processes:
            await process.sync.close()
            await process.store.close()


def rates_of(prices: Mapping[str, str]) -> RateBook:
    rates = {asset: Rate(asset, "USD", Decimal(price)) for asset, price in prices.items()}
    return RateBook(NOW, rates | {"USD": Rate("USD", "USD", Decimal(1))})


async def add_accounts(process: Process, user: User, count: int = 1) -> Sequence[Account]:
    new = [
        NewAccount("binance", f"account {n}", Credentials({"api_key": f"key-{user.id}-{n}", "secret": "s"}))
        for n in range(count)
    ]
    return await process.store.add_accounts(user.id, new, process.clock())
