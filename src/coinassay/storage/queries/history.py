"""Snapshots and flows over time."""

from __future__ import annotations

from sqlalchemy import BigInteger, cast, func, select

from coinassay.storage.columns import Ids, Moment, Moments, items
from coinassay.storage.queries.expressions import among, constant, given
from coinassay.storage.schema import compositions, flows, snapshots

snapshot_columns = (
    snapshots.c.account_id,
    snapshots.c.taken_at,
    snapshots.c.total_usd,
    snapshots.c.total_btc,
    snapshots.c.complete,
    snapshots.c.origin,
)
"""Of a snapshot, as the domain has it."""

# One look into the primary key for each account and moment, whatever the length of the history. An outer join, because
# SQLite may turn an inner one round: it then reads all of an account's snapshots and asks of each whether it is meant.
_account = items("account_ids", Ids(), "account")
_moment = items("moments", Moments(), "moment")
_account_id = cast(_account.c.value, BigInteger)
_at = cast(_moment.c.value, Moment())
_before = (
    select(func.max(snapshots.c.taken_at))
    .where(snapshots.c.account_id == _account_id, snapshots.c.taken_at <= _at)
    .correlate(_account, _moment)
    .scalar_subquery()
)
_first = (
    select(func.min(snapshots.c.taken_at))
    .where(snapshots.c.account_id == _account_id)
    .correlate(_account, _moment)
    .scalar_subquery()
)
FIND_STARTS = (
    select(*snapshot_columns)
    .select_from(_account)
    .join(_moment, _moment.c.value.is_not(None))
    .join(
        snapshots,
        (snapshots.c.account_id == _account_id) & (snapshots.c.taken_at == func.coalesce(_before, _first)),
        isouter=True,
    )
    .order_by(_account_id, _at)
)

FLOW_COLUMNS = (
    flows.c.account_id,
    flows.c.at,
    flows.c.kind,
    flows.c.usd,
    flows.c.btc,
    flows.c.asset,
    flows.c.amount,
    flows.c.reference,
    flows.c.id,
    flows.c.source,
    flows.c.link,
    flows.c.counterpart,
    flows.c.note,
    flows.c.moved_at,
    flows.c.txid,
    flows.c.fee,
    flows.c.priced,
    flows.c.price,
)
LIST_FLOWS = (
    select(*FLOW_COLUMNS)
    .where(among(flows.c.account_id, "account_ids"), flows.c.at > given(flows.c.at, "after"))
    .order_by(flows.c.account_id, flows.c.at, flows.c.id)
)

LIST_LEGS = (
    select(flows.c.account_id, flows.c.at, flows.c.usd, flows.c.btc, flows.c.link)
    .where(among(flows.c.account_id, "account_ids"), flows.c.link != constant(""))
    .order_by(flows.c.at, flows.c.id)
)

_latest = (
    select(func.max(snapshots.c.taken_at))
    .where(snapshots.c.account_id == _account_id, snapshots.c.taken_at <= given(snapshots.c.taken_at, "moment"))
    .correlate(_account)
    .scalar_subquery()
)
FIND_PAST = (
    select(
        *snapshot_columns,
        compositions.c.body,
    )
    .select_from(_account)
    .join(snapshots, (snapshots.c.account_id == _account_id) & (snapshots.c.taken_at == _latest))
    .join(
        compositions,
        (compositions.c.account_id == snapshots.c.account_id) & (compositions.c.taken_at == snapshots.c.taken_at),
        isouter=True,
    )
    .order_by(snapshots.c.account_id)
)
