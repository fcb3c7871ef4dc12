"""What the use cases need to know of markets in general: nobody's account is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from coinassay.domain.market import Market
from coinassay.domain.pair import Pair
from coinassay.domain.rates import Quote


class MarketData(Protocol):
    """What can be traded at exchanges, by which rules and at which price. Never of paper trading."""

    async def fetch_pairs(self, market: Market, timeout: float) -> Mapping[str, Pair]:
        """By code, what can be traded now in accounts of this market; after at most `timeout` seconds.

        Kept for hours and then cheap. Raises ExchangeError.
        """
        ...

    async def fetch_quote(self, market: Market, pair: Pair, timeout: float) -> Quote:
        """The pair's price, at most a few seconds old: `last`, `bid` and `ask`, or what of them the exchange says.

        Raises ExchangeError.
        """
        ...


class DailyCloses(Protocol):
    """The closes shipped with the program, in USD."""

    @property
    def codes(self) -> Iterable[str]: ...

    def latest(self, code: str) -> tuple[date, Decimal] | None:
        """The last close there is, however old, and its day."""
        ...

    def find(self, code: str, day: date) -> tuple[date, Decimal] | None:
        """The last close at or shortly before `day`, and its day."""
        ...
