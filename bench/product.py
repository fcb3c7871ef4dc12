"""The product as it is measured: an installation of its own, filled through the product's ports, served by its CLI."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from bench.dataset import BTC_RATE, AccountData, Dataset, KeyData
from bench.harness import BenchError, Server, free_port
from coinassay import logs
from coinassay.bootstrap import open_services, open_store
from coinassay.domain.account import Credentials, NewAccount, WalletState, WalletStatus
from coinassay.domain.api_key import KeyKind, Permission
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.rates import Leg, Rate
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.ports import Load, NewKey, StoredHolding
from coinassay.settings import Settings
from coinassay.storage.store import Store

API = "/public/api/ver1"
MARKET = "binance"
PERMISSIONS = frozenset({Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE})

MASTER_KEY = "5a" * 32

ALL_BUT_UNLIMITED = "999999999/60"
"""The rate limit is at work, as in every installation, but nobody reaches it."""


class Installation:
    """What lies in one home directory, or with `database_url` on PostgreSQL."""

    def __init__(self, home: Path, database_url: str = "") -> None:
        self.home = home
        self.database_url = database_url

    @classmethod
    def create(cls, home: Path, database_url: str = "") -> Installation:
        logs.configure("error")
        installation = cls(home, database_url)

        async def work() -> None:
            async with open_services(installation.settings(), create=True) as services:
                await services.users.add_user("owner", services.clock())

        asyncio.run(work())
        return installation

    def environment(self) -> dict[str, str]:
        return {
            "COINASSAY_HOME": str(self.home),
            "COINASSAY_DATABASE_URL": self.database_url,
            "COINASSAY_MASTER_KEY": MASTER_KEY,
            "COINASSAY_RATE_LIMIT": ALL_BUT_UNLIMITED,
            "COINASSAY_PAPER_PRICE_SOURCE": "off",  # its default is a real exchange
            "COINASSAY_BACKGROUND": "off",  # what is measured is said by the run
            "COINASSAY_KEY_CHECK": "off",  # the exchange is not there yet when its accounts are added
        }

    def settings(self) -> Settings:
        return Settings.from_env(self.environment())

    def serve(
        self,
        base_url: str = "",
        python: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        name: str = "coinassay",
    ) -> Server:
        """`coinassay serve` with its defaults but for the rate limit; `base_url` takes the place of the exchange."""
        port = free_port()
        command = [sys.executable, *python, "-m", "coinassay", "serve", "--port", str(port)]
        environment = {**self.environment(), **(settings or {})}
        if base_url:
            environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({MARKET: base_url})
        return Server(name, command, port, self.home.parent / f"{self.home.name}-serve-{port}.log", environment)

    def store(self, data: Dataset) -> None:
        """Stores users, keys and loaded accounts; sets ids, users and names in `data` to what they are here."""

        async def work() -> None:
            store = await open_store(self.settings(), create=True)
            try:
                await _store(store, data)
            finally:
                await store.close()

        asyncio.run(work())

    def issue_key(self) -> KeyData:
        """A key of the owner's that may read and write accounts."""

        async def work() -> KeyData:
            async with open_services(self.settings()) as services:
                owner = (await services.users.list_users())[0]
                issued = await services.api_keys.issue(owner.id, "bench", PERMISSIONS)
                return KeyData(owner.id, issued.key.api_key, issued.secret or "")

        return asyncio.run(work())

    def add_exchange_accounts(self, users: Sequence[Mapping[str, str]]) -> list[int]:
        """Connects an account of the owner's for each user of the exchange; their ids."""

        async def work() -> list[int]:
            async with open_services(self.settings()) as services:
                owner = (await services.users.list_users())[0]
                return [(await services.accounts.connect(owner.id, MARKET, user["name"], user)).id for user in users]

        return asyncio.run(work())

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.settings().database

    def outdate(self) -> None:
        """Every account counts as changed: whatever was kept of it is no longer good."""
        if self.database_url:
            with psycopg.connect(self.database_url) as server:
                server.execute("UPDATE accounts SET version = version + 1")
            return
        connection = sqlite3.connect(self.settings().database, timeout=15)
        with connection:
            connection.execute("UPDATE accounts SET version = version + 1")
        connection.close()


async def _store(store: Store, data: Dataset) -> None:
    now = datetime.now(UTC)
    users = [(await store.add_user(f"user {n}", now)).id for n in range(len(data.keys))]
    for key in data.keys:
        key.user = users[key.user]
        new = NewKey("bench", key.api_key, KeyKind.HMAC, key.secret.encode(), PERMISSIONS)
        await store.add_key(key.user, new, now)
    for n, account in enumerate(data.accounts):
        account.user = users[account.user]
        credentials = Credentials({"api_key": f"{n:064d}", "secret": f"{n:064d}"})
        added = await store.add_account(account.user, NewAccount(MARKET, f"Account {n}", credentials), now)
        account.id = added.id
        await store.record_load(load_of(account, now))
    catalogue = BundledCatalogue()
    for code in data.currencies:
        currency = catalogue.find(code, MARKET)
        data.currencies[code] = (currency.name, currency.cmc_id)


def load_of(account: AccountData, at: datetime, *, opening: bool = True) -> Load:
    """What a load of this account would have stored: one wallet, each asset priced by its market with USDT."""
    holdings = []
    for held in account.holdings:
        amount, price = Decimal(held.amount), Decimal(held.rate)
        balance = Balance(held.code, "spot", amount, free=amount)
        legs = (Leg(held.code, "USDT", price, MARKET, at), Leg("USDT", "USD", Decimal(1), "assumed peg", None))
        holdings.append(StoredHolding(balance, Rate(held.code, "USD", price, legs), CONTEXT.multiply(amount, price)))
    usd = add_up(each.usd for each in holdings if each.usd is not None)
    total = Money(usd, divide(usd, BTC_RATE))
    return Load(
        account_id=account.id,
        started_at=at,
        finished_at=at,
        holdings=tuple(holdings),
        wallets=(WalletStatus("spot", WalletState.OK, at),),
        total=total,
        btc_rate=BTC_RATE,
        flows=(Flow(account.id, at, FlowKind.OPENING, total),) if opening else (),
    )


def call(server: Server, key: KeyData, method: str, path: str, timeout: float = 60) -> tuple[int, Any]:
    """Status and document of one signed call; `path` below /public/api/ver1."""
    target = API + path
    signature = hmac.new(key.secret.encode(), target.encode(), hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    try:
        connection.request(method, target, headers={"APIKEY": key.api_key, "Signature": signature})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except ValueError as e:
        raise BenchError(f"{server.name} answered {target} with something that is not JSON") from e
    finally:
        connection.close()
