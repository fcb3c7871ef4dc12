"""A PostgreSQL of the tests' own: made in a temporary directory, on loopback, thrown away afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

PASSWORD = "p@ss:word/of the tests"
QUOTED_PASSWORD = "p%40ss%3Aword%2Fof%20the%20tests"
"""As it stands in an address."""

# No test is about power cuts of PostgreSQL itself.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "deadlock_timeout": "50ms",
}


def programs() -> Path | None:
    """The directory with initdb and postgres, of the newest version there is; None where there is none."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


MISSING = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
"""Why tests are skipped."""


@dataclass
class Cluster:
    """A running server."""

    bin: Path
    directory: Path
    port: int
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://coinassay:{QUOTED_PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """The address of a new database, a copy of `template`."""
        name = f"test_{uuid.uuid4().hex[:16]}"
        self.sql(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    @cached_property
    def prepared(self) -> str:
        """The name of a database that has the tables, to be copied. Nobody may be connected to it."""
        import asyncio

        from coinassay.storage.postgres_migrate import prepare

        name = self.create_database().rpartition("/")[2]
        asyncio.run(prepare(self.url(name)))
        return name

    @cached_property
    def _emptied(self) -> str:
        return self.create_database(self.prepared)

    def emptied(self) -> str:
        """The address of a database that has the tables, and nothing in them: always the same one, because to empty
        it takes a tenth of what it takes to make one."""
        from coinassay.storage.schema import metadata

        deletions = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        self.sql(";".join(deletions), self._emptied.rpartition("/")[2])
        return self._emptied

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs one statement; gives its rows."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        command = [
            str(self.bin / "postgres"),
            *("-D", str(self.directory / "data"), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""),
            *settings,
        ]
        with (self.directory / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as_nobody())
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: open connections are ended; SIGQUIT: as in a crash."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(30)
            self._server = None

    def _wait_until_ready(self) -> None:
        import psycopg

        give_up_at = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > give_up_at or self._server is None or self._server.poll() is not None:
                    raise AssertionError((self.directory / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster, until the context is left. `programs` must have found some."""
    found = programs()
    assert found is not None, MISSING
    directory = Path(tempfile.mkdtemp(prefix="coinassay-postgres-"))
    try:
        (directory / "password").write_text(PASSWORD)
        _give_to_nobody(directory, directory / "password")
        _run(
            [
                str(found / "initdb"),
                *("-D", str(directory / "data"), "-U", "coinassay", "--pwfile", str(directory / "password")),
                *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"),
            ]
        )
        cluster = Cluster(found, directory, _free_port())
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **_as_nobody())
    assert 0 == done.returncode, done.stderr


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_to_nobody(*paths: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
