"""The only place where money becomes text on the wire.

Both forms are plain notation, never an exponent: a decimal string ("0.0000952"), and the same digits as a JSON number
(0.0000952), which are the shortest that give the same decimal back. Rounding is half-up, and happens only here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from coinassay.domain.money import plain, rounded

Number = msgspec.Raw
"""A JSON number as it will be written."""

_NOTHING = msgspec.Raw("0.0")
_ENCODER = msgspec.json.Encoder()


def encode(document: Any) -> bytes:
    """The JSON of a document whose money has gone through this module."""
    return _ENCODER.encode(document)


def text(value: Decimal, places: int | None = None) -> str:
    """A decimal string: with all digits, or rounded to `places` decimals."""
    return plain(value if places is None else rounded(value, places))


def number(value: Decimal, places: int | None = None) -> Number:
    """A JSON number: with all digits, or rounded to `places` decimals."""
    return msgspec.Raw(text(value, places)) if value else _NOTHING
