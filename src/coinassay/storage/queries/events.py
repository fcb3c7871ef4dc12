"""What happened to users' accounts."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from coinassay.storage.columns import SerialNumber
from coinassay.storage.queries.expressions import given
from coinassay.storage.schema import accounts, event_counters, events, users

_NOWHERE: ColumnElement[int] = literal_column("0")
"""Left out, SQLAlchemy makes a parameter of it for SQLite."""

# The row stays locked until the transaction ends: another one that adds events of this user waits, and its numbers are
# greater than those that can be seen by then.
_counted = insert(event_counters).from_select(
    ["user_id", "last_id", "dropped_id"],
    select(users.c.id, bindparam("count", type_=SerialNumber), literal_column("0")).where(
        users.c.id == given(event_counters.c.user_id)
    ),
)
COUNT_EVENTS = _counted.on_conflict_do_update(
    index_elements=[event_counters.c.user_id],
    set_={"last_id": event_counters.c.last_id + _counted.excluded.last_id},
)
ADD_EVENT = insert(events).from_select(
    ["user_id", "id", "account_id", "at", "kind", "body"],
    select(
        event_counters.c.user_id,
        event_counters.c.last_id - bindparam("back", type_=SerialNumber),
        given(events.c.account_id),
        given(events.c.at),
        cast(given(events.c.kind), Text()),
        cast(given(events.c.body), Text()),
    ).where(
        event_counters.c.user_id == given(events.c.user_id),
        or_(
            given(events.c.account_id).is_(None),
            exists().where(accounts.c.id == given(events.c.account_id), accounts.c.user_id == given(events.c.user_id)),
        ),
    ),
)
FIND_EVENT_NUMBERS = select(event_counters.c.last_id, event_counters.c.dropped_id).where(
    event_counters.c.user_id == given(event_counters.c.user_id)
)
LIST_EVENTS = (
    select(events.c.id, events.c.account_id, events.c.kind, events.c.at, events.c.body)
    .where(events.c.user_id == given(events.c.user_id), events.c.id > given(events.c.id, "after"))
    .order_by(events.c.id)
    .limit(bindparam("limit", type_=SerialNumber))
    .offset(_NOWHERE)
)
_oldest = (
    select(events.c.id, events.c.at)
    .where(events.c.user_id == given(events.c.user_id))
    .order_by(events.c.id)
    .limit(bindparam("limit", type_=SerialNumber))
    .offset(_NOWHERE)
    .subquery("oldest")
)
FIND_DROPPABLE_EVENTS = select(func.max(_oldest.c.id).label("last"), func.count().label("number")).where(
    or_(_oldest.c.at < given(events.c.at, "before"), _oldest.c.id <= given(events.c.id, "up_to"))
)
SET_DROPPED_EVENTS = (
    update(event_counters)
    .values(dropped_id=given(event_counters.c.dropped_id))
    .where(
        event_counters.c.user_id == given(event_counters.c.user_id),
        event_counters.c.dropped_id < given(event_counters.c.dropped_id),
    )
)
DROP_EVENTS = delete(events).where(and_(events.c.user_id == given(events.c.user_id), events.c.id <= given(events.c.id)))
