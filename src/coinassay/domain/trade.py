"""Trades, and how much was traded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from coinassay.domain.snapshot import Money

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill of an order, as the exchange tells it."""

    id: str
    """Unique in its market."""
    at: datetime
    base: str
    quote: str
    """What `cost` is in: where a contract settles in the base coin, that one."""
    amount: Decimal
    """Of `base`."""
    cost: Decimal
    """What changed hands, in `quote`."""


@dataclass(frozen=True, slots=True)
class DayVolume:
    """What was traded on one UTC day, in the currencies the interface reports in."""

    day: datetime
    """Its beginning."""
    money: Money
    trades: int
    approximate: bool = False
    """Where a trade could not be valued at its own day's price."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What went from one paper account to another, as one of the two saw it."""

    id: int
    account_id: int
    at: datetime
    asset: str
    amount: Decimal
    """Negative for the account it left."""
    counterpart: int
    """The id of the other account, which may have gone since."""


def start_of_day(moment: datetime) -> datetime:
    """The beginning of its UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
