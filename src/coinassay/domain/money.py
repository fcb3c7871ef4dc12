"""The one decimal context, and the two directions between text and Decimal.

All arithmetic on money and quantities runs in `CONTEXT`, never in the ambient decimal context (28 digits): use
`with exact():` around operators. The test suite sets an ambient context that refuses to round, so an operator outside
`exact()` that would lose a digit fails there.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext

from coinassay.errors import CoinassayError

CONTEXT = Context(prec=100, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999)
"""100 digits: sums and products of what exchanges send are exact in it; quotients go through `divide`."""

QUOTIENT = Context(prec=60, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999)

SHOWN = Context(prec=1000, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999)
"""Rounding to places refuses results of more digits than its context has, and absurd amounts at absurd prices, or their
percentages, can be a few hundred digits long. One of them must not keep all the others from being shown."""

ZERO = Decimal(0)
ONE = Decimal(1)

LARGEST_EXPONENT = 60
"""A quantity beyond 10**±60 is rubbish, and formatting it in plain notation would be an attack on memory."""


_UNITS = tuple(Decimal((0, (1,), -places)) for places in range(LARGEST_EXPONENT))
"""1, 0.1, 0.01, …"""


class NotANumber(CoinassayError):
    """Not a finite decimal number."""

    code = "not_a_number"


def exact() -> AbstractContextManager[Context]:
    """The context manager in which Decimal operators are exact to 100 digits and round half-up."""
    return localcontext(CONTEXT)


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The quotient to 60 significant digits, half-up. Raises ZeroDivisionError (decimal.DivisionByZero) for 0."""
    return QUOTIENT.divide(dividend, divisor)


def add_up(values: Iterable[Decimal]) -> Decimal:
    """The sum, 0 for nothing."""
    result = ZERO
    add = CONTEXT.add
    for each in values:
        result = add(result, each)
    return result


def add_up_texts(values: Iterable[str]) -> Decimal:
    """The sum of decimals in plain notation, 0 for nothing. Several times as fast as `add_up` of their Decimals."""
    with exact():
        return sum(map(Decimal, values), ZERO)


def decimal_of(value: str | int | Decimal) -> Decimal:
    """The exact decimal of a text or integer as an exchange or client sent it.

    Raises NotANumber for anything else, for NaN and infinities, for bool and float (a float has already lost digits),
    for magnitudes no quantity has, and for the spellings that Python alone reads: 1_000, digits of other scripts.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise NotANumber(f"{type(value).__name__} is not a decimal number")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise NotANumber
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError) as e:
        raise NotANumber from e
    if not number.is_finite():
        raise NotANumber
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        if number:
            raise NotANumber
        return ZERO  # 0E-70, 0e99: nothing, however it is written
    return number


def plain(value: Decimal) -> str:
    """Plain notation without exponent: at least one digit after the point, no other trailing zeros, no "-0.0".

    >>> plain(Decimal("20.310")), plain(Decimal("3E-7")), plain(Decimal("1E+2")), plain(Decimal("-0"))
    ('20.31', '0.0000003', '100.0', '0.0')
    """
    text = str(value)  # twice as fast as format
    if "E" in text:
        text = format(value, "f")
    if "." not in text:
        text += ".0"
    elif text[-1] == "0":
        text = text.rstrip("0")
        if text[-1] == ".":
            text += "0"
    return "0.0" if text == "-0.0" else text


def rounded(value: Decimal, places: int) -> Decimal:
    """`value` rounded half-up to `places` decimals."""
    return SHOWN.quantize(value, _UNITS[places])
