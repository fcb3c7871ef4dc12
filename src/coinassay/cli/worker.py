"""`coinassay worker`: background work without a server."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from coinassay.cli.output import Json, print_json
from coinassay.cli.serve import run_until_stopped
from coinassay.services.bundle import Services
from coinassay.settings import Settings

DEFAULT_CONCURRENCY = 64


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Accounts loaded at once.")] = DEFAULT_CONCURRENCY,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether background work is done; status 1 where it is not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load accounts that are due, and do what else nobody asks for, until Ctrl-C or SIGTERM.

    With PostgreSQL any number of workers share the work, on any number of machines. With SQLite `coinassay serve` does
    it by itself, and a worker helps it.
    """
    from coinassay import logs
    from coinassay.bootstrap import open_services
    from coinassay.worker.background import in_background

    settings = Settings.from_env()
    if check:
        _check(settings, as_json)
        return
    logs.configure(settings.log_level, settings.log_format)

    async def run() -> None:
        async with open_services(settings) as services, in_background(services, settings, concurrency):
            await asyncio.Event().wait()

    run_until_stopped(run())


def _check(settings: Settings, as_json: bool) -> None:
    from coinassay.cli.run import on_installation
    from coinassay.worker.background import Health
    from coinassay.worker.background import check as check_health

    async def work(services: Services) -> Health:
        return await check_health(services, settings)

    health = on_installation(work)
    if as_json:
        print_json({"good": health.good, "late": health.late, "workers": health.workers})
    else:
        print("accounts are loaded late" if health.late else "accounts are loaded in time")
        if health.workers is not None:
            print(f"workers: {health.workers}")
    if not health.good:
        raise typer.Exit(1)
