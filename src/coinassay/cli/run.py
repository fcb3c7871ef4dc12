"""What commands share: opening the installation, and whose accounts and keys are meant."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from coinassay.domain.account import User
from coinassay.errors import ConfigurationError, InvalidRequest, NotFound
from coinassay.services.bundle import Services
from coinassay.settings import Settings

T = TypeVar("T")

LONGEST_NAME = 100

UserName = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Whose. The owner's where not given.")]


def on_installation(work: Callable[[Services], Awaitable[T]], *, create: bool = False, says_cautions: bool = True) -> T:
    """Runs `work` on the installation in COINASSAY_HOME, also while a server runs on it.

    `says_cautions`: whether what there is to say about new exchange keys goes to the log.
    """
    from coinassay import logs
    from coinassay.bootstrap import open_services

    settings = Settings.from_env()
    logs.configure("warning", "console")

    async def run() -> T:
        async with open_services(settings, create=create, says_cautions=says_cautions) as services:
            return await work(services)

    return asyncio.run(run())


async def find_user(services: Services, name: str | None) -> User:
    """The user of that name, the owner without one. Raises NotFound."""
    if name is not None:
        found = await services.users.find_user(name)
        if found is None:
            raise NotFound(f"There is no user {name!r}; `coinassay users list` shows them.")
        return found
    users = await services.users.list_users()
    if not users:
        raise ConfigurationError("There is no user yet.", hint="coinassay init")
    return users[0]


def user_name(text: str) -> str:
    """`text` as the name of a new user. Raises InvalidRequest."""
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidRequest({"name": [f"must be 1 to {LONGEST_NAME} characters in one line"]})
    return name


@contextmanager
def found(what: str) -> Iterator[None]:
    """Names what a NotFound inside is about."""
    try:
        yield
    except NotFound as e:
        raise NotFound(f"There is no {what}.") from e


def read_file(path: str) -> str:
    """The text of a file named on the command line, of stdin for "-", without newlines at its end."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except OSError as e:
        raise typer.BadParameter(f"{path} cannot be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise typer.BadParameter(f"{path} is not a text file") from e
    return text.rstrip("\r\n")
