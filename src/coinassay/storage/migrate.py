"""Brings a database to the schema this program works with.

Alembic is imported only where a database is older: its import takes longer than everything else at a start.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coinassay.errors import ConfigurationError
from coinassay.storage.sqlite import connect, create_file, storage_error
from coinassay.storage.statements import SCHEMA

HEAD = "0013"
"""The newest version in migrations/versions."""
VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def prepare(path: Path) -> None:
    """Makes the file and its tables, or migrates them, or does nothing. All in one transaction: a killed process leaves
    the schema as it was, and of several processes one does it.

    Raises StorageError, and ConfigurationError for a file that is another program's or was made by a newer version.
    """
    create_file(path)
    connection = connect(path)
    try:
        found = _version(connection)
        if found is None:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) is None:  # no other process was faster
                _make_tables(connection, path)
            connection.execute("COMMIT")
        elif found != HEAD:
            _migrate(connection, path, found)
    except sqlite3.Error as e:
        raise storage_error(e) from e
    finally:
        connection.close()  # takes back what was not committed


def _version(connection: sqlite3.Connection) -> str | None:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    """What all migrations together make (a test compares), without running them."""
    if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        raise ConfigurationError(
            f"{path} is a database of another program.", hint="Choose another file with COINASSAY_DATABASE_URL."
        )
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(VERSION_TABLE)
    connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))


def _migrate(connection: sqlite3.Connection, path: Path, found: str) -> None:
    from alembic.util import CommandError

    from coinassay.storage.migrations import upgrade

    try:
        upgrade(connection)
    except CommandError as e:
        raise unknown_version(str(path), found) from e


def unknown_version(database: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        f"{database} has the schema version {found!r}, which this version of Coinassay does not know.",
        hint="It was used by a newer version: run that one.",
    )


def no_installation(place: str) -> ConfigurationError:
    return ConfigurationError(f"There is no installation in {place}.", hint="coinassay init makes one")
