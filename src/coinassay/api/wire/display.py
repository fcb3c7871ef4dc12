"""The currency an owner wants amounts shown in: `primary_display_currency` on the wire. It is the US dollar."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from coinassay.api.wire import numbers
from coinassay.domain.rates import USD
from coinassay.domain.snapshot import Money


class Amount(msgspec.Struct, frozen=True):
    """`{"currency": "USD", "amount": "20.31"}`"""

    currency: str
    amount: str


class NumericAmount(msgspec.Struct, frozen=True):
    """`{"currency": "USD", "amount": 20.31}`"""

    currency: str
    amount: numbers.Number


def in_display_currency(money: Money) -> Decimal:
    """What `money` is in the display currency."""
    return money.usd


def amount(value: Decimal, places: int | None = None) -> Amount:
    """`value`, in the display currency, as a string."""
    return Amount(USD, numbers.text(value, places))


def numeric_amount(value: Decimal) -> NumericAmount:
    """`value`, in the display currency, as a JSON number."""
    return NumericAmount(USD, numbers.number(value))
