"""`coinassay flows`: deposits and withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer

from coinassay.api.moments import moment_of
from coinassay.cli.output import Json, at, money, print_json, print_table
from coinassay.cli.run import UserName, find_user, found, on_installation
from coinassay.domain.money import NotANumber, decimal_of, plain
from coinassay.domain.movement import FlowReading, ReadingState
from coinassay.domain.snapshot import Flow, FlowKind
from coinassay.services.bundle import Services
from coinassay.services.flows import MOST_PER_PAGE, NewFlow

app = typer.Typer(no_args_is_help=True, help="Deposits and withdrawals.")

AccountId = Annotated[int, typer.Argument(metavar="ACCOUNT", help="As `coinassay accounts list` shows it.")]


@app.command("list")
def list_(
    account_id: AccountId,
    page: Annotated[int, typer.Option(min=1, help=f"Which page of {MOST_PER_PAGE}, newest first.")] = 1,
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Show what came to an account and went from it, and how far its exchange was asked."""

    async def work(services: Services) -> tuple[Sequence[Flow], FlowReading | None]:
        owner = await find_user(services, user)
        with found(f"account {account_id} of {owner.name}"):
            flows = await services.flows.list_flows(owner.id, account_id, page=page)
            return flows, await services.flows.find_reading(owner.id, account_id)

    flows, reading = on_installation(work)
    if as_json:
        print_json({"reading": _reading(reading), "flows": [_row(flow) for flow in flows]})
        return
    print_table(
        ("id", "at", "kind", "asset", "amount", "USD", "source", "account"),
        [
            (
                str(flow.id),
                at(flow.at),
                flow.kind.value,
                flow.asset,
                "" if flow.amount is None else plain(flow.amount),
                money(flow.money.usd) if flow.priced else "no price",
                flow.source.value,
                str(flow.counterpart) if flow.link and flow.counterpart is not None else "",
            )
            for flow in flows
        ],
        ("id", "amount", "USD", "account"),
    )
    print(_said(reading))


@app.command()
def add(
    account_id: AccountId,
    kind: Annotated[str, typer.Argument(help="deposit or withdrawal.")],
    amount: Annotated[str, typer.Argument(help="How much came, or left the account with its fee.")],
    asset: Annotated[str, typer.Argument(help="The currency's code.")],
    when: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="2026-03-01 or 2026-03-01T12:30:00Z; now if not given.")
    ] = None,
    usd: Annotated[
        str | None, typer.Option("--value", metavar="USD", help="What all of it was worth; else it is looked up.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Your own name of it: added twice, it counts once.")] = "",
    note: Annotated[str, typer.Option(help="For yourself.")] = "",
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Add a deposit or withdrawal that the exchange does not tell."""
    if kind not in (FlowKind.DEPOSIT, FlowKind.WITHDRAWAL):
        raise typer.BadParameter(f"{kind!r} is neither deposit nor withdrawal")
    moment = datetime.now(UTC) if when is None else moment_of(when)
    if moment is None:
        raise typer.BadParameter(f"{when!r} is no time")
    value = None if usd is None else _number(usd)
    new = NewFlow(FlowKind(kind), asset.upper(), _number(amount), moment, value, reference, note)

    async def work(services: Services) -> Flow:
        owner = await find_user(services, user)
        with found(f"account {account_id} of {owner.name}"):
            return await services.flows.add_flow(owner.id, account_id, new)

    flow = on_installation(work)
    if as_json:
        print_json(_row(flow))
        return
    worth = f"worth {money(flow.money.usd.copy_abs())} USD" if flow.priced else "for which no price is known so far"
    print(f"Added {flow.kind.value} {flow.id}: {plain(new.amount)} {flow.asset}, {worth}.")


@app.command()
def remove(
    account_id: AccountId,
    flow_id: Annotated[int, typer.Argument(metavar="FLOW", help="As `coinassay flows list` shows it.")],
    user: UserName = None,
) -> None:
    """Remove one that was added by hand."""

    async def work(services: Services) -> None:
        owner = await find_user(services, user)
        with found(f"flow {flow_id}, added by hand to account {account_id} of {owner.name}"):
            await services.flows.remove_flow(owner.id, account_id, flow_id)

    on_installation(work)
    print(f"Removed {flow_id}.")


def _number(text: str) -> Decimal:
    try:
        number = decimal_of(text)
    except NotANumber as e:
        raise typer.BadParameter(f"{text!r} is not a decimal number") from e
    if number < 0:
        raise typer.BadParameter(f"{text!r} is below zero")
    return number


def _said(reading: FlowReading | None) -> str:
    if reading is None:
        return "The exchange was not asked so far."
    if reading.state is ReadingState.OK:
        return f"The exchange was asked at {at(reading.asked_at)}."
    since = "" if reading.read_at is None else f" since {at(reading.read_at)}"
    return f"Deposits and withdrawals could not be read{since}: {reading.reason}"


def _reading(reading: FlowReading | None) -> dict[str, object] | None:
    if reading is None:
        return None
    return {
        "state": reading.state.value,
        "read_at": reading.read_at,
        "asked_at": reading.asked_at,
        "reason": reading.reason,
        "pending": sum(each.open for each in reading.waiting),
    }


def _row(flow: Flow) -> dict[str, object]:
    return {
        "id": flow.id,
        "at": flow.at,
        "kind": flow.kind.value,
        "asset": flow.asset,
        "amount": flow.amount,
        "usd_value": flow.money.usd if flow.priced else None,
        "btc_value": flow.money.btc if flow.priced else None,
        "source": flow.source.value,
        "counterpart": flow.counterpart if flow.link else None,
        "reference": flow.reference,
        "note": flow.note,
    }
