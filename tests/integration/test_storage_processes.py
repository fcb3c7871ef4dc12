"""Several processes on one database, and processes that are killed: nothing half done, nothing lost."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.integration import storage_child
from tests.integration.storage_child import NOW, open_store

from coinassay.domain.account import Credentials, NewAccount
from coinassay.domain.money import add_up
from coinassay.domain.snapshot import Money
from coinassay.storage.codec import integer_to_moment
from coinassay.storage.loads import composition
from coinassay.storage.master_key import MasterKey
from coinassay.storage.store import Store

pytestmark = pytest.mark.slow

BEGINNING = datetime(1970, 1, 1, tzinfo=NOW.tzinfo)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def child(*arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        storage_child.__file__,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def finished(process: asyncio.subprocess.Process) -> str:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert 0 == process.returncode, err.decode()
    return out.decode()


async def killed(process: asyncio.subprocess.Process) -> None:
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert -signal.SIGKILL == process.returncode, err.decode()


@pytest.fixture
async def store(home: Path) -> AsyncIterator[Store]:
    """A database with five accounts of one user, open in this process as well."""
    store = await open_store(home)
    user = await store.add_user("owner", NOW)
    for n in range(5):
        fields = Credentials({"api_key": f"{n}", "secret": f"secret {n}"})
        await store.add_account(user.id, NewAccount("binance", f"{n}", fields), NOW)
    yield store
    await store.close()


async def check_everything(store: Store, home: Path) -> int:
    """Each account's row, holdings, snapshot, composition, flows and loads agree. Gives the number of loads."""
    rows = sqlite3.connect(home / "x.db")
    assert [("ok",)] == rows.execute("PRAGMA integrity_check").fetchall()
    assert [] == rows.execute("PRAGMA foreign_key_check").fetchall()
    accounts = await store.list_accounts(1)
    flows = await store.list_flows([account.id for account in accounts], BEGINNING)
    for account in accounts:
        holdings = await store.list_holdings(account.id)
        assert account.total.usd == add_up(holding.usd for holding in holdings if holding.usd is not None)
        net = Money()
        for flow in flows[account.id]:
            net = net + flow.money
        assert account.net_deposits == net
        loads = rows.execute("SELECT count(*) FROM loads WHERE account_id = ?", (account.id,)).fetchone()[0]
        assert account.version == loads == len(flows[account.id])
        snapshots = rows.execute(
            "SELECT taken_at, total_usd, net_deposits_usd, body FROM snapshots JOIN compositions "
            "USING (account_id, taken_at) WHERE account_id = ?",
            (account.id,),
        ).fetchall()
        assert loads == len(snapshots)
        if loads:
            (own,) = [row for row in snapshots if integer_to_moment(row[0]) == account.loaded_at]
            assert (str(account.total.usd), str(account.net_deposits.usd), composition(holdings)) == own[1:]
    total = rows.execute("SELECT count(*) FROM loads").fetchone()[0]
    rows.close()
    assert isinstance(total, int)
    return total


async def test_a_server_killed_while_it_loads_leaves_no_half_load(store: Store, home: Path) -> None:
    counts = [0]
    for seed in range(4):
        process = await child("load_for_ever", home, seed)
        assert process.stdout is not None
        assert b"loading\n" == await asyncio.wait_for(process.stdout.readline(), 60)
        await asyncio.sleep(0.15 + 0.07 * seed)
        process.kill()
        await killed(process)
        counts.append(await check_everything(store, home))
    assert counts == sorted(set(counts)), "each of them got something done"


async def test_a_process_killed_before_its_commit_has_done_nothing(store: Store, home: Path) -> None:
    before = await store.list_accounts(1)
    await killed(await child("die_in_a_transaction", home))
    assert before == await store.list_accounts(1)
    new = NewAccount("binance", "new", Credentials({"api_key": "new", "secret": "s"}))
    assert len(before) + 1 == (await store.add_account(1, new, NOW)).id


async def test_servers_that_load_one_account_lose_no_deposit(store: Store, home: Path) -> None:
    processes = [await child("deposit", home, seed, 60) for seed in (1, 2, 3)]
    refused = [int(await finished(process)) for process in processes]
    await check_everything(store, home)
    account = (await store.list_accounts(1))[0]
    assert 180 == account.version
    assert sum(refused) > 0, "they did get in each other's way"


async def test_servers_that_start_for_the_first_time_at_the_same_moment(home: Path) -> None:
    names = [f"server {n}" for n in range(6)]
    for process in [await child("begin", home, name) for name in names]:
        await finished(process)
    store = await open_store(home)
    users = await store.list_users()
    assert sorted(names) == sorted(user.name for user in users)
    for user in users:
        (account,) = await store.list_accounts(user.id)
        assert f"secret of {user.name}" == (await store.get_credentials(account.id))["secret"]
    await store.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_rotation_killed_on_the_way_leaves_a_file_that_opens(store: Store, home: Path, moment: str) -> None:
    file = home / "master.key"
    old = MasterKey.load(file)
    await killed(await child("die_rotating", home, moment))
    assert (old == MasterKey.load(file)) == (moment == "before")
    again = await open_store(home)
    assert "secret 0" == (await again.get_credentials(1))["secret"]
    new = await again.rotate_master_file(file)
    await again.close()
    rows = sqlite3.connect(home / "x.db")
    assert [(new.id,)] == rows.execute("SELECT master_id FROM vault_keys").fetchall(), "the next rotation tidies up"
    rows.close()
    assert "secret 0" == (await store.get_credentials(1))["secret"], "a running server has noticed nothing"
