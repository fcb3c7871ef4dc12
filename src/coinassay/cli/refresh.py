"""`coinassay accounts refresh`: when accounts load themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from coinassay.cli.output import Json, at, print_json, print_table
from coinassay.cli.run import UserName, find_user, found, on_installation
from coinassay.domain.refresh import read_interval, write_interval
from coinassay.services.bundle import Services
from coinassay.services.refresh import RefreshState

DEFAULT = "default"

PAUSED = {"off": "off", "key": "until its key is changed"}


def refresh(
    account_id: Annotated[int | None, typer.Argument(metavar="ID", help="All accounts where none is given.")] = None,
    every: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="30s to 7d, such as 30m or 2h; off, or default.")
    ] = None,
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Show when accounts load themselves next and what came of the last time, or set how often one does."""
    if every is not None and account_id is None:
        raise typer.BadParameter("name the account whose interval is to be set")
    interval = None if every is None else _interval(every)

    async def work(services: Services) -> list[RefreshState]:
        owner = await find_user(services, user)
        if account_id is None:
            return list(await services.refresh.states(owner.id))
        with found(f"account {account_id} of {owner.name}"):
            if every is not None:
                return [await services.refresh.set_interval(owner.id, account_id, interval)]
            return [await services.refresh.get_state(owner.id, account_id)]

    states = on_installation(work)
    if as_json:
        print_json([_row(state) for state in states])
        return
    print_table(
        ("id", "every", "next", "last", "failures", "reason"),
        [
            (
                str(state.account_id),
                write_interval(state.interval) + ("" if state.own else " (default)"),
                at(state.next_at) if not state.paused else f"paused: {PAUSED[state.paused.value]}",
                at(state.refreshed_at),
                str(state.failures),
                state.reason,
            )
            for state in states
        ],
        ("id", "failures"),
    )


def _interval(text: str) -> timedelta | None:
    if text.strip().lower() == DEFAULT:
        return None
    try:
        return read_interval(text)
    except ValueError as e:
        raise typer.BadParameter(str(e), param_hint="--every") from e


def _row(state: RefreshState) -> dict[str, object]:
    return {
        "id": state.account_id,
        "every": write_interval(state.interval),
        "own": state.own,
        "next_at": state.next_at,
        "paused": state.paused.value or None,
        "refreshed_at": state.refreshed_at,
        "failures": state.failures,
        "failure": state.failure or None,
        "reason": state.reason or None,
    }
