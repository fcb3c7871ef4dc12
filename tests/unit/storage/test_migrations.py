"""Making a database, and bringing an older one up to date."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from coinassay.errors import ConfigurationError, StorageError
from coinassay.storage import migrations
from coinassay.storage.migrate import HEAD, prepare
from coinassay.storage.schema import metadata
from coinassay.storage.sqlite import connect, create_file
from coinassay.storage.statements import SCHEMA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "x.db"


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database that all the migrations were run on."""
    create_file(tmp_path / "migrated.db")
    connection = connect(tmp_path / "migrated.db")
    migrations.upgrade(connection)
    yield connection
    connection.close()


def shape(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema").fetchall()
    return {name: re.sub(r"\s*([(),])\s*", r"\1", " ".join((sql or "").split())) for name, sql in rows}


def test_a_new_database_is_what_all_migrations_make(path: Path, migrated: sqlite3.Connection) -> None:
    prepare(path)
    fresh = connect(path)
    assert shape(migrated) == shape(fresh)
    assert [(HEAD,)] == fresh.execute("SELECT version_num FROM alembic_version").fetchall()
    assert [(HEAD,)] == migrated.execute("SELECT version_num FROM alembic_version").fetchall()
    fresh.close()


def test_the_migrations_make_the_schema(tmp_path: Path, migrated: sqlite3.Connection) -> None:
    engine = sa.create_engine("sqlite://", creator=lambda: connect(tmp_path / "migrated.db"))
    with engine.connect() as bound:
        context = MigrationContext.configure(
            bound, opts={"compare_type": other_type, "compare_server_default": other_default}
        )
        assert [] == compare_metadata(context, metadata)
    engine.dispose()


def other_type(context: Any, inspected: Any, ours: Any, inspected_type: Any, our_type: Any) -> bool:
    """Whether they differ: our types are compared as SQLite writes them."""
    dialect = context.dialect
    return str(inspected_type.compile(dialect)) != str(our_type.compile(dialect))


def other_default(
    context: Any, inspected: Any, ours: Any, inspected_default: str | None, our_default: Any, rendered: str | None
) -> bool:
    """Whether they differ. Alembic's own comparison takes an empty text for another one than the same as SQLite gives it."""
    return without_quotes(inspected_default) != without_quotes(rendered)


def without_quotes(default: str | None) -> str | None:
    return None if default is None else default.strip("()'")


def test_the_newest_version_is_the_one_the_program_asks_for() -> None:
    assert [HEAD] == ScriptDirectory.from_config(migrations.config()).get_heads()


def test_preparing_twice_changes_nothing(path: Path) -> None:
    prepare(path)
    before = path.read_bytes()
    prepare(path)
    assert before == path.read_bytes()


def test_the_file_is_for_its_owner_only(path: Path) -> None:
    prepare(path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o700 == path.parent.stat().st_mode & 0o777


def test_of_two_first_starts_one_makes_the_tables(path: Path) -> None:
    create_file(path)
    faster = connect(path)
    faster.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        slower = pool.submit(prepare, path)
        with pytest.raises(TimeoutError):
            slower.result(0.3)
        for statement in [*SCHEMA.split(";"), "CREATE TABLE alembic_version (version_num)"]:
            faster.execute(statement)
        faster.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        faster.execute("COMMIT")
        slower.result(10)
    faster.close()


def test_a_newer_database_is_refused(path: Path) -> None:
    prepare(path)
    with connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match="'9999', which this version") as caught:
        prepare(path)
    assert "newer version" in caught.value.hint


def test_another_programs_database_is_left_alone(path: Path) -> None:
    create_file(path)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    with pytest.raises(ConfigurationError, match="another program"):
        prepare(path)
    with sqlite3.connect(path) as connection:
        assert [("bookmarks",)] == connection.execute("SELECT name FROM sqlite_schema").fetchall()
    connection.close()


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    create_file(path)
    path.write_text("not a database, but long enough to have a header " * 10)
    with pytest.raises(StorageError, match="not a SQLite database"):
        prepare(path)
    assert path.read_text().startswith("not a database")


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        prepare(tmp_path / "file" / "x.db")


# ---------------------------------------------------------------------------- what a later version can rely on

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{head}"


def upgrade() -> None:
    {body}
"""


def with_later(tmp_path: Path, body: str) -> Config:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "later.py").write_text(LATER.format(head=HEAD, body=body))
    settings = migrations.config()
    ours = Path(migrations.__file__).parent / "versions"
    settings.set_main_option("version_locations", f"{ours}:{tmp_path / 'versions'}")
    return settings


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO users VALUES (1, 'a', 'USD', 'all', 0)")
    connection.execute(
        "INSERT INTO accounts VALUES (1, 1, 'm', 'n', 'k', NULL, NULL, 1, 'ok', 0, 0, NULL, 1, '0', '0', '0', '0', NULL, 0)"
    )
    connection.execute("INSERT INTO credentials VALUES (1, x'00')")


def test_a_migration_that_makes_a_table_anew_keeps_what_belongs_to_its_rows(
    tmp_path: Path, migrated: sqlite3.Connection
) -> None:
    fill(migrated)
    body = """with op.batch_alter_table("accounts", recreate="always") as table:
        table.alter_column("name", new_column_name="title")"""
    migrations.upgrade(migrated, with_later(tmp_path, body))
    assert [("n",)] == migrated.execute("SELECT title FROM accounts").fetchall()
    assert [(1,)] == migrated.execute("SELECT account_id FROM credentials").fetchall()


@pytest.mark.parametrize(
    "fault", ["raise RuntimeError('power cut')", "op.execute('DELETE FROM accounts')"], ids=["raises", "orphans"]
)
def test_a_migration_that_fails_leaves_the_database_as_it_was(
    tmp_path: Path, migrated: sqlite3.Connection, fault: str
) -> None:
    fill(migrated)
    before = shape(migrated)
    body = f"op.add_column('users', sa.Column('extra', sa.Text()))\n    {fault}"
    with pytest.raises((RuntimeError, StorageError)):
        migrations.upgrade(migrated, with_later(tmp_path, body))
    assert before == shape(migrated)
    assert [(HEAD,)] == migrated.execute("SELECT version_num FROM alembic_version").fetchall()
    assert [(1,)] == migrated.execute("SELECT id FROM accounts").fetchall()
