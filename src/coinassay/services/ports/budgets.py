"""What processes that ask an exchange from one address share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredBudget:
    """What is written down of an exchange's limits towards one egress address: a coinassay.domain.budget.Ledger."""

    egress: str
    exchange: str
    ledger: bytes
    version: int
    now: datetime
    """The moment it was read, on the database's clock: the one clock that all processes have in common."""


class BudgetStore(Protocol):
    async def read_budget(self, egress: str, exchange: str) -> StoredBudget:
        """An empty one where nothing is written down yet."""
        ...

    async def write_budget(self, budget: StoredBudget, ledger: bytes) -> None:
        """In the place of `budget`. Raises Conflict when it was changed since it was read."""
        ...

    async def list_budgets(self) -> Sequence[StoredBudget]:
        """By egress address and exchange."""
        ...


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """The public prices of an exchange, as coinassay.pricing.shared writes them."""

    body: bytes
    age: timedelta
    """Since the exchange was asked, on the database's clock."""


class PriceListStore(Protocol):
    """The last public prices of each exchange."""

    async def find_price_list(self, source: str, age: timedelta) -> StoredPrices | None:
        """None where there is none of at most that age."""
        ...

    async def claim_price_list(self, source: str, holder: str, seconds: float) -> bool:
        """Whether `holder` is the one who asks the exchange now; for so many seconds nobody else is."""
        ...

    async def publish_price_list(self, source: str, holder: str, body: bytes, age: timedelta, kept: timedelta) -> None:
        """What the exchange answered, asked `age` ago. Gives up the claim; changes nothing where it is another's by
        now. Lists that are older than `kept` are dropped."""
        ...

    async def release_price_list(self, source: str, holder: str) -> None:
        """The exchange did not answer."""
        ...
