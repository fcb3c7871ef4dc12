"""Whether accounts' pasts are still what they were."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.storage import statements as sql
from coinassay.storage.noun import Noun


class Pasts(Noun):
    """The port PastNumbers."""

    async def list_past_numbers(self, account_ids: Sequence[int]) -> Sequence[int]:
        rows = await self._db.fetch_all(sql.LIST_PASTS, {"account_ids": account_ids})
        numbers: dict[int, int] = {row[0]: row[1] for row in rows}
        return [numbers.get(account_id, 0) for account_id in account_ids]
