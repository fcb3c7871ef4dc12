"""Secrets at rest: sealed with AES-256-GCM under a data key, which a master key wraps.

    vault_keys        data key sealed under the master key; one row for each master key that may open it
    credentials, …    secrets sealed under the data key

What is sealed is bound (GCM's associated data) to its table, row and purpose: moved to another row it does not open. A
sealed text is one byte for the format, 12 random bytes of nonce, then ciphertext and tag. Random nonces are good for
2**32 texts under one key (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from coinassay.errors import ConfigurationError, Conflict, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Database, change
from coinassay.storage.master_key import LENGTH, MasterKey

_FORMAT = b"\x01"
_NONCE = 12
_OVERHEAD = len(_FORMAT) + _NONCE + 16


class Vault:
    """Seals and opens with the data key, which it holds in memory. A change of the master key does not touch it."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)

    def seal(self, secret: bytes, table: str, row: int, purpose: str) -> bytes:
        return _seal(self._cipher, secret, _place(table, row, purpose))

    def open(self, sealed: bytes, table: str, row: int, purpose: str) -> bytes:
        """Raises StorageError for anything but what `seal` made for the same place."""
        try:
            return _open(self._cipher, sealed, _place(table, row, purpose))
        except InvalidTag as e:
            raise StorageError(f"A stored secret ({table} {row}) does not open: the database was altered.") from e

    def __repr__(self) -> str:
        return "Vault()"


async def open_vault(db: Database, master: MasterKey) -> Vault:
    """The vault of this database; on an empty one its data key is made.

    Raises ConfigurationError when it was sealed under another master key.
    """
    if not await db.fetch_all(sql.LIST_WRAPPED, {}):
        wrapped = _wrap(secrets.token_bytes(LENGTH), master)
        # Counting puts the processes that do this at the same moment in a row: whoever comes second sees the first key.
        await db.write(
            [change(sql.TAKE_ID, name="vault"), change(sql.ADD_FIRST_WRAPPED, master_id=master.id, wrapped=wrapped)]
        )
    return Vault(await _unwrap(db, master))


async def rotate_master(
    db: Database, old: MasterKey, new: MasterKey, publish: Callable[[], None] | None = None
) -> None:
    """Lets `new` open the vault, and `old` no longer. Running servers go on: they hold the data key.

    `publish` puts the new key where the next start looks for it. It is called when both keys open the vault, and
    before the old one is dropped: whenever the process is killed, the key that is published opens the vault. Then only
    the old one may still open it too, until the next rotation. Without `publish` it is one transaction.

    Raises ConfigurationError when `old` does not open the vault, Conflict when another rotation came between.
    """
    wrapped = _wrap(await _unwrap(db, old), new)
    put = change(sql.PUT_WRAPPED, master_id=new.id, wrapped=wrapped)
    drop = change(sql.DROP_OTHER_WRAPPED, master_id=new.id)
    if publish is None:
        await db.write([change(sql.LOCK_WRAPPED, wrong_key(old), master_id=old.id), put, drop])
    else:
        await db.write([change(sql.LOCK_WRAPPED, wrong_key(old), master_id=old.id), put])
        await db.write([change(sql.LOCK_WRAPPED, Conflict(), master_id=new.id), drop], before_commit=publish)
    await db.forget_deleted()


async def rotate_master_file(db: Database, path: Path) -> MasterKey:
    """`rotate_master` from the key in the file to a new one, which takes its place there."""
    old, new = MasterKey.load(path), MasterKey.generate()
    await rotate_master(db, old, new, publish=lambda: new.replace(path))
    return new


async def _unwrap(db: Database, master: MasterKey) -> bytes:
    row = await db.fetch_one(sql.FIND_WRAPPED, {"master_id": master.id})
    if row is None:
        raise wrong_key(master)
    try:
        return _open(AESGCM(master.to_bytes()), row[0], _place("vault_keys", master.id, "data key"))
    except InvalidTag as e:
        raise StorageError("The vault's data key does not open: the database was altered.") from e


def wrong_key(master: MasterKey) -> ConfigurationError:
    return ConfigurationError(
        f"The master key (id {master.id}) does not open this database: it was sealed under another one.",
        hint="Give the key this database was made with, or the one it was rotated to (COINASSAY_MASTER_KEY, "
        "COINASSAY_MASTER_KEY_FILE, or the key file in the home directory). Without it the stored secrets are lost.",
    )


def _wrap(data_key: bytes, master: MasterKey) -> bytes:
    return _seal(AESGCM(master.to_bytes()), data_key, _place("vault_keys", master.id, "data key"))


def _place(table: str, row: int | str, purpose: str) -> bytes:
    return f"coinassay\0{table}\0{row}\0{purpose}".encode()


def _seal(cipher: AESGCM, text: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return _FORMAT + nonce + cipher.encrypt(nonce, text, _FORMAT + place)


def _open(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    if len(sealed) < _OVERHEAD or sealed[:1] != _FORMAT:
        raise InvalidTag
    start = len(_FORMAT) + _NONCE
    return cipher.decrypt(sealed[len(_FORMAT) : start], sealed[start:], _FORMAT + place)
