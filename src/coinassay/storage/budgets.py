"""What processes share of the limits of exchanges."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.errors import Conflict, StorageError
from coinassay.services.ports.budgets import StoredBudget
from coinassay.storage import statements as sql
from coinassay.storage.database import change
from coinassay.storage.noun import Noun


class Budgets(Noun):
    """The port BudgetStore."""

    async def read_budget(self, egress: str, exchange: str) -> StoredBudget:
        which = {"egress": egress, "exchange": exchange}
        row = await self._db.fetch_one(sql.FIND_BUDGET, which)
        if row is None:
            await self._db.write([change(sql.ADD_BUDGET, egress=egress, exchange=exchange, ledger=b"", version=0)])
            row = await self._db.fetch_one(sql.FIND_BUDGET, which)
        if row is None:
            raise StorageError("What was written down of an exchange's limits has gone.")
        ledger, version, now = row
        return StoredBudget(egress, exchange, bytes(ledger), version, now)

    async def write_budget(self, budget: StoredBudget, ledger: bytes) -> None:
        await self._db.write(
            [
                change(
                    sql.SET_BUDGET,
                    Conflict(),
                    egress=budget.egress,
                    exchange=budget.exchange,
                    ledger=ledger,
                    version=budget.version,
                )
            ]
        )

    async def list_budgets(self) -> Sequence[StoredBudget]:
        rows = await self._db.fetch_all(sql.LIST_BUDGETS, {})
        return [
            StoredBudget(egress, exchange, bytes(ledger), version, now)
            for egress, exchange, ledger, version, now in rows
        ]
