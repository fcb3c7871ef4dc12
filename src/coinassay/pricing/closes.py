"""The daily closes shipped with the program: what a paper account is priced at when no exchange can be reached."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from coinassay.domain.quotes import Graph
from coinassay.domain.rates import DAILY_CLOSE, USD, Quote

MAX_GAP = timedelta(days=7)
"""How far back `Closes.find` looks for a close: an older one says nothing about the day."""


class Closes:
    """USD closes by code and UTC day. Reads nothing before the first question, and keeps the digits as text.

    The file (coinassay/data/daily_closes.txt) has a line for each code: the code, the first day, and the close of that
    day and of each day after it. No day is missing in between.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Sequence[str]] = {}

    @property
    def codes(self) -> Sequence[str]:
        return tuple(self._lines)

    def find(self, code: str, day: date) -> tuple[date, Decimal] | None:
        """The last close of `code` at or before `day` and its day; None where it lies more than MAX_GAP before."""
        column = self._column(code)
        if column is None:
            return None
        first = date.fromisoformat(column[1])
        number = min((day - first).days, len(column) - 3)
        if number < 0:
            return None
        found = first + timedelta(days=number)
        return None if day - found > MAX_GAP else (found, Decimal(column[2 + number]))

    def latest(self, code: str) -> tuple[date, Decimal] | None:
        """The last close there is, however old, and its day."""
        line = self._lines.get(code)
        if line is None:
            return None
        first = date.fromisoformat(line.split(" ", 2)[1])
        return first + timedelta(days=line.count(" ") - 2), Decimal(line.rpartition(" ")[2])

    def graph(self, now: datetime) -> Graph:
        """The latest close of every code as a source of quotes: for want of live ones, and marked by its name."""
        quotes = []
        for code in self.codes:
            close = self.latest(code)
            assert close is not None
            at = datetime.combine(close[0], time(), UTC)
            quotes.append(Quote(code, USD, DAILY_CLOSE, at, last=close[1]))
        return Graph(DAILY_CLOSE, quotes, now, judge=_as_it_is, absent="no exchange could be asked, and no daily close")

    @cached_property
    def _lines(self) -> dict[str, str]:
        data = pkgutil.get_data("coinassay.data", "daily_closes.txt")
        assert data is not None, "daily_closes.txt is not installed"
        return {line.split(" ", 1)[0]: line for line in data.decode("ascii").splitlines()}

    def _column(self, code: str) -> Sequence[str] | None:
        if code not in self._columns:
            line = self._lines.get(code)
            if line is None:
                return None
            self._columns[code] = line.split(" ")
        return self._columns[code]


def _as_it_is(quote: Quote, _now: datetime) -> Decimal | str:
    """A close is a price for want of a better one: its age is shown, not judged."""
    return quote.last if quote.last is not None else "no price"
