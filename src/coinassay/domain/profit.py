"""Profit with deposits and withdrawals taken out.

V(t) is the value at t, F(a, b) the net deposits in (a, b], each valued at its own time (semantics.md, Profit):

    profit over a period  = V(now) - V(start) - F(start, now)
    total profit          = V(now) - F(-inf, now)
    percentage            = profit / (V(now) - profit) x 100, "0.0" where that base is not positive

Of several accounts together, a transfer between two of them is no flow. Each account's own profit counts its leg as
one, so the legs are taken back where profits are added up (`moved_inside`): what is missing then, the fee, is a loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, divide
from coinassay.domain.snapshot import Flow, Leg, Money, Snapshot

DAY = timedelta(hours=24)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Profit:
    """The three profits the Account entity reports."""

    day: Money = Money()
    month: Money = Money()
    total: Money = Money()


@dataclass(frozen=True, slots=True)
class Deposits:
    """The net deposits that were taken out of those profits."""

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


def period_deposits(start: Snapshot | None, flows: Sequence[Flow]) -> Money:
    """F(start, now); nothing without a start. `flows` may hold more than the period."""
    return Money() if start is None else net_deposits(flows, after=start.taken_at)


def percentage(profit: Decimal, now: Decimal) -> Decimal:
    """profit / (now - profit) x 100, unrounded; 0 where the base is not positive."""
    base = CONTEXT.subtract(now, profit)
    if base <= ZERO:
        return ZERO
    return divide(CONTEXT.multiply(profit, Decimal(100)), base)


def matched(legs: Iterable[Leg]) -> Mapping[str, Sequence[Leg]]:
    """The transfers, by their link, of which legs of two accounts are given; oldest leg first."""
    by_link: dict[str, list[Leg]] = {}
    for leg in legs:
        by_link.setdefault(leg.link, []).append(leg)
    return {
        link: sorted(found, key=lambda leg: leg.at)
        for link, found in by_link.items()
        if len({leg.account_id for leg in found}) > 1
    }


def moved_inside(transfers: Iterable[Sequence[Leg]], starts: Mapping[int, datetime] | None = None) -> Money:
    """The sums of the legs of those transfers that came to an end in a period: what the accounts together lost by them,
    as a negative amount.

    `starts`: when the period began for each account, at its snapshot; a leg that this one contains is before the
    period. None: for ever.
    """
    total = Money()
    for legs in transfers:
        if starts is None or any(leg.account_id in starts and leg.at > starts[leg.account_id] for leg in legs):
            for leg in legs:
                total = total + leg.money
    return total
