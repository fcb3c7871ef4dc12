"""`coinassay users`: who uses this installation. Every key and account belongs to one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from coinassay.cli.output import Json, at, print_json, print_table
from coinassay.cli.run import on_installation, user_name
from coinassay.domain.account import User
from coinassay.services.bundle import Services

app = typer.Typer(no_args_is_help=True, help="Who uses this installation.")


@app.command()
def add(name: Annotated[str, typer.Argument(help="The new user's name.")], as_json: Json = False) -> None:
    """Add a user. Users do not see each other's accounts and keys."""

    async def work(services: Services) -> User:
        return await services.users.add_user(user_name(name), services.clock())

    user = on_installation(work)
    if as_json:
        print_json(_row(user))
    else:
        print(f"Added the user {user.name}.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the users, the owner first."""

    async def work(services: Services) -> list[User]:
        return list(await services.users.list_users())

    users = on_installation(work)
    if as_json:
        print_json([_row(user) for user in users])
    else:
        print_table(
            ("id", "name", "since"), [(str(user.id), user.name, at(user.created_at)) for user in users], ("id",)
        )


def _row(user: User) -> dict[str, object]:
    return {"id": user.id, "name": user.name, "created_at": user.created_at}
