"""Servers of the version before go on working on a database that this version has migrated.

The rule for migrations: tables, indexes, and columns that are empty or have a default are added; nothing is taken away,
renamed, or refused that was let in before.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.pool import NullPool
from tests.postgres import Cluster

from coinassay.storage import migrations
from coinassay.storage.addresses import is_postgres
from coinassay.storage.codec import EXACT, FLAG, IDS, MOMENT, MOMENTS
from coinassay.storage.database import Change, Compiled, Database, Statement, parsed
from coinassay.storage.postgres import PostgresDatabase
from coinassay.storage.sqlite import SqliteDatabase, connect, create_file

OLDER = "0005"
STATEMENTS = Path(__file__).parents[1] / "vectors" / f"statements_{OLDER}.json"
"""Every statement that servers of that version run."""

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BY_CODEC: dict[str, object] = {EXACT: Decimal("1.5"), MOMENT: NOW, FLAG: True, IDS: [1], MOMENTS: [NOW]}
INTEGERS = {"id", "user_id", "account_id", "position", "counterpart", "trades", "version", "base_version"}
INTEGERS |= {"limit", "offset"}
BYTES = {"sealed", "verifier", "wrapped", "body"}


def older_statements() -> list[Statement]:
    return [
        Statement(each["name"], Compiled(*each["sqlite"]), Compiled(*each["postgres"]), each["columns"])
        for each in json.loads(STATEMENTS.read_text())
    ]


def value(statement: str, name: str, codec: str) -> object:
    if codec:
        return BY_CODEC[codec]
    if name in INTEGERS:
        return 1
    return b"x" if name in BYTES and statement != "SET_KEY_REPORT" else "x"


@contextmanager
def bound(url: str) -> Iterator[sa.Connection]:
    """What Alembic and SQLAlchemy work on."""
    path = Path(url.removeprefix("sqlite:///"))
    make: Callable[[], Any] = (lambda: psycopg.connect(url)) if is_postgres(url) else (lambda: connect(path))
    if not is_postgres(url):
        create_file(path)
    engine = sa.create_engine(
        "postgresql+psycopg://" if is_postgres(url) else "sqlite://", creator=make, poolclass=NullPool
    )
    with engine.connect() as connection:
        yield connection


def upgrade(url: str, version: str) -> None:
    settings = migrations.config()
    with bound(url) as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, version)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of the older version."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path / 'older.db'}"
        upgrade(made, OLDER)
        yield made
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    made = cluster.create_database()
    upgrade(made, OLDER)
    yield made
    cluster.drop_database(made)


@pytest.fixture
async def migrated(url: str) -> AsyncIterator[Database]:
    upgrade(url, "head")
    db = PostgresDatabase(url) if is_postgres(url) else SqliteDatabase(Path(url.removeprefix("sqlite:///")))
    yield db
    await db.close()


async def test_every_statement_of_the_older_version_still_works(migrated: Database) -> None:
    statements = older_statements()
    order = ["ADD_USER", "ADD_ACCOUNT", "ADD_SNAPSHOT"]
    added = [each for each in statements if each.name.startswith("ADD_")]
    added.sort(key=lambda each: order.index(each.name) if each.name in order else len(order))
    dropped = [each for each in statements if each.name.startswith(("DROP_", "REMOVE_"))]
    others = [each for each in statements if each not in added and each not in dropped]
    for statement in [*added, *others, *dropped]:
        params = {name: value(statement.name, name, codec) for name, codec in parsed(statement.sqlite.binds)}
        (rows,) = await migrated.write([Change(statement, [params])])
        if statement.columns:
            found = (
                list(await migrated.fetch_all(statement, params)) if statement.sqlite.sql.startswith("SELECT") else rows
            )
            assert all(len(parsed(statement.columns)) == len(row) for row in found)


def shape(url: str) -> dict[str, Any]:
    with bound(url) as connection:
        found = sa.inspect(connection)
        return {
            table: {
                "columns": {each["name"]: each for each in found.get_columns(table)},
                "key": found.get_pk_constraint(table)["constrained_columns"],
                "unique": unique_of(found, table),
                "foreign": {each["name"]: each for each in found.get_foreign_keys(table)},
                "checks": {each["name"]: each["sqltext"] for each in found.get_check_constraints(table)},
            }
            for table in found.get_table_names()
        }


def unique_of(found: sa.Inspector, table: str) -> set[tuple[str | None, ...]]:
    constraints = {tuple(each["column_names"]) for each in found.get_unique_constraints(table)}
    return constraints | {tuple(each["column_names"]) for each in found.get_indexes(table) if each["unique"]}


async def test_migrations_only_add(url: str) -> None:
    before = shape(url)
    upgrade(url, "head")
    after = shape(url)
    assert set(before) <= set(after)
    for table, old in before.items():
        new = after[table]
        assert (old["key"], old["unique"], old["foreign"], old["checks"]) == (
            *(new["key"], new["unique"]),
            *(new["foreign"], new["checks"]),
        ), f"{table} refuses what it let in"
        for name, column in old["columns"].items():
            kept = new["columns"][name]
            assert (str(column["type"]), column["nullable"]) == (str(kept["type"]), kept["nullable"]), f"{table}.{name}"
        for name in set(new["columns"]) - set(old["columns"]):
            added = new["columns"][name]
            assert added["nullable"] or added["default"] is not None, (
                f"{table}.{name} has to be given by who does not know it"
            )
