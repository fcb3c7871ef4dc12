"""Everything that is kept, behind the ports of coinassay.services."""

from __future__ import annotations

from pathlib import Path

from coinassay.errors import ConfigurationError
from coinassay.storage.accounts import Accounts
from coinassay.storage.addresses import SQLITE, is_postgres
from coinassay.storage.api_keys import ApiKeys
from coinassay.storage.attention import Attention
from coinassay.storage.backup import Backups
from coinassay.storage.budgets import Budgets
from coinassay.storage.currencies import Currencies
from coinassay.storage.database import Database
from coinassay.storage.events import Events
from coinassay.storage.files import is_there
from coinassay.storage.flows import Flows
from coinassay.storage.history import History
from coinassay.storage.imports import Imports
from coinassay.storage.key_reports import KeyReports
from coinassay.storage.master_key import MasterKey
from coinassay.storage.migrate import no_installation, prepare
from coinassay.storage.pasts import Pasts
from coinassay.storage.portfolio import Portfolios
from coinassay.storage.preferences import Preferences
from coinassay.storage.refresh import Refreshes
from coinassay.storage.retention import Retentions
from coinassay.storage.sqlite import SqliteDatabase
from coinassay.storage.trades import Trades
from coinassay.storage.users import Users
from coinassay.storage.vault import open_vault, rotate_master, rotate_master_file
from coinassay.storage.web import Samples, WebSessions


class Store(
    Users,
    Currencies,
    Events,
    ApiKeys,
    Accounts,
    KeyReports,
    Portfolios,
    History,
    Trades,
    WebSessions,
    Samples,
    Attention,
    Backups,
    Retentions,
    Pasts,
    Refreshes,
    Imports,
    Budgets,
    Flows,
    Preferences,
):
    """UserStore, ApiKeyStore, AccountStore, KeyReportStore, LoadStore, HistoryStore, PaperStore and VolumeStore over
    one database.

    To be opened, used and closed on one thread. Every write is all or nothing. Besides what each method says, all of
    them raise StorageError when the database fails.
    """

    @classmethod
    async def open(cls, path_or_url: str, master: MasterKey, *, create: bool = True) -> Store:
        """Opens the database; makes it where there is none, and migrates an older one. On PostgreSQL the database must
        be there, and gets its tables, but for without `create`.

        `path_or_url`: a path, sqlite:///path, or postgresql://user:password@host:port/database. Raises
        ConfigurationError for what cannot be opened, and when the database was sealed under another master key.
        """
        db = await open_database(path_or_url, create=create)
        try:
            return cls(db, await open_vault(db, master))
        except BaseException:
            await db.close()
            raise

    async def close(self) -> None:
        await self._db.close()

    async def rotate_master(self, old: MasterKey, new: MasterKey) -> None:
        """For a key that comes from a setting: in one transaction `new` opens the database and `old` no longer does.

        This store and running servers go on. Raises ConfigurationError when `old` is not the key of this database.
        """
        await rotate_master(self._db, old, new)

    async def rotate_master_file(self, path: Path) -> MasterKey:
        """For a key in a file: puts a new one in its place. Killed at any point, the file opens the database."""
        return await rotate_master_file(self._db, path)


async def open_database(path_or_url: str, *, create: bool = True) -> Database:
    """The database alone, made and migrated as `Store.open` says."""
    if is_postgres(path_or_url):
        from coinassay.storage import postgres_migrate
        from coinassay.storage.postgres import PostgresDatabase

        await postgres_migrate.prepare(path_or_url, create=create)
        return PostgresDatabase(path_or_url)
    path = _path(path_or_url)
    if not create and not is_there(path):
        raise no_installation(str(path))
    prepare(path)
    return SqliteDatabase(path)


def _path(path_or_url: str) -> Path:
    if path_or_url.startswith(SQLITE):
        path_or_url = path_or_url.removeprefix(SQLITE)
    elif "://" in path_or_url:
        scheme = path_or_url.partition("://")[0]
        raise ConfigurationError(
            f"Databases of the kind {scheme!r} are not supported.", hint="Use sqlite:///path or postgresql://…"
        )
    if not path_or_url or path_or_url == ":memory:":
        raise ConfigurationError("The database must be a file.", hint="Use sqlite:///path.")
    return Path(path_or_url)


__all__ = ["Database", "MasterKey", "Store"]
