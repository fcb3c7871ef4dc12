"""What was imported from other programs."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, literal_column, select, update

from coinassay.domain.snapshot import FlowSource
from coinassay.storage.columns import Exact, exact_sum
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.queries.history import snapshot_columns
from coinassay.storage.schema import accounts, flows, snapshots

_of_account = snapshots.c.account_id == given(snapshots.c.account_id)

FIND_FIRST_MEASURED = (
    select(*snapshot_columns)
    .where(_of_account, snapshots.c.origin == constant(""))
    .order_by(snapshots.c.taken_at)
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)
LIST_IMPORTED = (
    select(*snapshot_columns).where(_of_account, snapshots.c.origin != constant("")).order_by(snapshots.c.taken_at)
)

DROP_IMPORTED = delete(snapshots).where(_of_account, snapshots.c.origin != constant(""))
ADD_IMPORTED = add(snapshots)
DROP_IMPORTED_FLOWS = delete(flows).where(
    flows.c.account_id == given(flows.c.account_id), flows.c.source == constant(FlowSource.IMPORT.value)
)
ADD_IMPORTED_FLOW = add(flows)
MOVE_NET_DEPOSITS = (
    update(accounts)
    .values(
        net_deposits_usd=exact_sum(accounts.c.net_deposits_usd, bindparam("usd", type_=Exact())),
        net_deposits_btc=exact_sum(accounts.c.net_deposits_btc, bindparam("btc", type_=Exact())),
        updated_at=given(accounts.c.updated_at),
        version=accounts.c.version + literal_column("1"),
    )
    .where(accounts.c.id == given(accounts.c.id))
)
