"""What was imported from other programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coinassay.domain.snapshot import Flow, FlowSource, Money, Snapshot
from coinassay.errors import Conflict, NotFound
from coinassay.storage import statements as sql
from coinassay.storage.codec import EPOCH
from coinassay.storage.database import Change, change
from coinassay.storage.flows import flow_of, flow_row
from coinassay.storage.history import snapshot_of
from coinassay.storage.noun import Noun


class Imports(Noun):
    """The port ImportStore."""

    async def find_first_measured(self, account_id: int) -> Snapshot | None:
        row = await self._db.fetch_one(sql.FIND_FIRST_MEASURED, {"account_id": account_id})
        return None if row is None else snapshot_of(row)

    async def list_imported(self, account_id: int) -> Sequence[Snapshot]:
        return [snapshot_of(row) for row in await self._db.fetch_all(sql.LIST_IMPORTED, {"account_id": account_id})]

    async def record_import(
        self, account_id: int, base_version: int, snapshots: Sequence[Snapshot], flows: Sequence[Flow], at: datetime
    ) -> None:
        # Imported flows change together with the account's version: as long as that is the same, so are these.
        every = await self._db.fetch_all(sql.LIST_FLOWS, {"account_ids": [account_id], "after": EPOCH})
        former = [flow for flow in map(flow_of, every) if flow.source is FlowSource.IMPORT]
        moved = _sum(flows) - _sum(former)
        own = {"account_id": account_id}
        await self._db.write(
            [
                change(sql.LOCK_ACCOUNT, NotFound(), id=account_id),
                change(sql.LOCK_VERSION, Conflict(), id=account_id, version=base_version),
                change(sql.DROP_IMPORTED, **own),
                Change(sql.ADD_IMPORTED, _rows(snapshots, flows)),
                change(sql.DROP_IMPORTED_FLOWS, **own),
                Change(sql.ADD_IMPORTED_FLOW, [flow_row(flow) for flow in flows]),
                change(sql.TURN_PAST, **own),
                change(sql.MOVE_NET_DEPOSITS, id=account_id, usd=moved.usd, btc=moved.btc, updated_at=at),
            ]
        )


def _rows(snapshots: Sequence[Snapshot], flows: Sequence[Flow]) -> list[dict[str, object]]:
    """The rows of the snapshots, each with the net deposits until then."""
    rows: list[dict[str, object]] = []
    waiting = sorted(flows, key=lambda flow: flow.at, reverse=True)
    net = Money()
    for snapshot in snapshots:
        while waiting and waiting[-1].at <= snapshot.taken_at:
            net = net + waiting.pop().money
        rows.append(
            {
                "account_id": snapshot.account_id,
                "taken_at": snapshot.taken_at,
                "total_usd": snapshot.total.usd,
                "total_btc": snapshot.total.btc,
                "net_deposits_usd": net.usd,
                "net_deposits_btc": net.btc,
                "complete": snapshot.complete,
                "origin": snapshot.origin,
            }
        )
    return rows


def _sum(flows: Sequence[Flow]) -> Money:
    total = Money()
    for flow in flows:
        total = total + flow.money
    return total
