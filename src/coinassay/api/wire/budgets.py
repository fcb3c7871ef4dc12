"""How much of the exchanges' limits is taken."""

from __future__ import annotations

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.api.wire.numbers import text
from coinassay.services.budgets import Budget, Meter


class ExchangeMeter(msgspec.Struct, frozen=True):
    name: str
    """What is counted together: a path, or empty for all requests."""
    limit: str
    """Units in `seconds`, as many of them as are used here."""
    seconds: int
    used: str
    """Units taken by all processes, with those that are set aside for them."""


class ExchangeBudget(msgspec.Struct, frozen=True):
    exchange: str
    """The exchange's id in ccxt."""
    egress: str
    """What stands for the address it is asked from."""
    processes: int
    """That ask it at this moment."""
    waiting: int
    """Requests and loads that wait for their turn."""
    paused_until: str | None
    """The exchange has asked to be left alone until then."""
    meters: list[ExchangeMeter]


def to_budget(budget: Budget) -> ExchangeBudget:
    return ExchangeBudget(
        exchange=budget.exchange,
        egress=budget.egress,
        processes=budget.processes,
        waiting=budget.waiting,
        paused_until=None if budget.paused_until is None else timestamp(budget.paused_until),
        meters=[_meter(each) for each in budget.meters],
    )


def _meter(meter: Meter) -> ExchangeMeter:
    return ExchangeMeter(meter.name, text(meter.limit), meter.seconds, text(meter.used))
