"""What the errors of PostgreSQL's driver mean here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from coinassay.errors import CoinassayError, ConfigurationError, Conflict, NotFound, StorageError
from coinassay.storage.addresses import place_of

_LOST = "The connection to PostgreSQL was lost."


def driver() -> Any:
    try:
        import asyncpg
    except ImportError as e:
        raise ConfigurationError(
            "Databases on PostgreSQL need packages that are not installed.",
            hint="pip install 'coinassay[postgresql]'",
        ) from e
    return asyncpg


def failures() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    asyncpg = driver()
    return (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is of no use after this error."""
    asyncpg = driver()
    lost = (
        asyncpg.PostgresConnectionError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.IdleInTransactionSessionTimeoutError,
        asyncpg.InternalClientError,
        asyncpg.InterfaceError,
        OSError,
        TimeoutError,
    )
    return isinstance(error, lost)


def connect_error(error: BaseException, url: str) -> CoinassayError:
    asyncpg, place = driver(), place_of(url)
    user = urlsplit(url).username or ""
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):  # also a wrong password
        return ConfigurationError(
            f"PostgreSQL at {place} refuses the user {user!r}, or the password.",
            hint="Check COINASSAY_DATABASE_URL; a password with @, : or / in it has to be percent-encoded",
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return ConfigurationError(f"There is no database {place}.", hint="createdb makes one")
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return StorageError(f"PostgreSQL at {place} takes no more connections (max_connections).")
    if isinstance(error, asyncpg.CannotConnectNowError):
        return StorageError(f"PostgreSQL at {place} is starting or stopping.")
    if isinstance(error, (asyncpg.InterfaceError, ValueError)):
        return ConfigurationError(
            f"The address of the database at {place} cannot be used.",
            hint="Write postgresql://user:password@host:5432/database",
        )
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError):
        return StorageError(f"PostgreSQL at {place} did not let us in ({error.sqlstate}).")
    return StorageError(f"PostgreSQL at {place} cannot be reached.")


def postgres_error(error: BaseException) -> CoinassayError:
    """Ours for the driver's (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
    asyncpg = driver()
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict()
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return NotFound()
    if isinstance(error, TimeoutError):
        return StorageError("PostgreSQL did not answer in time.")
    if does_not_fit(error):
        return StorageError("A value does not fit into the database.")
    if is_lost(error):
        return StorageError(_LOST)
    state = getattr(error, "sqlstate", None) or ""
    words = _MESSAGES.get(state) or _MESSAGES.get(state[:2])
    return StorageError(words or f"PostgreSQL could not do that ({state or type(error).__name__}).")


def does_not_fit(error: BaseException) -> bool:
    """Whether a value is one the database cannot hold: a text with NUL or half a surrogate pair, a larger integer."""
    asyncpg = driver()
    return isinstance(error, asyncpg.DataError)


def is_clash(error: BaseException) -> bool:
    """Whether the same write may succeed when it is done again."""
    asyncpg = driver()
    return isinstance(error, (asyncpg.SerializationError, asyncpg.DeadlockDetectedError))


def tables_changed(error: BaseException) -> bool:
    """Whether a prepared statement is to be prepared anew, after a migration."""
    asyncpg = driver()
    return isinstance(error, (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError))


_MESSAGES = {
    "25006": "PostgreSQL only lets this user read: the address may be that of a standby.",
    "40001": "Other writers kept changing the same rows. Nothing was written.",
    "40P01": "Other writers kept changing the same rows. Nothing was written.",
    "42501": "PostgreSQL does not let this user do that. It must own the tables.",
    "42P01": "A table is missing from the database: it was made by another version, or altered.",
    "42703": "A column is missing from the database: it was made by another version, or altered.",
    "53100": "The disk of PostgreSQL is full. Nothing was written.",
    "53": "PostgreSQL has no memory, disk or connections left. Nothing was written.",
    "55P03": "The database is locked by another process.",
    "57014": "PostgreSQL stopped the statement, or it took too long.",
    "58": "The disk failed under PostgreSQL.",
    "XX": "PostgreSQL reports damage, or a failure of its own.",
}
