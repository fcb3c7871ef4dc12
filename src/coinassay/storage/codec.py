"""How the values of the domain lie in the database. Exact in both directions.

A codec has a name, which the compiled statements carry; text, integers and bytes need none. Where a driver takes and
gives the domain's own value (NUMERIC and TIMESTAMPTZ of PostgreSQL), its table has no entry for that codec.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from coinassay.errors import StorageError

EXACT: Final = "exact"
"""Decimal; text on SQLite, which has no exact numbers of its own beyond 64 bits."""
MOMENT: Final = "moment"
"""Aware datetime; whole microseconds since 1970 in UTC on SQLite: what datetime resolves, so nothing is lost."""
FLAG: Final = "flag"
IDS: Final = "ids"
"""Integers: one parameter for any number of them, a JSON array on SQLite."""
MOMENTS: Final = "moments"
"""Aware datetimes, in the same way."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def exact_to_text(value: Decimal) -> str:
    """All digits and the exponent. Raises TypeError for anything but a Decimal, ValueError for NaN and infinities."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not a Decimal")
    if not value.is_finite():
        raise ValueError(f"{value} is not a number to be stored")
    return str(value)


def moment_to_integer(value: datetime) -> int:
    """Microseconds since 1970. Raises TypeError for a naive datetime, which says no moment."""
    return (value - EPOCH) // _MICROSECOND


def integer_to_moment(value: int) -> datetime:
    """The aware datetime, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def _ids(values: Iterable[int]) -> str:
    return json.dumps(list(values))


def _moments(values: Iterable[datetime]) -> str:
    return json.dumps([moment_to_integer(value) for value in values])


SQLITE_BINDS: Final[Mapping[str, Callable[..., object]]] = {
    EXACT: exact_to_text,
    MOMENT: moment_to_integer,
    FLAG: int,
    IDS: _ids,
    MOMENTS: _moments,
}
SQLITE_COLUMNS: Final[Mapping[str, Callable[..., object]]] = {
    EXACT: Decimal,
    MOMENT: integer_to_moment,
    FLAG: bool,
}


LARGEST_EXPONENT: Final = 131_071
SMALLEST_EXPONENT: Final = -16_383
"""What NUMERIC of PostgreSQL holds: https://www.postgresql.org/docs/current/datatype-numeric.html"""
_INT64: Final = 2**63


def _to_numeric(value: Decimal) -> Decimal:
    """Raises TypeError and ValueError like `exact_to_text`, OverflowError for what NUMERIC does not hold.

    Unlike the text it becomes on SQLite, NUMERIC knows zeros at the end only behind the point, and no negative zero.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not a Decimal")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is not a number to be stored")
    if exponent < SMALLEST_EXPONENT or value.adjusted() > LARGEST_EXPONENT:
        raise OverflowError("the number has too many digits")
    return value


def _to_moment(value: datetime) -> datetime:
    """Raises TypeError for a naive datetime, which the driver would take for local time."""
    if value.tzinfo is None:
        raise TypeError("a time without a zone says no moment")
    return value


def _to_flag(value: object) -> bool:
    return bool(value)


def _to_bigints(values: Iterable[int]) -> list[int]:
    """Without those beyond 64 bits: nothing stored can equal them."""
    return [value for value in values if -_INT64 <= value < _INT64]


def _to_timestamps(values: Iterable[datetime]) -> list[datetime]:
    return [_to_moment(value) for value in values]


POSTGRES_BINDS: Final[Mapping[str, Callable[..., object]]] = {
    EXACT: _to_numeric,
    MOMENT: _to_moment,
    FLAG: _to_flag,
    IDS: _to_bigints,
    MOMENTS: _to_timestamps,
}
"""Its columns give the domain's own values."""


def to_json(document: object) -> bytes:
    """Decimals as text with all their digits. Raises StorageError for text that no UTF-8 can hold."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError as e:  # half of a surrogate pair, as JSON of an exchange may bring it along
        raise StorageError("A text does not fit into the database.") from e
