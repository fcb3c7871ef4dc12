"""Snapshots and flows over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from coinassay.domain.snapshot import Flow, FlowKind, Money, Snapshot
from coinassay.storage import statements as sql
from coinassay.storage.noun import Noun


class History(Noun):
    """The port HistoryStore."""

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        rows = await self._db.fetch_all(sql.FIND_STARTS, {"account_ids": account_ids, "moments": moments})
        found = {
            (account_id, moment): Snapshot(account_id, taken_at, Money(usd, btc), complete)
            for account_id, moment, taken_at, usd, btc, complete in rows
            if account_id is not None
        }
        return {account_id: [found.get((account_id, moment)) for moment in moments] for account_id in account_ids}

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        flows: dict[int, list[Flow]] = {account_id: [] for account_id in account_ids}
        rows = await self._db.fetch_all(sql.LIST_FLOWS, {"account_ids": account_ids, "after": after})
        for account_id, at, kind, usd, btc, asset, amount, reference in rows:
            flows[account_id].append(Flow(account_id, at, FlowKind(kind), Money(usd, btc), asset, amount, reference))
        return flows
