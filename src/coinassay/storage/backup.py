"""A copy of the whole database while it is in use."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage.noun import Noun
from coinassay.storage.sqlite import SqliteDatabase, storage_error

PAGES = 2048
"""Copied at a time: 8 MB, a few milliseconds."""


class Backups(Noun):
    """The port BackupStore."""

    async def backup(self, target: Path) -> None:
        if not isinstance(self._db, SqliteDatabase):
            raise ConfigurationError(
                "Only an SQLite database is copied by this command.",
                hint="pg_dump copies a PostgreSQL database while it is in use",
            )
        await asyncio.to_thread(copy_database, self._db.path, target)


def copy_database(source: Path, target: Path) -> None:
    """Writes `target`, a file that is not there yet, as of one moment, readable by its owner alone.

    Readers and writers of the source go on. The target appears whole or not at all. Raises ConfigurationError where it
    cannot be written, StorageError.
    """
    part = target.with_name(target.name + ".part")
    try:
        if target.exists():
            raise ConfigurationError(f"{target} is there already.", hint="Choose another name, or remove it first.")
        with contextlib.suppress(FileNotFoundError):
            part.unlink()  # of a copy that was killed
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as e:
        raise ConfigurationError(f"{target} cannot be written: {e.strerror}.") from e
    try:
        _copy(source, part)
        descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.rename(target)
    except sqlite3.Error as e:
        raise storage_error(e) from e
    except OSError as e:
        raise StorageError(f"{target} cannot be written: {e.strerror}.") from e
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _copy(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as origin,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # One read transaction, so that writers do not make it begin anew; the log meanwhile only grows.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        origin.backup(copy, pages=PAGES, sleep=0)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        if copy.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("the copy is damaged")
