"""What a statement says: the figures of a day, month or year, so that they can be kept, checked and handed on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, plain


@dataclass(frozen=True, slots=True)
class Figures:
    """opening + deposits - withdrawals + profit = closing, exactly."""

    opening: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    """Not negative."""
    profit: Decimal = ZERO
    closing: Decimal = ZERO

    @property
    def adds_up(self) -> bool:
        moved = CONTEXT.subtract(CONTEXT.add(self.opening, self.deposits), self.withdrawals)
        return CONTEXT.add(moved, self.profit) == self.closing


@dataclass(frozen=True, slots=True)
class AccountLine:
    name: str
    exchange: str
    closing: Decimal
    mark: str = ""
    """ "partial", "stale", …; empty for a complete account."""


@dataclass(frozen=True, slots=True)
class HoldingLine:
    code: str
    name: str
    amount: Decimal
    value: Decimal | None
    """None for what has no price: it is in no total."""


@dataclass(frozen=True, slots=True)
class DayLine:
    day: date
    figures: Figures
    mark: str = ""
    """ "carried", "partial" or "imported"; empty for a day that was measured whole."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Amounts are in `currency` unless said otherwise. Days are UTC days."""

    owner: str
    first: date
    last: date
    currency: str
    made_at: datetime
    figures: Figures
    accounts: tuple[AccountLine, ...] = ()
    holdings: tuple[HoldingLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader has to know: what could not be read, what has no price."""

    @property
    def title(self) -> str:
        """The period in words: "3 March 2026", "March 2026", "2026"; any other by its first and last day."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.day} {first:%B %Y}"
        after = date.fromordinal(last.toordinal() + 1)
        if first.day == after.day == 1 and (after.year * 12 + after.month) - (first.year * 12 + first.month) == 1:
            return f"{first:%B %Y}"
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return str(first.year)
        return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"

    @property
    def digest(self) -> str:
        """SHA-256 of the figures, in hexadecimal: two statements with the same one say the same, whenever they were
        made. Of the JSON of the fields but `made_at`, keys sorted, amounts in plain notation."""
        figures = {name: value for name, value in asdict(self).items() if name != "made_at"}
        text = json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text)
        return hashlib.sha256(text.encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a statement")
