"""`coinassay import`: the past as another program knew it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coinassay.cli.output import Json, money, print_json
from coinassay.cli.run import UserName, find_user, found, on_installation
from coinassay.domain.imports import ABOUT_SUMMARY
from coinassay.services.bundle import Services
from coinassay.services.imports import Imported

app = typer.Typer(no_args_is_help=True, help="Bring along the past from another program.")

LARGEST = 64 * 2**20
"""Bytes of a file; a day is about a hundred."""


@app.callback()
def _group() -> None:
    """Bring along the past from another program."""


@app.command("3commas-history")
def three_commas_history(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Saved answers of balance_chart_data.")],
    account: Annotated[str, typer.Option(metavar="ID", help="The account they are of, as it is called here.")],
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Put the days of saved balance_chart_data answers of one account before what was measured here."""
    if account.strip().lower() in ("summary", "0"):
        raise typer.BadParameter(f"An answer for {account} {ABOUT_SUMMARY}.", param_hint="--account")
    if not (account.isascii() and account.isdigit()):
        raise typer.BadParameter(f"{account!r} is not the id of an account", param_hint="--account")
    documents = {str(path): _read(path) for path in files}

    async def work(services: Services) -> Imported:
        owner = await find_user(services, user)
        with found(f"account {account}"):
            return await services.imports.import_3commas(owner.id, int(account), documents)

    imported = on_installation(work)
    if as_json:
        print_json(
            {
                "account_id": imported.account.id,
                "days": imported.days,
                "first": imported.first.isoformat(),
                "last": imported.last.isoformat(),
                "left_out": imported.left_out,
                "changed": imported.changed,
            }
        )
        return
    what = "Imported" if imported.changed else "Nothing new:"
    print(f"{what} {imported.days} days, {imported.first} to {imported.last}, of {imported.account.name}.")
    if imported.left_out:
        print(f"Left out {imported.left_out} days that were measured here.")
    print(f"From the last of them to the first load here: {money(imported.until_measured.usd)} USD, as profit.")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise typer.BadParameter(f"{path} is too large for an answer")
        return path.read_bytes()
    except OSError as e:
        raise typer.BadParameter(f"{path} cannot be read: {e.strerror}") from e
