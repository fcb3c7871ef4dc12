"""Secrets at rest open only where they belong, and only with the master key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.errors import ConfigurationError, Conflict, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Row, change
from coinassay.storage.master_key import MasterKey
from coinassay.storage.migrate import prepare
from coinassay.storage.sqlite import SqliteDatabase
from coinassay.storage.vault import Vault, open_vault, rotate_master, rotate_master_file

VAULT = Vault(bytes(range(32)))
PLACE = ("credentials", 7, "exchange")


@given(st.binary(max_size=300))
def test_what_was_sealed_opens(secret: bytes) -> None:
    sealed = VAULT.seal(secret, *PLACE)
    assert secret == VAULT.open(sealed, *PLACE)
    assert len(secret) + 29 == len(sealed)


def test_the_same_secret_is_never_sealed_the_same_way() -> None:
    assert 1000 == len({VAULT.seal(b"secret", *PLACE) for _ in range(1000)})


@pytest.mark.parametrize(
    "place", [("credentials", 8, "exchange"), ("api_keys", 7, "exchange"), ("credentials", 7, "other")]
)
def test_it_opens_nowhere_else(place: tuple[str, int, str]) -> None:
    sealed = VAULT.seal(b"secret", *PLACE)
    with pytest.raises(StorageError, match="does not open"):
        VAULT.open(sealed, *place)


def test_no_bit_of_it_can_be_changed() -> None:
    sealed = VAULT.seal(b"secret", *PLACE)
    for n in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[n // 8] ^= 1 << n % 8
        with pytest.raises(StorageError):
            VAULT.open(bytes(changed), *PLACE)


@given(st.binary(max_size=64))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    with pytest.raises(StorageError):
        VAULT.open(rubbish, *PLACE)


def test_another_data_key_does_not_open_it() -> None:
    with pytest.raises(StorageError):
        Vault(bytes(32)).open(VAULT.seal(b"secret", *PLACE), *PLACE)


def test_a_vault_shows_nothing() -> None:
    assert "Vault()" == repr(VAULT)


# ---------------------------------------------------------------------------------------- master keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


@pytest.fixture
async def db(path: Path) -> AsyncIterator[SqliteDatabase]:
    prepare(path)
    database = SqliteDatabase(path)
    yield database
    await database.close()


def on_disk(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


async def test_the_data_key_is_made_once_and_kept_wrapped(db: SqliteDatabase, path: Path) -> None:
    master = MasterKey.generate()
    sealed = (await open_vault(db, master)).seal(b"secret", *PLACE)
    assert b"secret" == (await open_vault(db, master)).open(sealed, *PLACE)
    assert 1 == len(await db.fetch_all(sql.LIST_WRAPPED, {}))
    assert master.to_bytes() not in on_disk(path)


async def test_servers_that_start_at_the_same_moment_share_the_data_key(db: SqliteDatabase) -> None:
    """Both found the database empty: the second one's data key must not count."""
    master = MasterKey.generate()
    first = await open_vault(db, master)
    await db.write([change(sql.ADD_FIRST_WRAPPED, master_id="another", wrapped=b"too late")])
    await db.write([change(sql.ADD_FIRST_WRAPPED, master_id=master.id, wrapped=b"too late")])
    assert b"s" == (await open_vault(db, master)).open(first.seal(b"s", *PLACE), *PLACE)


async def test_another_master_key_stops_the_start_and_changes_nothing(db: SqliteDatabase) -> None:
    right, wrong = MasterKey.generate(), MasterKey.generate()
    await open_vault(db, right)
    before = await db.fetch_all(sql.LIST_WRAPPED, {})
    with pytest.raises(ConfigurationError, match=f"{wrong.id}\\) does not open this database") as caught:
        await open_vault(db, wrong)
    assert "COINASSAY_MASTER_KEY" in caught.value.hint
    assert before == await db.fetch_all(sql.LIST_WRAPPED, {})


