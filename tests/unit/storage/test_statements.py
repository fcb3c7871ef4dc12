"""The SQL that is run is the SQL that was written."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import coinassay.storage
from coinassay.storage import codec, statements
from coinassay.storage.compile import TARGET, source
from coinassay.storage.database import Statement, parsed
from coinassay.storage.migrate import prepare
from coinassay.storage.sqlite import connect

STATEMENTS = {name: value for name, value in vars(statements).items() if isinstance(value, Statement)}
CODECS = {"", codec.EXACT, codec.MOMENT, codec.FLAG, codec.IDS, codec.MOMENTS}


def test_the_compiled_statements_are_those_of_the_queries() -> None:
    assert source() == TARGET.read_text(), "run: python -m coinassay.storage.compile"


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_knows_its_name_and_its_codecs(name: str) -> None:
    statement = STATEMENTS[name]
    assert name == statement.name
    binds = parsed(statement.sqlite.binds)
    assert len(binds) == statement.sqlite.sql.count("?")
    assert {each for _, each in [*binds, *parsed(statement.columns)]} <= CODECS


def test_every_statement_is_used() -> None:
    text = "".join(path.read_text() for path in Path(coinassay.storage.__path__[0]).glob("*.py"))
    assert set(STATEMENTS) == set(re.findall(r"\bsql\.([A-Z_]+)\b", text))


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_asks_for_the_same_on_postgresql(name: str) -> None:
    statement = STATEMENTS[name]
    form = statement.postgres
    assert "json_each" not in form.sql
    assert "exact_sum" not in form.sql
    assert set(parsed(statement.sqlite.binds)) == set(parsed(form.binds))
    numbers = {int(number) for number in re.findall(r"\$(\d+)", form.sql)}
    assert numbers == set(range(1, len(parsed(form.binds)) + 1))


def test_the_tables_are_those_of_postgresql() -> None:
    schema = statements.POSTGRES_SCHEMA
    assert "total_usd NUMERIC NOT NULL" in schema
    assert "taken_at TIMESTAMP WITH TIME ZONE NOT NULL" in schema
    assert "id BIGSERIAL NOT NULL" in schema
    assert "STRICT" not in schema


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    prepare(tmp_path / "x.db")
    return connect(tmp_path / "x.db")


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_is_one_sqlite_can_run(connection: sqlite3.Connection, name: str) -> None:
    statement = STATEMENTS[name]
    values = [None] * statement.sqlite.sql.count("?")
    found = connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite.sql}", values).fetchall()
    connection.close()
    scanned = [row[3] for row in found if row[3].startswith("SCAN") and "VIRTUAL TABLE" not in row[3]]
    whole_tables = {"LIST_USERS": 1, "LIST_WRAPPED": 1, "DROP_OTHER_WRAPPED": 1, "ADD_FIRST_WRAPPED": 2}
    whole_tables |= {"DROP_WEB_SESSIONS": 1, "DROP_CODES": 1, "DROP_ATTEMPTS": 1}  # small, and when somebody signs in
    whole_tables |= {"LIST_BUDGETS": 1, "DROP_PRICE_LISTS": 1}  # a row for each exchange
    whole_tables |= {"LIST_DISPLAY_CURRENCIES": 1}  # in an index of those who have chosen one
    whole_tables |= {"FIND_DROPPABLE_EVENTS": 1}  # what is scanned is a subquery with a limit
    whole_tables |= {"CLAIM_DUE": 1, "LIST_ASTRAY": 1}  # of a batch; at the start and once in a while
    assert whole_tables.get(name, 0) >= len(scanned), f"reads a whole table: {scanned}"


def test_the_start_of_a_period_is_looked_up_whatever_the_length_of_the_history(connection: sqlite3.Connection) -> None:
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statements.FIND_STARTS.sqlite.sql}", ("[]", "[]")).fetchall()
    connection.close()
    (outermost,) = (row[3] for row in plan if row[1] == 0 and "snapshots" in row[3])
    assert "USING PRIMARY KEY (account_id=? AND taken_at=?)" in outermost


def test_the_server_does_not_import_sqlalchemy() -> None:
    """It would cost about 20 MB and a quarter of the time a start may take."""
    code = "import sys, coinassay.storage.store; print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"
    assert (
        "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )
