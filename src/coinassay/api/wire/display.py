"""The currency an owner wants amounts shown in: `primary_display_currency` on the wire."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from coinassay.api.wire import numbers
from coinassay.domain.profit import percentage
from coinassay.domain.rates import USD


class Amount(msgspec.Struct, frozen=True, gc=False):
    """`{"currency": "USD", "amount": "20.31"}`. In US dollars where the user's currency has no price at that time."""

    currency: str
    amount: str


class NumericAmount(msgspec.Struct, frozen=True):
    """`{"currency": "USD", "amount": 20.31}`"""

    currency: str
    amount: numbers.Number


class Shown:
    """One amount, and what part of the whole it is: in the user's currency, or else in US dollars, both of them."""

    def __init__(
        self, currency: str, value: Decimal | None, whole: Decimal | None, usd: Decimal, usd_whole: Decimal
    ) -> None:
        if value is None or whole is None:
            currency, value, whole = USD, usd, usd_whole
        self._currency = currency
        self._value = value
        self._whole = whole

    @property
    def amount(self) -> Amount:
        """As a string."""
        return Amount(self._currency, numbers.text(self._value))

    @property
    def numeric(self) -> NumericAmount:
        """As a JSON number."""
        return NumericAmount(self._currency, numbers.number(self._value))

    def percentage(self, places: int) -> Amount:
        """Of what the whole would be without it."""
        return Amount(self._currency, numbers.text(percentage(self._value, self._whole), places))
