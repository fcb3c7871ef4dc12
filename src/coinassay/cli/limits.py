"""`coinassay limits`: how much of the exchanges' limits is taken."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.cli.output import Json, at, print_json, print_table
from coinassay.cli.run import on_installation
from coinassay.services.budgets import Budget
from coinassay.services.bundle import Services


def limits(as_json: Json = False) -> None:
    """Show how much of each exchange's limits is taken, who waits, and how long an exchange asked to be left alone."""

    async def work(services: Services) -> Sequence[Budget]:
        return await services.budgets.list_budgets()

    budgets = on_installation(work)
    if as_json:
        print_json([_row(budget) for budget in budgets])
        return
    print_table(
        ("exchange", "egress", "counted together", "used", "limit", "waiting", "paused until"),
        [
            (
                budget.exchange,
                budget.egress,
                meter.name or "all requests",
                f"{meter.used:f}",
                f"{meter.limit:f} in {meter.seconds} s",
                str(budget.waiting),
                "" if budget.paused_until is None else at(budget.paused_until),
            )
            for budget in budgets
            for meter in budget.meters
        ],
        ("used", "limit", "waiting"),
    )


def _row(budget: Budget) -> dict[str, object]:
    return {
        "exchange": budget.exchange,
        "egress": budget.egress,
        "processes": budget.processes,
        "waiting": budget.waiting,
        "paused_until": budget.paused_until,
        "meters": [
            {"name": meter.name, "limit": meter.limit, "seconds": meter.seconds, "used": meter.used}
            for meter in budget.meters
        ],
    }
