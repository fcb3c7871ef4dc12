"""Snapshots and flows over time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from coinassay.domain.allocation import Stake
from coinassay.domain.past import PastAccount
from coinassay.domain.snapshot import Flow, Leg, Money, Snapshot
from coinassay.storage import statements as sql
from coinassay.storage.database import Row
from coinassay.storage.flows import flow_of
from coinassay.storage.noun import Noun


class History(Noun):
    """The ports HistoryStore and PastStore."""

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        ids, times = sorted(set(account_ids)), sorted(set(moments))
        # A row for each account and moment, whether there is a snapshot or not, in their order: without the moments the
        # rows are the same from one call to the next.
        found = iter(await self._db.fetch_all_kept(sql.FIND_STARTS, {"account_ids": ids, "moments": times}, _start_of))
        starts = {account_id: dict(zip(times, found, strict=False)) for account_id in ids}
        return {account_id: [starts[account_id][moment] for moment in moments] for account_id in account_ids}

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        flows: dict[int, list[Flow]] = {account_id: [] for account_id in account_ids}
        rows = await self._db.fetch_all(sql.LIST_FLOWS, {"account_ids": account_ids, "after": after})
        for row in rows:
            flow = flow_of(row)
            flows[flow.account_id].append(flow)
        return flows

    async def list_legs(self, account_ids: Sequence[int]) -> Sequence[Leg]:
        rows = await self._db.fetch_all(sql.LIST_LEGS, {"account_ids": account_ids})
        return [Leg(account_id, at, Money(usd, btc), link) for account_id, at, usd, btc, link in rows]

    async def find_past(self, account_ids: Sequence[int], moment: datetime) -> Mapping[int, PastAccount]:
        rows = await self._db.fetch_all(sql.FIND_PAST, {"account_ids": account_ids, "moment": moment})
        return {row[0]: PastAccount(snapshot_of(row[:-1]), _holdings(row[-1])) for row in rows}


def _start_of(row: Row) -> Snapshot | None:
    return None if row[0] is None else snapshot_of(row)


def snapshot_of(row: Row) -> Snapshot:
    account_id, taken_at, usd, btc, complete, origin = row
    return Snapshot(account_id, taken_at, Money(usd, btc), complete, origin)


def _holdings(body: bytes | None) -> Sequence[Stake] | None:
    """As `coinassay.storage.loads.composition` wrote them."""
    if body is None:
        return None
    found: dict[str, tuple[str, str | None]] = json.loads(zlib.decompress(body))
    return [
        Stake(asset, Decimal(amount), None if usd is None else Decimal(usd)) for asset, (amount, usd) in found.items()
    ]
