"""`coinassay migrate-database`."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from coinassay.cli.output import Json, print_json


def migrate_database(
    source: Annotated[str, typer.Argument(metavar="SQLITE_URL", help="sqlite:////path/to/coinassay.db")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="POSTGRES_URL",
            help="postgresql://user:password@host:5432/database, empty; - for the one in COINASSAY_DATABASE_URL",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Move everything from an SQLite database to PostgreSQL. Stop the server first. Can be killed and run again."""
    from coinassay.errors import ConfigurationError
    from coinassay.settings import Settings
    from coinassay.storage.addresses import place_of
    from coinassay.storage.moving import move

    if target == "-":
        target = Settings.from_env().database_url
        if not target:
            raise ConfigurationError("COINASSAY_DATABASE_URL is not set.", hint="Set it, or write the address here")

    def told(table: str, rows: int) -> None:
        if rows:
            print(f"{table}: {rows}", file=sys.stderr)

    moved = asyncio.run(move(source, target, told))
    if as_json:
        print_json({"rows": moved.rows, "moved_before": moved.before})
        return
    total = sum(moved.rows.values())
    if moved.before:
        print(f"{place_of(target)} has all {total} rows already: nothing to do.")
        return
    print(f"{total} rows are in {place_of(target)}, and add up to the same. It opens with the same master key.")
    print("From now on start everything with COINASSAY_DATABASE_URL set to it; the source was not changed.")
