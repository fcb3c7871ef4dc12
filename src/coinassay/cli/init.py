"""`coinassay init`."""

from __future__ import annotations

from typing import Annotated

import typer

from coinassay.cli.output import Json, print_json
from coinassay.cli.run import on_installation, user_name
from coinassay.domain.account import User
from coinassay.errors import ConfigurationError
from coinassay.services.bundle import Services
from coinassay.settings import Settings

DEFAULT_OWNER = "owner"


def init(
    owner: Annotated[str | None, typer.Option(metavar="NAME", help=f"Your name; {DEFAULT_OWNER} if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Make a new installation in COINASSAY_HOME, or on PostgreSQL. Asks nothing; does nothing to one that is there."""

    name = None if owner is None else user_name(owner)

    async def work(services: Services) -> User:
        return await ensure_owner(services, name)

    user = on_installation(work, create=True)
    place = Settings.from_env().place
    if as_json:
        print_json({"home": place, "owner": user.name})
        return
    print(f"{user.name}'s installation is in {place}. Next:")
    print("  coinassay keys create NAME --permissions ACCOUNTS_READ,ACCOUNTS_WRITE")
    print("  coinassay serve")


async def ensure_owner(services: Services, name: str | None = None) -> User:
    """The owner, made where there is none. Raises ConfigurationError when there is another one already."""
    users = await services.users.list_users()
    if not users:
        return await services.users.add_user(name or DEFAULT_OWNER, services.clock())
    if name is not None and users[0].name != name:
        raise ConfigurationError(
            f"This installation belongs to {users[0].name} already.",
            hint=f"coinassay users add {name} adds another user; COINASSAY_HOME names another directory",
        )
    return users[0]
