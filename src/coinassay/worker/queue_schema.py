"""The tables of the task queue, in a schema of their own beside ours.

They are procrastinate's: it brings their definition, and for each of its versions the steps from the one before. Which
was applied last stands in the comment of the schema.
"""

from __future__ import annotations

from pathlib import Path

import procrastinate.schema
import psycopg

SCHEMA = "coinassay_tasks"
LOCK = 0x636F696E7461736B
"""The advisory lock's number: "cointask" in ASCII."""


async def prepare(url: str) -> None:
    """Makes the tables, or brings them up to date, or does nothing: in one transaction, and where several processes do
    it at the same moment, one after the other. Raises psycopg.Error."""
    newest = max(steps())
    async with await psycopg.AsyncConnection.connect(url) as connection:
        if await _applied(connection) == newest:
            return
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        applied = await _applied(connection)
        if applied is not None and applied >= newest:  # another process was faster, or is of a newer version
            return
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        await connection.execute(f"SET LOCAL search_path = {SCHEMA}")
        if applied is None:
            await connection.execute(procrastinate.schema.SchemaManager.get_schema().encode())
        else:
            for name, step in steps().items():
                if name > applied:
                    await connection.execute(step)
        await connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{newest}'".encode())


def steps() -> dict[str, bytes]:
    """procrastinate's migrations by their names, which sort."""
    directory = Path(procrastinate.schema.SchemaManager.get_migrations_path())
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.sql"))}


async def _applied(connection: psycopg.AsyncConnection) -> str | None:
    cursor = await connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [SCHEMA]
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]
