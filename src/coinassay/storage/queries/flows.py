"""Deposits and withdrawals."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    delete,
    exists,
    literal_column,
    null,
    select,
    true,
    update,
)

from coinassay.storage.columns import Exact, exact_sum
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.queries.history import FLOW_COLUMNS
from coinassay.storage.schema import accounts, compositions, flow_readings, flows, snapshots

_usd = bindparam("usd", type_=Exact())
_btc = bindparam("btc", type_=Exact())
_FALSE = ~true()

# A flow that was not known before belongs in the net deposits of every snapshot that contains what it moved.
CORRECT_SNAPSHOTS = (
    update(snapshots)
    .values(
        net_deposits_usd=exact_sum(snapshots.c.net_deposits_usd, _usd),
        net_deposits_btc=exact_sum(snapshots.c.net_deposits_btc, _btc),
    )
    .where(
        snapshots.c.account_id == given(flows.c.account_id),
        snapshots.c.taken_at >= given(flows.c.at),
        ~exists().where(
            flows.c.account_id == given(flows.c.account_id),
            flows.c.reference == given(flows.c.reference),
            flows.c.reference != constant(""),
        ),
    )
)

_own = (flows.c.account_id == given(flows.c.account_id), flows.c.id == given(flows.c.id))
_not_priced = (*_own, flows.c.priced == _FALSE)
COUNT_PRICED = (
    update(accounts)
    .values(
        net_deposits_usd=exact_sum(accounts.c.net_deposits_usd, _usd),
        net_deposits_btc=exact_sum(accounts.c.net_deposits_btc, _btc),
    )
    .where(accounts.c.id == given(flows.c.account_id), exists().where(*_not_priced))
)
PRICE_FLOW = (
    update(flows)
    .values(
        at=given(flows.c.at),
        usd=given(flows.c.usd),
        btc=given(flows.c.btc),
        moved_at=given(flows.c.moved_at),
        priced=true(),
        price=given(flows.c.price),
    )
    .where(*_not_priced)
)
LIST_UNPRICED_FLOWS = (
    select(*FLOW_COLUMNS)
    .where(flows.c.account_id == given(flows.c.account_id), flows.c.priced == _FALSE)
    .order_by(flows.c.at, flows.c.id)
)
LIST_ACCOUNT_FLOWS = (
    select(*FLOW_COLUMNS)
    .where(flows.c.account_id == given(flows.c.account_id))
    .order_by(flows.c.at.desc(), flows.c.id.desc())
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(bindparam("offset", type_=BigInteger()))
)
GET_FLOW_BY_REFERENCE = select(*FLOW_COLUMNS).where(
    flows.c.account_id == given(flows.c.account_id), flows.c.reference == given(flows.c.reference)
)
GET_MANUAL_FLOW = select(*FLOW_COLUMNS).where(*_own, flows.c.source == constant("manual"))
LIST_UNLINKED_FLOWS = (
    select(*FLOW_COLUMNS)
    .select_from(flows.join(accounts, accounts.c.id == flows.c.account_id))
    .where(
        accounts.c.user_id == given(accounts.c.user_id),
        flows.c.at > given(flows.c.at, "after"),
        flows.c.at <= given(flows.c.at, "until"),
        flows.c.link == constant(""),
        flows.c.asset != constant(""),
        flows.c.source.in_([constant("exchange"), constant("manual")]),
    )
    .order_by(flows.c.at, flows.c.id)
)

CHANGE_VERSION = (
    update(accounts)
    .values(updated_at=given(accounts.c.updated_at), version=accounts.c.version + literal_column("1"))
    .where(accounts.c.id == given(accounts.c.id))
)
REMOVE_MANUAL_FLOW = delete(flows).where(*_own, flows.c.source == constant("manual"))

LINK_FLOW = (
    update(flows)
    .values(link=given(flows.c.link), counterpart=bindparam("counterpart", type_=Integer()))
    .where(*_own, flows.c.link == constant(""))
)
UNLINK_COUNTERPART = (
    update(flows).values(link=constant(""), counterpart=null()).where(flows.c.counterpart == given(flows.c.counterpart))
)
UNLINK_TRANSFER = (
    update(flows)
    .values(link=constant(""), counterpart=null())
    .where(flows.c.link == bindparam("link", type_=Text()), flows.c.link != constant(""))
)

FIND_FLOW_READING = select(
    flow_readings.c.since,
    flow_readings.c.asked_at,
    flow_readings.c.read_at,
    flow_readings.c.state,
    flow_readings.c.failure,
    flow_readings.c.reason,
    flow_readings.c.waiting,
).where(flow_readings.c.account_id == given(flow_readings.c.account_id))
_reading = add(flow_readings)
PUT_FLOW_READING = _reading.on_conflict_do_update(
    index_elements=[flow_readings.c.account_id],
    set_={
        column.name: _reading.excluded[column.name] for column in flow_readings.columns if column.name != "account_id"
    },
)

_sights = (
    select(compositions.c.taken_at, compositions.c.body, snapshots.c.total_usd, snapshots.c.total_btc)
    .select_from(
        compositions.join(
            snapshots,
            (snapshots.c.account_id == compositions.c.account_id) & (snapshots.c.taken_at == compositions.c.taken_at),
        )
    )
    .where(
        compositions.c.account_id == given(compositions.c.account_id),
        compositions.c.taken_at > given(compositions.c.taken_at, "after"),
        compositions.c.taken_at <= given(compositions.c.taken_at, "until"),
    )
)
_most = bindparam("limit", type_=BigInteger())
_from_the_first: ColumnElement[int] = literal_column("0")  # without an offset SQLite would be given one as a parameter
LIST_SIGHTS = _sights.order_by(compositions.c.taken_at).limit(_most).offset(_from_the_first)
LIST_LAST_SIGHTS = _sights.order_by(compositions.c.taken_at.desc()).limit(_most).offset(_from_the_first)
