"""Brings a database on PostgreSQL to the schema this program works with, while servers of the version before use it.

Several processes may do it at the same moment: an advisory lock lets one of them through at a time.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage.addresses import place_of
from coinassay.storage.migrate import HEAD, VERSION_TABLE, no_installation, unknown_version
from coinassay.storage.postgres_connection import Connection, connect
from coinassay.storage.postgres_errors import failures, postgres_error
from coinassay.storage.statements import POSTGRES_SCHEMA

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 0x636F696E61737361
"""The advisory lock's number: "coinassa" in ASCII. Locks are counted apart for each database."""
BLOCKING = 1.0
"""Seconds a migration waits for a table, and with it all those who come after it: the lock it asks for is strict, and
whoever asks later stands behind it (https://www.postgresql.org/docs/current/explicit-locking.html)."""
PATIENCE = 300.0
"""Seconds a migration asks again."""

# Tables of extensions are nobody's, those of the task queue are ours.
_OTHER_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname NOT LIKE 'procrastinate\\_%'
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
LIMIT 1
"""


async def prepare(url: str, *, create: bool = True, patience: float = PATIENCE) -> None:
    """Makes the tables in an empty database, or migrates them, or does nothing. `patience` in seconds.

    Raises StorageError, and ConfigurationError for a database that is another program's or was made by a newer version,
    and for an empty one without `create`.
    """
    connection = await connect(url)
    try:
        found = await _version(connection)
        if found is None and not create:
            raise no_installation(place_of(url))
        if found is None:
            found = await _make_tables(connection, url)
    except failures() as e:
        raise postgres_error(e) from e
    finally:
        await connection.close()
    if found != HEAD:
        await asyncio.to_thread(migrate, url, found, patience)


async def _version(connection: Connection) -> str | None:
    if await connection.raw.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    version: str | None = await connection.raw.fetchval("SELECT version_num FROM alembic_version")
    return version


async def _make_tables(connection: Connection, url: str) -> str:
    """What all migrations together make (a test compares), without running them: in one transaction. Gives the version
    there is then."""
    async with connection.raw.transaction():
        await connection.run(f"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({LOCK})")
        found = await _version(connection)
        if found is not None:  # another process was faster
            return found
        if await connection.raw.fetchval(_OTHER_TABLES) is not None:
            raise ConfigurationError(
                f"{place_of(url)} is a database of another program.",
                hint="Choose another one with COINASSAY_DATABASE_URL; createdb makes one",
            )
        await connection.run(f"{POSTGRES_SCHEMA}{VERSION_TABLE}")
        await connection.raw.execute("INSERT INTO alembic_version (version_num) VALUES ($1)", HEAD)
    return HEAD


def migrate(url: str, found: str, patience: float = PATIENCE, settings: Config | None = None) -> None:
    """Runs the migrations after the version `found`. Raises ConfigurationError, StorageError. Waits on its thread."""
    import psycopg
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    from coinassay.storage.migrations import upgrade_postgres

    def connection() -> Any:
        return psycopg.connect(url, options=f"-c lock_timeout={BLOCKING * 1000:.0f}", application_name="coinassay")

    give_up_at = time.monotonic() + patience
    try:
        # Held by a connection of its own: a migration that fails on its way does not let go of it.
        with psycopg.connect(url, autocommit=True, application_name="coinassay") as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            while True:
                try:
                    return upgrade_postgres(connection, settings)
                except DBAPIError as e:
                    if not isinstance(e.orig, (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)):
                        raise
                    if time.monotonic() > give_up_at:
                        raise StorageError(
                            f"The tables of {place_of(url)} are in use by something that does not let go of them; "
                            "they could not be brought to this version. It can be tried again at any time."
                        ) from e
                time.sleep(random.uniform(0.2, 1.0))  # noqa: S311  (nothing secret hangs on it)
    except CommandError as e:
        raise unknown_version(place_of(url), found) from e
    except (DBAPIError, psycopg.Error) as e:
        cause = getattr(e, "orig", e)
        state = getattr(cause, "sqlstate", None) or type(cause).__name__
        raise StorageError(f"The tables of {place_of(url)} could not be brought to this version ({state}).") from e
