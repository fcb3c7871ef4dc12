"""The shares of an account's value: what the wire calls the pie chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, add_up, divide, rounded
from coinassay.domain.valuation import in_btc

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Stake:
    """What is held of one asset: the input of `allocate`. `usd` is None for an unpriced asset."""

    asset: str
    amount: Decimal
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Share:
    """One asset's part of the whole."""

    asset: str
    amount: Decimal
    usd: Decimal
    btc: Decimal
    percentage: Decimal
    """Of the positive USD total, 0 to 100, two decimals half-up."""
    priced: bool


def allocate(stakes: Iterable[Stake], btc_rate: Decimal | None) -> tuple[Share, ...]:
    """The shares, largest value first (ties: by code), stakes of one asset added up (semantics.md, Valuation).

    Zero amounts are left out, and so is negative equity: it shows in the table and the totals, not as a slice. An
    unpriced asset stays, with value 0 and share 0.
    """
    amounts: dict[str, Decimal] = {}
    values: dict[str, Decimal | None] = {}
    for stake in stakes:
        if stake.asset in amounts:
            amounts[stake.asset] = CONTEXT.add(amounts[stake.asset], stake.amount)
            known = values[stake.asset]
            values[stake.asset] = (
                known if stake.usd is None else stake.usd if known is None else CONTEXT.add(known, stake.usd)
            )
        else:
            amounts[stake.asset] = stake.amount
            values[stake.asset] = stake.usd
    slices = [
        (asset, amount, values[asset])
        for asset, amount in amounts.items()
        if amount and amount > ZERO and (values[asset] or ZERO) >= ZERO
    ]
    total = add_up(usd for _, _, usd in slices if usd is not None)
    slices.sort(key=lambda each: (CONTEXT.minus(each[2] or ZERO), each[0]))
    return tuple(
        Share(
            asset=asset,
            amount=amount,
            usd=usd or ZERO,
            btc=in_btc(usd or ZERO, btc_rate),
            percentage=_percentage(usd or ZERO, total),
            priced=usd is not None,
        )
        for asset, amount, usd in slices
    )


def _percentage(part: Decimal, whole: Decimal) -> Decimal:
    if not whole:
        return ZERO
    return rounded(divide(CONTEXT.multiply(part, HUNDRED), whole), 2)
