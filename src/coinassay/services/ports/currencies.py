"""What the use cases need to show money in the currency a user wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol


class KnownRate(NamedTuple):
    """What one unit of a currency was worth, in USD."""

    at: datetime
    usd: Decimal


class CurrencyRates(Protocol):
    """What display currencies were worth."""

    async def list_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[Decimal | None]:
        """USD for one unit of `currency` as it was known at each of the moments, in their order; None where nothing was
        known then, or nothing recent enough. Always 1 for USD. A fixed number of statements."""
        ...


class CurrencyStore(Protocol):
    async def set_display_currency(self, user_id: int, currency: str) -> None:
        """Empty: the installation's. Raises NotFound."""
        ...

    async def list_display_currencies(self) -> Sequence[str]:
        """Those that users have chosen, each once."""
        ...

    async def list_market_codes(self, user_id: int) -> Sequence[str]:
        """Of the user's accounts, each once."""
        ...

    async def record_currency_rates(self, rates: Mapping[str, Decimal], at: datetime) -> None:
        """A rate that is stored for the same moment stays."""
        ...

    async def list_currency_rates(self, currency: str, first: datetime, last: datetime) -> Sequence[KnownRate]:
        """Those recorded from `first` to `last`, both included, and the last one before `first`; oldest first."""
        ...

    async def drop_currency_rates(self, currency: str, at: Sequence[datetime]) -> None:
        """Those recorded at these very moments."""
        ...