async def test_a_wrapped_key_that_was_altered_is_not_taken_for_a_wrong_master_key(db: SqliteDatabase) -> None:
    master = MasterKey.generate()
    await open_vault(db, master)
    await db.write([change(sql.PUT_WRAPPED, master_id=master.id, wrapped=b"\x01" + bytes(60))])
    with pytest.raises(StorageError, match="altered"):
        await open_vault(db, master)


async def test_a_rotation_changes_who_can_open_and_not_what_is_sealed(db: SqliteDatabase, path: Path) -> None:
    old, new = MasterKey.generate(), MasterKey.generate()
    running = await open_vault(db, old)
    sealed = running.seal(b"secret", *PLACE)
    ((_, wrapped_before),) = await db.fetch_all(sql.LIST_WRAPPED, {})
    assert wrapped_before in on_disk(path)
    await rotate_master(db, old, new)
    assert b"secret" == (await open_vault(db, new)).open(sealed, *PLACE)
    assert b"more" == (await open_vault(db, new)).open(running.seal(b"more", *PLACE), *PLACE), "it runs on"
    with pytest.raises(ConfigurationError):
        await open_vault(db, old)
    assert wrapped_before not in on_disk(path), "who finds the old key later finds nothing it opens"


async def test_only_the_present_key_can_be_rotated(db: SqliteDatabase) -> None:
    old, new = MasterKey.generate(), MasterKey.generate()
    await open_vault(db, old)
    with pytest.raises(ConfigurationError):
        await rotate_master(db, new, old)
    await open_vault(db, old)
    with pytest.raises(ConfigurationError):
        await open_vault(db, new)


async def test_a_rotation_to_the_same_key_changes_nothing(db: SqliteDatabase) -> None:
    key = MasterKey.generate()
    sealed = (await open_vault(db, key)).seal(b"secret", *PLACE)
    await rotate_master(db, key, key)
    assert b"secret" == (await open_vault(db, key)).open(sealed, *PLACE)


async def test_the_new_key_is_published_while_both_open(db: SqliteDatabase, tmp_path: Path) -> None:
    file = tmp_path / "home" / "master.key"
    old = MasterKey.load_or_create(file)
    await open_vault(db, old)
    new = await rotate_master_file(db, file)
    assert new == MasterKey.load(file) != old
    await open_vault(db, new)
    with pytest.raises(ConfigurationError):
        await open_vault(db, old)


async def test_a_file_that_cannot_be_replaced_leaves_the_old_key_good(db: SqliteDatabase, path: Path) -> None:
    old, new = MasterKey.generate(), MasterKey.generate()
    await open_vault(db, old)
    with pytest.raises(ConfigurationError, match="cannot be replaced"):
        await rotate_master(db, old, new, publish=lambda: new.replace(path.parent / "missing" / "master.key"))
    await open_vault(db, old)
    await rotate_master(db, old, new)
    await open_vault(db, new)


class Interrupted:
    """The database of a process that is overtaken by another after its first write."""

    def __init__(self, db: SqliteDatabase, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._meanwhile: Callable[[], Awaitable[None]] | None = meanwhile
        self.fetch_one, self.fetch_all, self.fetch_kept = db.fetch_one, db.fetch_all, db.fetch_kept
        self.fetch_all_kept = db.fetch_all_kept
        self.forget_deleted, self.close, self.watch = db.forget_deleted, db.close, db.watch

    async def write(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None = None
    ) -> Sequence[Sequence[Row]]:
        given = await self._db.write(changes, before_commit)
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            await meanwhile()
        return given


async def test_of_two_rotations_at_once_one_wins_whole(db: SqliteDatabase) -> None:
    """Otherwise the file could hold one's key, and the database open to the other's."""
    old, ours, theirs = MasterKey.generate(), MasterKey.generate(), MasterKey.generate()
    await open_vault(db, old)
    published: list[MasterKey] = []

    async def theirs_first() -> None:
        await rotate_master(db, old, theirs, publish=lambda: published.append(theirs))

    with pytest.raises(Conflict):
        await rotate_master(Interrupted(db, theirs_first), old, ours, publish=lambda: published.append(ours))
    assert [theirs] == published
    await open_vault(db, theirs)
    with pytest.raises(ConfigurationError):
        await open_vault(db, ours)
