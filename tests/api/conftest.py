"""Alice and Bob, each with a key and an account, in one installation with scripted exchanges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.api.client import Client, hmac_with

from coinassay.api.app import create_app
from coinassay.api.asgi import Application
from coinassay.api.options import ApiOptions, Crash, RequestLine
from coinassay.domain.account import Account, User
from coinassay.domain.api_key import ApiKey
from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.refresh import Rhythm
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.closes import Closes
from coinassay.services.accounts import AccountService
from coinassay.services.api_keys import ApiKeyService
from coinassay.services.budgets import BudgetService
from coinassay.services.bundle import Services
from coinassay.services.currencies import CurrencyService, RecordingRates
from coinassay.services.display import DisplayService
from coinassay.services.doctor import KeyService
from coinassay.services.events import EventService
from coinassay.services.flow_prices import FlowPrices
from coinassay.services.flows import FlowService
from coinassay.services.history import HistoryService
from coinassay.services.imports import ImportService
from coinassay.services.ledger import LedgerService
from coinassay.services.market_data import MarketDataService
from coinassay.services.movements import LoadFlows
from coinassay.services.paper import PaperService
from coinassay.services.portfolio import PortfolioService
from coinassay.services.preferences import PreferenceService
from coinassay.services.refresh import RefreshService
from coinassay.services.sample import SampleService
from coinassay.services.sign_in import SignInService
from coinassay.services.single_flight import SingleFlight
from coinassay.services.sync import SyncService
from coinassay.services.valuation import ValuationService
from coinassay.services.volume import VolumeService
from coinassay.services.wallets import WalletService
from coinassay.storage.master_key import MasterKey
from coinassay.storage.password_hash import Argon2Hasher
from coinassay.storage.public_keys import load_public_key
from coinassay.storage.store import Store
from coinassay.testing.scripted import (
    ScriptedConnector,
    ScriptedDoctor,
    ScriptedMarketData,
    ScriptedRates,
    ScriptedTrades,
    ScriptedWallets,
)
from coinassay.testing.scripted_flows import ScriptedMovements, ScriptedPastPrices
from coinassay.testing.text import rates_of

START = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
EXCHANGE_SECRET = "alices-exchange-secret"
PRICES = {"BTC": "63738.36", "ETH": "2597.33817", "USDT": "1", "ADA": "0.35"}


class Clock:
    """Wall clock and the limits' seconds, both set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - START).total_seconds()

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class SmallCatalogue:
    """Knows three coins; DOGE is another coin at kraken."""

    NAMES: Mapping[str, tuple[str, str]] = {
        "BTC": ("1", "Bitcoin"),
        "ETH": ("1027", "Ethereum"),
        "USDT": ("825", "Tether USDt"),
        "DOGE": ("74", "Dogecoin"),
    }

    def find(self, code: str, exchange_id: str = "") -> Currency:
        cmc_id, name = self.NAMES.get(code, (None, code))
        if (code, exchange_id) == ("DOGE", "kraken"):
            return Currency(code, code)
        return Currency(code, name, cmc_id, kind="fiat" if code in ("USD", "EUR") else "coin")

    def resolve(self, exchange_id: str, code: str) -> Resolved:
        return Resolved(code, Decimal(1))


