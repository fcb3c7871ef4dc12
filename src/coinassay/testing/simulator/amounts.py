"""What one wallet holds of one coin, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, decimal_of


@dataclass(slots=True)
class Amounts:
    """In units of the coin. `free` and `locked` are what lies in the wallet, `borrowed` and `interest` are owed."""

    free: Decimal = ZERO
    locked: Decimal = ZERO
    borrowed: Decimal = ZERO
    interest: Decimal = ZERO
    unrealised: Decimal = ZERO
    """Profit and loss of open positions, where they are settled in this coin."""

    @property
    def total(self) -> Decimal:
        """free + locked."""
        return CONTEXT.add(self.free, self.locked)

    @property
    def net(self) -> Decimal:
        """free + locked - borrowed - interest."""
        return CONTEXT.subtract(CONTEXT.subtract(self.total, self.borrowed), self.interest)


_FIELDS = tuple(each.name for each in fields(Amounts))


def amounts(value: str | Decimal | Sequence[str] | Mapping[str, str] | Amounts) -> Amounts:
    """Amounts from "1.5" (free), ("100", "20") (free, locked) or {"free": "1", "borrowed": "0.2", …}."""
    if isinstance(value, Amounts):
        return value
    if isinstance(value, str | Decimal):
        return Amounts(decimal_of(value))
    if isinstance(value, Mapping):
        unknown = set(value) - set(_FIELDS)
        if unknown:
            raise ValueError(f"not an amount: {', '.join(sorted(unknown))}")
        return Amounts(**{name: decimal_of(number) for name, number in value.items()})
    if len(value) > 2:
        raise ValueError("a pair is (free, locked)")
    return Amounts(*(decimal_of(number) for number in value))


def padded(value: Decimal, places: int) -> str:
    """Plain notation with at least `places` decimals and every digit there is: Binance's "1.50000000"."""
    text = format(value, "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}" if places or decimals else whole
