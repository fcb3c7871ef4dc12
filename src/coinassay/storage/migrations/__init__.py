"""Alembic's environment and versions.

After a change of `schema.py`: add a file to `versions/`, set `migrate.HEAD`, run `python -m coinassay.storage.compile`;
tests compare what the migrations make with the schema. While a migration runs, and after it, servers of the version
before still work on the database: add first, take away in a later version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool, StaticPool

from coinassay.errors import StorageError


def config() -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(connection: sqlite3.Connection, settings: Config | None = None) -> None:
    """Runs the migrations, all of them in one transaction, waiting for other writers.

    Raises alembic.util.CommandError when the database's version is not among ours.
    """
    settings = settings or config()
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @sa.event.listens_for(engine, "begin")
    def begin(bound: sa.Connection) -> None:
        # SQLAlchemy leaves the beginning to the driver, which our connections have told to leave it to us.
        bound.exec_driver_sql("BEGIN IMMEDIATE")

    # SQLite changes a table by making it anew, and dropping the old one would take the rows that belong to it along.
    # Only outside of a transaction can this be switched: https://www.sqlite.org/lang_altertable.html#otheralter
    connection.execute("PRAGMA foreign_keys = OFF")
    with engine.begin() as bound:
        settings.attributes["connection"] = bound
        command.upgrade(settings, "head")
        if bound.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise StorageError("The migration left rows that belong to nothing; it was taken back.")


def upgrade_postgres(connection: Callable[[], Any], settings: Config | None = None) -> None:
    """Runs the migrations, each in a transaction of its own. `connection` makes one of psycopg's.

    Raises sqlalchemy.exc.DBAPIError, also where a lock was not to be had in the connection's lock_timeout: what was
    migrated until then stays, the rest can be run again. Raises CommandError like `upgrade`.
    """
    settings = settings or config()
    engine = sa.create_engine("postgresql+psycopg://", creator=connection, poolclass=NullPool)
    with engine.connect() as bound:
        settings.attributes["connection"] = bound
        command.upgrade(settings, "head")
