"""`coinassay users`: who uses this installation. Every key and account belongs to one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from coinassay.cli.output import Json, at, print_json, print_table
from coinassay.cli.run import find_user, on_installation, read_file, user_name
from coinassay.domain.account import User
from coinassay.services.bundle import Services

Name = Annotated[str | None, typer.Argument(help="The user's name.")]

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


@app.command()
def currency(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    code: Annotated[str, typer.Argument(help='For example EUR or BTC; "" for the one of the installation.')],
    as_json: Json = False,
) -> None:
    """Set what a user's amounts are shown in: any national currency or coin that is known.

    Where it has no price yet, amounts are shown in US dollars, and say so.
    """

    async def work(services: Services) -> tuple[User, str, bool]:
        user = await find_user(services, name)
        chosen = await services.currencies.choose(user.id, code)
        return user, chosen, await services.currencies.now(chosen) is not None

    user, chosen, has_price = on_installation(work)
    if as_json:
        print_json({"name": user.name, "display_currency": chosen, "has_price": has_price})
    else:
        print(f"{user.name} sees amounts in {chosen}" + ("." if has_price else ", as soon as its price is known."))


@app.command()
def code(name: Name = None, as_json: Json = False) -> None:
    """Print a one-time code with which a user sets a password on the pages: the owner's where no name is given.

    It is good for an hour, and until a password was set with any code of that user.
    """

    async def work(services: Services) -> tuple[User, str]:
        user = await find_user(services, name)
        return user, await services.sign_in.issue_code(user.id)

    user, made = on_installation(work)
    if as_json:
        print_json({"name": user.name, "code": made})
    else:
        print(made)


@app.command()
def password(
    name: Name = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where it stands; - for stdin. Asked for if not given.")
    ] = None,
) -> None:
    """Set a user's password for the pages, the owner's where no name is given. Ends all their sessions."""
    text = (
        typer.prompt("New password", hide_input=True, confirmation_prompt="The same again", err=True)
        if password_file is None
        else read_file(password_file)
    )

    async def work(services: Services) -> User:
        user = await find_user(services, name)
        await services.sign_in.set_password(user.id, text)
        return user

    print(f"The password of {on_installation(work).name} was set.")


def _row(user: User) -> dict[str, object]:
    return {"id": user.id, "name": user.name, "created_at": user.created_at}
