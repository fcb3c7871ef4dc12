"""What processes share: the limits of exchanges, and public prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coinassay.errors import Conflict, StorageError
from coinassay.services.ports.budgets import StoredBudget, StoredPrices
from coinassay.storage import statements as sql
from coinassay.storage.codec import EPOCH
from coinassay.storage.database import change
from coinassay.storage.noun import Noun


class Budgets(Noun):
    """The ports BudgetStore and PriceListStore."""

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

    async def find_price_list(self, source: str, age: timedelta) -> StoredPrices | None:
        seen = await self._db.fetch_one(sql.PEEK_PRICE_LIST, {"source": source})
        if seen is None or not _is_young(seen[0], seen[1], age):
            return None
        row = await self._db.fetch_one(sql.FIND_PRICE_LIST, {"source": source})
        if row is None:
            return None
        fetched_at, body, now = row
        return StoredPrices(bytes(body), now - fetched_at) if _is_young(fetched_at, now, age) else None

    async def claim_price_list(self, source: str, holder: str, seconds: float) -> bool:
        seen = await self._db.fetch_one(sql.PEEK_PRICE_LIST, {"source": source})
        if seen is None:
            await self._db.write(
                [
                    change(
                        sql.ADD_PRICE_LIST, source=source, fetched_at=None, claimed_by="", claimed_until=EPOCH, body=b""
                    )
                ]
            )
            seen = await self._db.fetch_one(sql.PEEK_PRICE_LIST, {"source": source})
        if seen is None:
            return False
        until = seen[1] + timedelta(seconds=seconds)
        (rows,) = await self._db.write(
            [change(sql.CLAIM_PRICE_LIST, source=source, claimed_by=holder, claimed_until=until)]
        )
        return bool(rows)

    async def publish_price_list(self, source: str, holder: str, body: bytes, age: timedelta, kept: timedelta) -> None:
        seen = await self._db.fetch_one(sql.PEEK_PRICE_LIST, {"source": source})
        if seen is None:
            return
        now = seen[1]
        await self._db.write(
            [
                change(
                    sql.SET_PRICE_LIST,
                    source=source,
                    claimed_by=holder,
                    fetched_at=now - age,
                    claimed_until=EPOCH,
                    body=body,
                ),
                change(sql.DROP_PRICE_LISTS, before=now - kept),
            ]
        )

    async def release_price_list(self, source: str, holder: str) -> None:
        await self._db.write([change(sql.FREE_PRICE_LIST, source=source, claimed_by=holder, claimed_until=EPOCH)])


def _is_young(fetched_at: datetime | None, now: datetime, age: timedelta) -> bool:
    """Whatever is from the future was written by a clock that has gone back since."""
    return fetched_at is not None and timedelta() <= now - fetched_at <= age
