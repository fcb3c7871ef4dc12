"""What can be found in the database's files: no secret, and not more than it takes."""

from __future__ import annotations

import base64
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.records import NOW, a_flow, a_load, held, new_key

from coinassay.domain.account import Credentials, NewAccount
from coinassay.domain.api_key import KeyKind
from coinassay.errors import StorageError
from coinassay.storage.store import MasterKey, Store

SECRETS = {
    "secret": "5f1d0c7e-exchange-secret-NIGHTINGALE",
    "passphrase": "correct horse battery staple",
    "private_key": "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIQ\n-----END EC PRIVATE KEY-----",
}
HMAC_SECRET = "9c0e5d7b" * 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


def files(path: Path) -> bytes:
    found = sorted(path.parent.iterdir())
    assert ["x.db", "x.db-shm", "x.db-wal"] == [each.name for each in found]
    return b"".join(each.read_bytes() for each in found)


def ways_to_write(secret: bytes) -> list[bytes]:
    return [secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="), secret[8:24]]


async def test_no_secret_is_in_any_file(path: Path) -> None:
    master = MasterKey.generate()
    store = await Store.open(str(path), master)
    user = await store.add_user("owner", NOW)
    await store.add_key(user.id, new_key(verifier=HMAC_SECRET.encode()), NOW)
    account = await store.add_account(
        user.id, NewAccount("kucoin", "main", Credentials({"api_key": "public-part", **SECRETS})), NOW
    )
    await store.record_load(a_load(account.id, held("1 BTC", at="5")))
    await store.get_credentials(account.id)
    await store.find_key("k" * 64)
    stored = files(path)
    assert b"public-part" in stored, "one would see it"
    for secret in (*SECRETS.values(), HMAC_SECRET):
        for written in ways_to_write(secret.encode()):
            assert written not in stored, secret
    for written in ways_to_write(master.to_bytes()):
        assert written not in stored, "the master key"
    await store.close()


async def test_a_secret_moved_to_another_row_does_not_open(path: Path) -> None:
    """Somebody who can write to the database, but has no master key, makes their key that of another user's account."""
    store = await Store.open(str(path), MasterKey.generate())
    user = await store.add_user("owner", NOW)
    for n in (1, 2):
        fields = Credentials({"api_key": f"{n}", "secret": f"secret {n}"})
        await store.add_account(user.id, NewAccount("binance", f"{n}", fields), NOW)
        await store.add_key(user.id, new_key(f"key {n}", verifier=b"%d" % n), NOW)
    await store.add_key(user.id, new_key("rsa", b"%d" % 1, KeyKind.RSA), NOW)
    rows = sqlite3.connect(path)
    rows.execute("UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE account_id = 1)")
    rows.execute("UPDATE api_keys SET verifier = (SELECT verifier FROM api_keys WHERE id = 1) WHERE id = 2")
    rows.execute("UPDATE api_keys SET kind = 'hmac' WHERE id = 3")
    rows.commit()
    rows.close()
    assert "secret 1" == (await store.get_credentials(1))["secret"]
    with pytest.raises(StorageError, match="credentials 2"):
        await store.get_credentials(2)
    key = await store.find_key("key 1")
    assert key is not None
    assert b"1" == key.verifier
    for moved in ("key 2", "rsa"):
        with pytest.raises(StorageError, match="does not open"):
            await store.find_key(moved)
    await store.close()


def digits(base: int, exponent: int, count: int) -> str:
    """Some that hardly compress."""
    return str(base ** (100 + exponent))[:count]


async def test_a_load_of_20_holdings_takes_at_most_2_kb(path: Path) -> None:
    """Everything that stays: snapshot, composition, load and a deposit, with their indexes. Amounts have up to 18
    decimals, values up to 26, as exchanges have them."""
    store = await Store.open(str(path), MasterKey.generate())
    user = await store.add_user("owner", NOW)
    accounts = [
        await store.add_account(user.id, NewAccount("binance", f"{n}", Credentials({"api_key": f"{n}"})), NOW)
        for n in range(10)
    ]

    async def record(rounds: range) -> None:
        for n in rounds:
            for account in accounts:
                holdings = (
                    held(f"{m}.{digits(7, n + m, 18)} C{m:02d}X", at=f"{3**m}.{digits(3, n + m, 8)}") for m in range(20)
                )
                flows = (a_flow(account.id, "12.34567891", reference=f"{n:040d}"),)
                await store.record_load(a_load(account.id, *holdings, at=NOW + timedelta(hours=n), flows=flows))

    def size() -> int:
        rows = sqlite3.connect(path)
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows.close()
        return path.stat().st_size

    await record(range(10))
    before = size()
    await record(range(10, 60))
    grown = (size() - before) / (50 * len(accounts))
    await store.close()
    assert grown <= 2048, f"{grown:.0f} bytes"
