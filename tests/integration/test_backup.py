"""A copy of the database that is made while it is in use."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contract.records import NOW

from coinassay.domain.account import Credentials, NewAccount
from coinassay.errors import ConfigurationError
from coinassay.storage import backup
from coinassay.storage.store import MasterKey, Store


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.generate()


async def test_a_copy_opens_with_the_same_master_key(tmp_path: Path, master: MasterKey) -> None:
    store = await Store.open(str(tmp_path / "a.db"), master)
    alice = await store.add_user("alice", NOW)
    account = await store.add_account(
        alice.id, NewAccount("binance", "Main", Credentials({"api_key": "k", "secret": "sssh-very-secret"})), NOW
    )
    await store.backup(tmp_path / "copy.db")
    await store.close()
    assert 0o600 == (tmp_path / "copy.db").stat().st_mode & 0o777
    assert b"sssh-very-secret" not in (tmp_path / "copy.db").read_bytes()

    restored = await Store.open(str(tmp_path / "copy.db"), master)
    assert "sssh-very-secret" == (await restored.get_credentials(account.id))["secret"]
    await restored.close()
    with pytest.raises(ConfigurationError):
        await Store.open(str(tmp_path / "copy.db"), MasterKey.generate())


async def test_it_is_of_one_moment_while_others_write(
    tmp_path: Path, master: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES", 1)
    store = await Store.open(str(tmp_path / "a.db"), master)
    writing = asyncio.create_task(write(store))
    await asyncio.sleep(0.02)
    await store.backup(tmp_path / "copy.db")
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await store.close()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        users = copy.execute("SELECT count(*), max(id) FROM users").fetchone()
        ((taken,),) = copy.execute("SELECT value FROM counters WHERE name = 'users'").fetchall()
    copy.close()
    assert users[0] == users[1]
    assert users[1] <= taken <= users[1] + 1


async def write(store: Store) -> None:
    for n in range(5000):
        await store.add_user(f"user {n}", datetime.now(UTC))


async def test_nothing_is_overwritten(tmp_path: Path, master: MasterKey) -> None:
    store = await Store.open(str(tmp_path / "a.db"), master)
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(ConfigurationError, match="is there already"):
        await store.backup(tmp_path / "copy.db")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        await store.backup(tmp_path / "nowhere" / "copy.db")
    await store.close()
    assert "precious" == (tmp_path / "copy.db").read_text()


async def test_what_a_killed_copy_left_is_in_nobodys_way(tmp_path: Path, master: MasterKey) -> None:
    store = await Store.open(str(tmp_path / "a.db"), master)
    (tmp_path / "copy.db.part").write_text("half")
    await store.backup(tmp_path / "copy.db")
    await store.close()
    assert not (tmp_path / "copy.db.part").exists()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert [("ok",)] == copy.execute("PRAGMA integrity_check").fetchall()
    copy.close()
