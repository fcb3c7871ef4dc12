"""The only module that knows all the parts: it puts an installation together and takes it apart again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from coinassay import logs
from coinassay.domain.account import Account
from coinassay.domain.refresh import Rhythm
from coinassay.errors import CoinassayError, ConfigurationError, InvalidRequest, StorageError
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.doctor import ExchangeDoctor
from coinassay.exchanges.keeper import Shared
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.book import RateService
from coinassay.pricing.catalogue import BundledCatalogue
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
from coinassay.services.ports import Clock
from coinassay.services.preferences import PreferenceService
from coinassay.services.refresh import RefreshService
from coinassay.services.sample import SampleService
from coinassay.services.sign_in import SignInService
from coinassay.services.single_flight import SingleFlight
from coinassay.services.sync import SyncService
from coinassay.services.valuation import ValuationService
from coinassay.services.volume import VolumeService
from coinassay.services.wallets import WalletService
from coinassay.settings import Settings
from coinassay.storage.files import is_there
from coinassay.storage.password_hash import Argon2Hasher
from coinassay.storage.public_keys import load_public_key
from coinassay.storage.store import MasterKey, Store

FLUSH_EVERY = 5.0
"""Seconds between two writes of when keys were last used."""


def now() -> datetime:
    return datetime.now(UTC)


def master_key_file(settings: Settings) -> Path:
    """Where the master key is kept that no setting gives."""
    return settings.home / "master.key"


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    create: bool = False,
    clock: Clock = now,
    isolated: bool = False,
    says_cautions: bool = True,
) -> AsyncIterator[Services]:
    """The use cases of the installation, until the context is left; then everything is written down and closed.

    `create` makes the installation where there is none. `isolated`: only exchanges with a base URL in the settings are
    asked anything. `says_cautions`: what there is to say about new exchange keys is logged. Several processes may have
    it open at the same time. Nothing is sent anywhere until an account is connected or loaded, and until then ccxt is
    not in memory.

    Raises ConfigurationError.
    """
    markets = MarketTable()
    catalogue, closes = BundledCatalogue(), Closes()
    _check_names(settings, markets)
    async with AsyncExitStack() as stack:
        store = await open_store(settings, create=create)
        stack.push_async_callback(store.close)
        connector = ExchangeConnector(
            catalogue,
            base_urls=settings.exchange_base_urls,
            isolated=isolated,
            limits=settings.exchange_limits,
            clock=clock,
            shared=Shared.of(store, settings.egress),
        )
        stack.push_async_callback(connector.close)
        rates = RateService(
            connector,
            catalogue,
            clock,
            fallbacks=settings.price_sources,
            paper_source=settings.paper_price_source or None,
            closes=closes,
            shared=store,
        )
        stack.push_async_callback(rates.close)
        keys = KeyService(
            store,
            markets,
            ExchangeDoctor(connector, catalogue, clock),
            examines=settings.key_check,
            allow_withdraw=settings.allow_withdraw_keys,
            caution=_log_cautions if says_cautions else None,
        )
        rhythm = Rhythm(settings.refresh_interval, random.SystemRandom().random)
        flight = SingleFlight(store, store, rhythm, clock)
        events = EventService(store, clock, trouble=_log_lost_events)
        stack.push_async_callback(events.close)
        currencies = _currencies(settings, store, closes, catalogue, clock, rates, markets)
        stack.push_async_callback(currencies.close)
        flow_prices = FlowPrices(rates, closes, connector)
        flows = LoadFlows(store, connector, flow_prices)
        sync = SyncService(
            store,
            markets,
            connector,
            RecordingRates(rates, currencies),
            clock,
            settings.load_timeout,
            flight,
            publisher=events,
            flows=flows,
        )
        stack.push_async_callback(sync.close)
        api_keys = ApiKeyService(store, clock, load_public_key)
        accounts = AccountService(store, markets, connector, clock, keys)
        hasher = Argon2Hasher()
        stack.callback(hasher.close)
        flushing = asyncio.create_task(_flush(api_keys), name="write down when keys were used")
        stack.push_async_callback(_stop, flushing, api_keys)
        preferences = PreferenceService(store, store, settings.retention)
        portfolio = PortfolioService(store, store, clock)
        refresh = RefreshService(store, sync, rhythm, clock)
        yield Services(
            users=store,
            api_keys=api_keys,
            accounts=accounts,
            keys=keys,
            budgets=BudgetService(store),
            sync=sync,
            refresh=refresh,
            valuation=ValuationService(store, refresh, clock),
            portfolio=portfolio,
            display=DisplayService(portfolio, store, currencies, clock),
            history=HistoryService(store, clock, preferences.retention),
            ledger=LedgerService(store, currencies, clock),
            flows=FlowService(store, markets, rates, flow_prices, flows, clock),
            imports=ImportService(store, clock),
            currencies=currencies,
            events=events,
            market_data=MarketDataService(
                store, markets, connector, closes, clock, paper_sources=settings.paper_sources
            ),
            paper=PaperService(store, sync, markets, rates, clock, settings.load_timeout),
            volume=VolumeService(store, sync, markets, connector, rates, closes, clock, settings.load_timeout),
            wallets=WalletService(store, markets, connector, settings.load_timeout),
            attention=store,
            sample=SampleService(store, accounts, sync, closes, clock),
            sign_in=SignInService(store, store, hasher, clock, settings.session_lifetime),
            backups=store,
            preferences=preferences,
            markets=markets,
            catalogue=catalogue,
            clock=clock,
        )


async def open_store(settings: Settings, *, create: bool = False) -> Store:
    """The database and its vault. Raises ConfigurationError where there is none, unless it is to be made."""
    if settings.on_postgres:
        return await Store.open(settings.database_url, _given_master_key(settings), create=create)
    exists = is_there(settings.database)
    if not exists and not create:
        raise ConfigurationError(
            f"There is no installation in {settings.home}.",
            hint="coinassay init makes one; COINASSAY_HOME names another directory",
        )
    return await Store.open(str(settings.database), _master_key(settings, create=not exists))


def _given_master_key(settings: Settings) -> MasterKey:
    """The one a setting gives: on PostgreSQL several machines open one database, and none of them has its own key."""
    if not settings.master_key:
        raise ConfigurationError(
            "With a database on PostgreSQL the master key must be given: set COINASSAY_MASTER_KEY_FILE, or "
            "COINASSAY_MASTER_KEY, to the same key on every machine.",
            hint="openssl rand -hex 32 makes one; keep a copy of it apart from the database",
        )
    try:
        return MasterKey.from_text(settings.master_key)
    except ConfigurationError as e:
        raise ConfigurationError(f"{settings.named('master_key')}: {e.message}", hint=e.hint) from e


def _master_key(settings: Settings, *, create: bool) -> MasterKey:
    """`create` only with a new database: a new key opens no other."""
    if settings.master_key or settings.on_postgres:
        return _given_master_key(settings)
    path = master_key_file(settings)
    if is_there(path) or not create:
        return MasterKey.load(path)
    key = MasterKey.load_or_create(path)
    logs.get_logger().warning(
        "The master key was made. Keep a copy of it apart from the database: who has both can read your exchange keys, "
        "and without it nobody can.",
        file=str(path),
    )
    return key


async def rotate_master(settings: Settings, new_file: Path | None = None) -> None:
    """Seals the vault under a new master key; servers that run meanwhile go on.

    The new key takes the place of the one in the home directory, or is the one in `new_file`, which is made where it
    does not exist. Raises ConfigurationError.
    """
    if new_file is None and settings.master_key:
        raise ConfigurationError(
            "The master key comes from a setting, which this command cannot change.",
            hint="--to FILE makes a new key there; point COINASSAY_MASTER_KEY_FILE to it afterwards",
        )
    store = await open_store(settings)
    try:
        if new_file is None:
            await store.rotate_master_file(master_key_file(settings))
        else:
            await store.rotate_master(_master_key(settings, create=False), MasterKey.load_or_create(new_file))
    finally:
        await store.close()


def _check_names(settings: Settings, markets: MarketTable) -> None:
    """Raises ConfigurationError for a market code or exchange that does not exist: its setting would do nothing."""
    named = {
        "EXCHANGE_BASE_URLS": tuple(code for code in settings.exchange_base_urls if markets.find(code) is None),
        "EXCHANGE_LIMITS": tuple(settings.exchange_limits),
        "PRICE_SOURCES": settings.price_sources,
        "PAPER_PRICE_SOURCE": (settings.paper_price_source,) if settings.paper_price_source else (),
    }
    if not any(named.values()):
        return
    known = {market.exchange_id for market in markets.list()}
    wrong = [
        f"COINASSAY_{name} names {each!r}, which is nothing that can be connected"
        for name, ids in named.items()
        for each in ids
        if each not in known
    ]
    if wrong:
        raise ConfigurationError(
            "\n".join(wrong), hint="coinassay accounts markets lists the market codes and the ids of their exchanges"
        )


def _log_cautions(account: Account, found: Sequence[str]) -> None:
    logs.get_logger().warning(
        "There is something to say about an exchange key.",
        account_id=account.id,
        market=account.market_code,
        cautions=list(found),
    )


def _currencies(
    settings: Settings,
    store: Store,
    closes: Closes,
    catalogue: BundledCatalogue,
    clock: Clock,
    rates: RateService,
    markets: MarketTable,
) -> CurrencyService:
    try:
        return CurrencyService(store, closes, catalogue, clock, settings.display_currency, rates=rates, markets=markets)
    except InvalidRequest as e:
        raise ConfigurationError(
            f"COINASSAY_DISPLAY_CURRENCY names {settings.display_currency!r}, which is no currency or coin known here.",
            hint="write its code, for example EUR or BTC",
        ) from e


def _log_lost_events(error: CoinassayError) -> None:
    logs.get_logger().warning("events could not be written", exc_info=error)


async def _flush(api_keys: ApiKeyService) -> None:
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        try:
            await api_keys.flush()
        except StorageError as e:
            logs.get_logger().warning("last-used times could not be written", exc_info=e)


async def _stop(flushing: asyncio.Task[None], api_keys: ApiKeyService) -> None:
    flushing.cancel()
    with suppress(asyncio.CancelledError):
        await flushing
    await api_keys.flush()
