"""What the storage tests run in processes of their own, to be killed or to compete: `python storage_child.py TASK …`."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from coinassay.domain.account import Account, Credentials, NewAccount, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.rates import Leg, Rate
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.errors import Conflict
from coinassay.services.ports import Load, StoredHolding
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, change
from coinassay.storage.master_key import MasterKey
from coinassay.storage.sqlite import SqliteDatabase
from coinassay.storage.store import Store
from coinassay.storage.vault import rotate_master

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BTC_RATE = Decimal("63722.1")


def random_load(account: Account, at: datetime, dice: random.Random, flows: int = 1) -> Load:
    """A load of up to 25 holdings with many digits, and some deposits."""
    holdings = []
    for n in range(dice.randrange(25)):
        amount = Decimal(dice.randrange(10**18)).scaleb(-dice.randrange(18))
        price = Decimal(dice.randrange(1, 10**9)).scaleb(-dice.randrange(9))
        asset = f"C{n}"
        rate = Rate(asset, "USD", price, (Leg(asset, "USD", price, "kraken", at),))
        holdings.append(
            StoredHolding(Balance(asset, "spot", amount, free=amount), rate, CONTEXT.multiply(amount, price))
        )
    usd = add_up(holding.usd for holding in holdings if holding.usd is not None)
    deposits = [Decimal(dice.randrange(-(10**9), 10**9)).scaleb(-dice.randrange(9)) for _ in range(flows)]
    return Load(
        account.id,
        at,
        at,
        tuple(holdings),
        (WalletStatus("spot", WalletState.OK, at),),
        Money(usd, divide(usd, BTC_RATE)),
        BTC_RATE,
        tuple(Flow(account.id, at, FlowKind.DEPOSIT, Money(usd, divide(usd, BTC_RATE))) for usd in deposits),
    )


async def open_store(home: Path) -> Store:
    return await Store.open(str(home / "x.db"), MasterKey.load_or_create(home / "master.key"))


async def load_for_ever(home: Path, seed: str) -> None:
    """Loads the first user's accounts again and again, until somebody kills the process."""
    store = await open_store(home)
    dice = random.Random(int(seed))
    accounts = list(await store.list_accounts(1))
    at = NOW + timedelta(days=int(seed))
    print("loading", flush=True)
    while True:
        at += timedelta(seconds=1)
        batch = dice.sample(accounts, 3)
        await asyncio.gather(*(store.record_load(random_load(account, at, dice)) for account in batch))


async def deposit(home: Path, seed: str, count: str) -> None:
    """Loads one account `count` times, each with one deposit, going by the version it saw."""
    store = await open_store(home)
    dice = random.Random(int(seed))
    refused = 0
    for n in range(int(count)):
        while True:
            account = (await store.list_accounts(1))[0]
            load = random_load(account, NOW + timedelta(seconds=n, microseconds=int(seed)), dice)
            try:
                await store.record_load(replace(load, base_version=account.version))
                break
            except Conflict:
                refused += 1
    await store.close()
    print(refused, flush=True)


async def begin(home: Path, name: str) -> None:
    """The first start of a server: makes or opens everything, seals something."""
    store = await open_store(home)
    user = await store.add_user(name, NOW)
    fields = Credentials({"api_key": name, "secret": f"secret of {name}"})
    await store.add_account(user.id, NewAccount("binance", name, fields), NOW)
    await store.close()


async def die_in_a_transaction(home: Path) -> None:
    """Is killed after the statements of a write, before its commit."""
    db = SqliteDatabase(home / "x.db")
    drop = [Change(sql.REMOVE_ACCOUNT, [{"id": n, "user_id": 1}]) for n in range(1, 100)]
    await db.write([*drop, change(sql.TAKE_ID, name="accounts")], before_commit=_die)


async def die_rotating(home: Path, moment: str) -> None:
    """Is killed while it changes the master key: `before` or `after` the file is replaced."""
    db = SqliteDatabase(home / "x.db")
    file = home / "master.key"
    old, new = MasterKey.load(file), MasterKey.generate()

    def publish() -> None:
        if moment == "before":
            _die()
        new.replace(file)
        _die()

    await rotate_master(db, old, new, publish)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


TASKS = {task.__name__: task for task in (load_for_ever, deposit, begin, die_in_a_transaction, die_rotating)}

if __name__ == "__main__":
    asyncio.run(TASKS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:]))
