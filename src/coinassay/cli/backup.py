"""`coinassay backup`: a copy of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coinassay.cli.run import on_installation
from coinassay.services.bundle import Services


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; must not be there yet.")],
) -> None:
    """Copy the whole database into a file, also while a server uses it. The secrets in it stay sealed."""

    async def work(services: Services) -> None:
        await services.backups.backup(file)

    on_installation(work)
    print(f"{file} is the database as of now. It opens with the master key of this installation, and with no other.")
