"""The root command, and how its errors are said."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from coinassay import __version__
from coinassay.cli import (
    accounts,
    backup,
    demo,
    flows,
    history,
    imports,
    init,
    keys,
    limits,
    migrate_database,
    serve,
    users,
    worker,
)
from coinassay.errors import CoinassayError, ConfigurationError, InvalidRequest


class Root(TyperGroup):
    """Says an error of ours in a line or two and ends with status 1: a traceback helps nobody who typed a wrong id."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CoinassayError as e:
            for line in in_words(e):
                print(f"error: {line}", file=sys.stderr)
            if isinstance(e, ConfigurationError) and e.hint:
                print(f"hint: {e.hint}", file=sys.stderr)
            raise typer.Exit(1) from None


def in_words(error: CoinassayError) -> list[str]:
    """What went wrong, a line for each thing."""
    if isinstance(error, InvalidRequest):
        return [f"{name} {text}" for name, texts in error.fields.items() for text in texts] or [error.message]
    return error.message.splitlines()


app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads your exchange accounts, values them to the last digit, and answers the accounts API of 3Commas.",
)
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("demo")(demo.demo)
app.command("backup")(backup.backup)
app.command("migrate-database")(migrate_database.migrate_database)
app.command("limits")(limits.limits)
app.add_typer(users.app, name="users")
app.add_typer(keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(flows.app, name="flows")
app.add_typer(history.app, name="history")
app.add_typer(imports.app, name="import")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"coinassay {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass
