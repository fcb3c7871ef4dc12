"""What an account is worth and has earned in the currency its user wants to see.

As in domain.profit, with every amount converted at its own time: V_D(t) = V(t) / rate(t), where the rate is what one
unit of the currency was worth in USD. Bitcoin needs no rate: every amount is kept in BTC, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, add_up, divide
from coinassay.domain.profit import Profit
from coinassay.domain.rates import BTC, USD
from coinassay.domain.snapshot import Flow, Money, Snapshot

RateAt = Callable[[datetime], Decimal | None]
"""USD for one unit of the display currency at a moment; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Value and profits in one currency. What cannot be told in it, for want of a rate at some moment, is None."""

    currency: str = USD
    amount: Decimal | None = ZERO
    day: Decimal | None = ZERO
    month: Decimal | None = ZERO
    total: Decimal | None = ZERO


@dataclass(frozen=True, slots=True)
class Bases:
    """What the present value is to be compared with: V(start) + F(start, now), and F(-inf, now)."""

    day: Decimal | None = None
    month: Decimal | None = None
    total: Decimal | None = None
    day_known: bool = True
    """False where the period has no start: nothing was earned then."""
    month_known: bool = True


def worth_in_usd(total: Money, profit: Profit) -> Worth:
    return Worth(USD, total.usd, profit.day.usd, profit.month.usd, profit.total.usd)


def worth_in_btc(total: Money, profit: Profit) -> Worth:
    return Worth(BTC, total.btc, profit.day.btc, profit.month.btc, profit.total.btc)


def bases(
    day: Snapshot | None, month: Snapshot | None, flows: Sequence[Flow], net_deposits: Money, rate_at: RateAt
) -> Bases:
    """`flows`: all there are; where they do not add up to `net_deposits`, some are not known one by one."""
    converted = [(flow.at, converted_at(flow.money.usd, flow.at, rate_at)) for flow in flows]
    whole = add_up(flow.money.usd for flow in flows) == net_deposits.usd

    def since(start: Snapshot | None) -> Decimal | None:
        if start is None:
            return None
        parts = [amount for at, amount in converted if at > start.taken_at]
        return summed([converted_at(start.total.usd, start.taken_at, rate_at), *parts])

    total = summed(amount for _, amount in converted) if whole else None
    return Bases(since(day), since(month), total, day is not None, month is not None)


def worth(currency: str, total: Money, base: Bases, rate: Decimal) -> Worth:
    """`rate`: the present one."""
    value = divide(total.usd, rate)

    def earned(against: Decimal | None) -> Decimal | None:
        return None if against is None else CONTEXT.subtract(value, against)

    return Worth(
        currency,
        value,
        earned(base.day) if base.day_known else ZERO,
        earned(base.month) if base.month_known else ZERO,
        earned(base.total),
    )


def together(currency: str, parts: Iterable[Worth], inside: Worth) -> Worth:
    """Several accounts as one; `inside`: what they lost by moving something between them, for each period."""
    every = [*parts, inside]
    return Worth(
        currency,
        summed(each.amount for each in every),
        summed(each.day for each in every),
        summed(each.month for each in every),
        summed(each.total for each in every),
    )


def converted_at(usd: Decimal, at: datetime, rate_at: RateAt) -> Decimal | None:
    if not usd:
        return ZERO
    rate = rate_at(at)
    return None if rate is None else divide(usd, rate)


def summed(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """None where one of them is."""
    known = []
    for amount in amounts:
        if amount is None:
            return None
        known.append(amount)
    return add_up(known)
