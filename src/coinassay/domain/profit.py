"""Profit with deposits and withdrawals taken out.

V(t) is the value at t, F(a, b) the net deposits in (a, b], each valued at its own time (semantics.md, Profit):

    profit over a period  = V(now) - V(start) - F(start, now)
    total profit          = V(now) - F(-inf, now)
    percentage            = profit / (V(now) - profit) x 100, "0.0" where that base is not positive
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, divide
from coinassay.domain.snapshot import Flow, Money, Snapshot

DAY = timedelta(hours=24)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Profit:
    """The three profits the Account entity reports."""

    day: Money = Money()
    month: Money = Money()
    total: Money = Money()


def net_deposits(flows: Sequence[Flow], after: datetime | None = None, until: datetime | None = None) -> Money:
    """F(after, until]: deposits - withdrawals; no bound where None."""
    result = Money()
    for flow in flows:
        if (after is None or flow.at > after) and (until is None or flow.at <= until):
            result = result + flow.money
    return result


def period_profit(now: Money, start: Snapshot | None, flows: Sequence[Flow]) -> Money:
    """V(now) - V(start) - F(start, now); nothing without a start. `flows` may hold more than the period."""
    if start is None:
        return Money()
    return now - start.total - net_deposits(flows, after=start.taken_at)


def percentage(profit: Decimal, now: Decimal) -> Decimal:
    """profit / (now - profit) x 100, unrounded; 0 where the base is not positive."""
    base = CONTEXT.subtract(now, profit)
    if base <= ZERO:
        return ZERO
    return divide(CONTEXT.multiply(profit, Decimal(100)), base)
