"""Thinning out what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coinassay.services.ports.history import Thinned
from coinassay.storage import statements as sql
from coinassay.storage.database import change
from coinassay.storage.noun import Noun


class Retentions(Noun):
    """The port RetentionStore."""

    async def list_to_thin(self, hourly: datetime, daily: datetime, after: int, limit: int) -> Sequence[Thinned]:
        params = {"hourly": hourly, "daily": daily, "after": after, "count": limit}
        return [Thinned(*row) for row in await self._db.fetch_all(sql.LIST_TO_THIN, params)]

    async def list_measured(self, account_id: int, start: datetime, end: datetime, limit: int) -> Sequence[datetime]:
        params = {"account_id": account_id, "start": start, "end": end, "count": limit}
        return [taken_at for (taken_at,) in await self._db.fetch_all(sql.LIST_MEASURED, params)]

    async def drop_snapshots(self, progress: Thinned, moments: Sequence[datetime]) -> None:
        account_id = progress.account_id
        await self._db.write(
            [
                change(sql.DROP_SNAPSHOTS, account_id=account_id, moments=moments),
                change(
                    sql.PUT_THINNED, account_id=account_id, hourly_to=progress.hourly_to, daily_to=progress.daily_to
                ),
            ]
        )

    async def drop_attempts(self, account_id: int, before: datetime, most: int, limit: int) -> int:
        params = {"account_id": account_id, "finished_at": before, "most": most, "before": before, "count": limit}
        ids = [number for (number,) in await self._db.fetch_all(sql.LIST_OLD_LOADS, params)]
        if ids:
            await self._db.write([change(sql.DROP_LOADS, ids=ids)])
        return len(ids)
