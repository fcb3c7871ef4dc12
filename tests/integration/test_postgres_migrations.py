"""A database on PostgreSQL gets the tables of this version, while others work on it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool
from tests.postgres import PASSWORD, Cluster

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage import migrations
from coinassay.storage.migrate import HEAD
from coinassay.storage.postgres_migrate import LOCK, migrate, prepare
from coinassay.storage.schema import metadata

pytestmark = pytest.mark.slow  # each test has a database of its own


@pytest.fixture
def url(postgres: Cluster) -> Iterator[str]:
    made = postgres.create_database()
    yield made
    postgres.drop_database(made)


def upgrade(url: str, version: str) -> None:
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    settings = migrations.config()
    with engine.connect() as bound:
        settings.attributes["connection"] = bound
        command.upgrade(settings, version)


def dump(postgres: Cluster, url: str) -> str:
    """The schema in SQL, without what differs each time."""
    done = subprocess.run(
        [str(postgres.bin / "pg_dump"), "--schema-only", "--no-owner", url], capture_output=True, text=True, check=True
    )
    return re.sub(r"(?m)^(--.*|\\(un)?restrict .*)?\n", "", done.stdout)


def version(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


async def test_a_new_database_is_what_all_migrations_make(postgres: Cluster, url: str) -> None:
    fresh = postgres.create_database()
    await prepare(fresh)
    await asyncio.to_thread(upgrade, url, "head")
    assert dump(postgres, fresh) == dump(postgres, url)
    assert [(HEAD,)] == version(fresh) == version(url)
    postgres.drop_database(fresh)


async def test_the_migrations_make_the_schema(url: str) -> None:
    await prepare(url)
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.connect() as bound:
        context = MigrationContext.configure(bound, opts={"compare_type": True, "compare_server_default": True})
        assert [] == compare_metadata(context, metadata)


async def test_an_older_database_is_brought_to_this_version_by_one_of_several(url: str) -> None:
    await asyncio.to_thread(upgrade, url, "0005")
    await asyncio.gather(*(prepare(url) for _ in range(3)))
    assert [(HEAD,)] == version(url)


async def test_preparing_again_changes_nothing(postgres: Cluster, url: str) -> None:
    await prepare(url)
    before = dump(postgres, url)
    await prepare(url)
    assert before == dump(postgres, url)


async def test_a_newer_database_is_refused(url: str) -> None:
    await prepare(url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="'9999', which this version") as caught:
        await prepare(url)
    assert PASSWORD not in caught.value.message


async def test_another_programs_database_is_left_alone(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bookmarks (url text)")
    with pytest.raises(ConfigurationError, match="another program"):
        await prepare(url)
    with psycopg.connect(url) as connection:
        assert [("bookmarks",)] == connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()


async def test_the_tables_of_the_task_queue_are_no_other_programs(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE procrastinate_jobs (id bigint)")
    await prepare(url)
    assert [(HEAD,)] == version(url)


# ---------------------------------------------------------------------------------------- while others work on it

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    {body}
"""


def with_later(tmp_path: Path, *bodies: str) -> Config:
    (tmp_path / "versions").mkdir()
    before = HEAD
    for n, body in enumerate(bodies):
        text = LATER.format(revision=f"later{n}", before=before, body=body)
        (tmp_path / "versions" / f"later{n}.py").write_text(text)
        before = f"later{n}"
    settings = migrations.config()
    ours = Path(migrations.__file__).parent / "versions"
    settings.set_main_option("version_locations", f"{ours}:{tmp_path / 'versions'}")
    return settings


ADD = "op.add_column('users', sa.Column('extra', sa.Text()))"


async def test_nobody_waits_long_behind_a_migration(url: str, tmp_path: Path) -> None:
    """A change of a table waits for who reads it, and whoever comes later would wait behind the change."""
    await prepare(url)
    settings = with_later(tmp_path, ADD)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as long_reader:
        long_reader.execute("SELECT count(*) FROM users")  # holds its lock until its transaction ends
        migration = pool.submit(migrate, url, HEAD, 60.0, settings)
        longest = 0.0
        for _ in range(40):
            start = time.monotonic()
            with psycopg.connect(url, autocommit=True, options="-c statement_timeout=20000") as reader:
                reader.execute("SELECT count(*) FROM users")
            longest = max(longest, time.monotonic() - start)
            await asyncio.sleep(0.1)
        assert not migration.done()
        long_reader.rollback()
        await asyncio.to_thread(migration.result, 30)
    assert 0.2 < longest < 3, "it did stand in the way, and not for long"
    assert [("later0",)] == version(url)


async def test_a_migration_that_never_gets_its_turn_is_given_up(url: str, tmp_path: Path) -> None:
    await prepare(url)
    settings = with_later(tmp_path, "op.create_table('other', sa.Column('id', sa.Integer()))", ADD)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM users")
        with pytest.raises(StorageError, match="does not let go"):
            await asyncio.to_thread(migrate, url, HEAD, 0.0, settings)
    assert [("later0",)] == version(url), "what was done stays"
    await asyncio.to_thread(migrate, url, HEAD, 30.0, settings)
    assert [("later1",)] == version(url)


async def test_a_migration_that_fails_changes_nothing(postgres: Cluster, url: str, tmp_path: Path) -> None:
    await prepare(url)
    before = dump(postgres, url)
    settings = with_later(tmp_path, f"{ADD}; op.execute('SELECT 1/0')")
    with pytest.raises(StorageError, match=r"could not be brought to this version \(22012\)"):
        await asyncio.to_thread(migrate, url, HEAD, 30.0, settings)
    assert before == dump(postgres, url)
    assert [(HEAD,)] == version(url)


async def test_migrations_of_several_processes_wait_for_each_other(url: str, tmp_path: Path) -> None:
    await prepare(url)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        migration = pool.submit(migrate, url, HEAD, 30.0, with_later(tmp_path, ADD))
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(migration.result, 0.5)
        other.rollback()
        await asyncio.to_thread(migration.result, 30)
    assert [("later0",)] == version(url)