@dataclass
class House:
    """The whole installation, and what its server wrote to its log."""

    services: Services
    store: Store
    connector: ScriptedConnector
    rates: ScriptedRates
    market_data: ScriptedMarketData
    clock: Clock
    doctor: ScriptedDoctor
    cautions: list[tuple[int, tuple[str, ...]]]
    """What was said about keys, by account."""
    trades: ScriptedTrades
    wallets: ScriptedWallets
    movements: ScriptedMovements
    lines: list[RequestLine] = field(default_factory=list)
    crashes: list[Crash] = field(default_factory=list)

    def app(self, **options: Any) -> Application:
        """A server of its own; `options` are those of ApiOptions."""
        return create_app(self.services, self.options(**options))

    def with_keys(self, **options: Any) -> Application:
        """A server of its own with other rules for exchange keys; `options` are those of KeyService."""
        keys = KeyService(self.store, self.services.markets, self.doctor, caution=self.caution, **options)
        accounts = AccountService(self.store, self.services.markets, self.connector, self.clock, keys)
        return create_app(replace(self.services, keys=keys, accounts=accounts), self.options())

    def caution(self, account: Account, found: Sequence[str]) -> None:
        self.cautions.append((account.id, tuple(found)))

    def options(self, **options: Any) -> ApiOptions:
        given: dict[str, Any] = {
            "public_url": "https://coins.example",
            "rate_limit": None,
            "failure_limit": None,
            "log": self.lines.append,
            "log_crash": self.crashes.append,
            "seconds": self.clock.seconds,
        }
        return ApiOptions(**{**given, **options})

    async def add_client(
        self,
        user: User,
        app: Application,
        permissions: str = "ACCOUNTS_READ ACCOUNTS_WRITE",
        networks: tuple[str, ...] = (),
    ) -> Client:
        client, _ = await self.add_client_and_key(user, app, permissions, networks)
        return client

    async def add_client_and_key(
        self, user: User, app: Application, permissions: str = "", networks: tuple[str, ...] = ()
    ) -> tuple[Client, ApiKey]:
        issued = await self.services.api_keys.issue(user.id, "bot", permissions.split(), networks)
        assert issued.secret is not None
        return Client(app, issued.key.api_key, hmac_with(issued.secret)), issued.key

    async def connect(self, user: User, market_code: str = "binance_us", name: str = "My Binance US") -> Account:
        """An account as it is before its first load."""
        api_key = f"{user.name}s-{market_code}-key-{name.replace(' ', '-')}"
        fields = {"api_key": api_key, "secret": EXCHANGE_SECRET}
        return await self.services.accounts.connect(user.id, market_code, name, fields)

    async def load(self, account: Account, *balances: str) -> Account:
        """The account after a load that found `balances` (coinassay.testing.bal)."""
        self.connector.script(account.id, balances)
        return await self.services.sync.sync_account(account.user_id, account.id)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = Clock()
    store = await Store.open(str(tmp_path / "coinassay.db"), MasterKey.generate())
    connector, rates, markets = ScriptedConnector(), ScriptedRates(rates_of(PRICES, START)), MarketTable()
    market_data = ScriptedMarketData()
    doctor, cautions = ScriptedDoctor(), list[tuple[int, tuple[str, ...]]]()
    keys = KeyService(
        store, markets, doctor, caution=lambda account, found: cautions.append((account.id, tuple(found)))
    )
    trades, wallets = ScriptedTrades(), ScriptedWallets()
    hasher = Argon2Hasher(memory_kib=8, rounds=1, lanes=1)
    events = EventService(store, clock, gathered=0.001)
    rhythm = Rhythm(timedelta(minutes=10), jitter=lambda: 0.5)
    flight = SingleFlight(store, store, rhythm, clock)
    currencies = CurrencyService(store, Closes(), SmallCatalogue(), clock, rates=rates, markets=markets)
    movements, flow_prices = ScriptedMovements(), FlowPrices(rates, Closes(), ScriptedPastPrices())
    flows = LoadFlows(store, movements, flow_prices)
    sync = SyncService(
        store,
        markets,
        connector,
        RecordingRates(rates, currencies),
        clock,
        flight=flight,
        publisher=events,
        flows=flows,
    )
    portfolio = PortfolioService(store, store, clock)
    refresh = RefreshService(store, sync, rhythm, clock)
    accounts = AccountService(store, markets, connector, clock, keys)
    services = Services(
        backups=store,
        budgets=BudgetService(store),
        preferences=PreferenceService(store, store),
        users=store,
        api_keys=ApiKeyService(store, clock, load_public_key),
        accounts=accounts,
        sample=SampleService(store, accounts, sync, Closes(), clock),
        keys=keys,
        sync=sync,
        refresh=refresh,
        valuation=ValuationService(store, refresh, clock),
        history=HistoryService(store, clock),
        portfolio=portfolio,
        display=DisplayService(portfolio, store, currencies, clock),
        ledger=LedgerService(store, currencies, clock),
        flows=FlowService(store, markets, rates, flow_prices, flows, clock),
        imports=ImportService(store, clock),
        currencies=currencies,
        events=events,
        market_data=MarketDataService(store, markets, market_data, Closes(), clock, paper_sources=["binance"]),
        paper=PaperService(store, sync, markets, rates, clock),
        volume=VolumeService(store, sync, markets, trades, rates, Closes(), clock),
        wallets=WalletService(store, markets, wallets),
        attention=store,
        sign_in=SignInService(store, store, hasher, clock),
        markets=markets,
        catalogue=SmallCatalogue(),
        clock=clock,
    )
    yield House(services, store, connector, rates, market_data, clock, doctor, cautions, trades, wallets, movements)
    hasher.close()
    await events.close()
    await currencies.close()
    await store.close()


@pytest.fixture
def app(house: House) -> Application:
    return house.app()


@pytest.fixture
async def alice_user(house: House) -> User:
    return await house.store.add_user("alice", START)


@pytest.fixture
async def bob_user(house: House) -> User:
    return await house.store.add_user("bob", START)


@pytest.fixture
async def alice(house: House, alice_user: User, app: Application) -> Client:
    """May read and write her accounts."""
    return await house.add_client(alice_user, app)


@pytest.fixture
async def bob(house: House, bob_user: User, app: Application) -> Client:
    return await house.add_client(bob_user, app)


@pytest.fixture
async def alices_account(house: House, alice_user: User) -> Account:
    """Loaded: 0.00031872 BTC, 0.0000952 ETH, 0.28478606 USDT."""
    account = await house.connect(alice_user)
    return await house.load(account, "0.00031872 BTC", "0.0000952 ETH", "0.28478606 USDT")
