"""Snapshots and flows over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from coinassay.domain.snapshot import Flow, Money, Snapshot
from coinassay.storage import statements as sql
from coinassay.storage.database import Row
from coinassay.storage.flows import flow_of
from coinassay.storage.noun import Noun


class History(Noun):
    """The port HistoryStore."""

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        ids, times = sorted(set(account_ids)), sorted(set(moments))
        # A row for each account and moment, whether there is a snapshot or not, in their order: without the moments the
        # rows are the same from one call to the next.
        found = iter(
            await self._db.fetch_all_kept(sql.FIND_STARTS, {"account_ids": ids, "moments": times}, _snapshot_of)
        )
        starts = {account_id: dict(zip(times, found, strict=False)) for account_id in ids}
        return {account_id: [starts[account_id][moment] for moment in moments] for account_id in account_ids}

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        flows: dict[int, list[Flow]] = {account_id: [] for account_id in account_ids}
        rows = await self._db.fetch_all(sql.LIST_FLOWS, {"account_ids": account_ids, "after": after})
        for row in rows:
            flow = flow_of(row)
            flows[flow.account_id].append(flow)
        return flows


def _snapshot_of(row: Row) -> Snapshot | None:
    account_id, taken_at, usd, btc, complete = row
    return None if account_id is None else Snapshot(account_id, taken_at, Money(usd, btc), complete)
