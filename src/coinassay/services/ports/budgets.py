"""What processes that ask an exchange from one address share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
