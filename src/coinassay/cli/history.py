"""`coinassay history`: what is kept of the past."""

from __future__ import annotations

import typer

from coinassay.cli.output import Json, print_json
from coinassay.cli.run import on_installation
from coinassay.services.bundle import Services
from coinassay.services.history import Dropped

app = typer.Typer(no_args_is_help=True, help="What is kept of the past.")


@app.callback()
def _group() -> None:
    """What is kept of the past."""


@app.command()
def thin(as_json: Json = False) -> None:
    """Drop the snapshots that COINASSAY_RETENTION no longer keeps. May be ended at any point and run again."""

    async def work(services: Services) -> Dropped:
        return await services.history.thin()

    dropped = on_installation(work)
    if as_json:
        print_json({"snapshots": dropped.snapshots, "attempts": dropped.attempts})
    else:
        print(f"Dropped {dropped.snapshots} snapshots and {dropped.attempts} records of attempts to load.")
