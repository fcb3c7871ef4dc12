"""Thinning out what was recorded."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, cast, delete, literal_column, or_, select

from coinassay.storage.columns import Moment, Moments, items
from coinassay.storage.queries.expressions import add, among, constant, given
from coinassay.storage.schema import accounts, loads, snapshots, thinned

# Written out, because SQLite's dialect would make parameters of them.
_NONE: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")

LIST_TO_THIN = (
    select(accounts.c.id, thinned.c.hourly_to, thinned.c.daily_to)
    .select_from(accounts.outerjoin(thinned, thinned.c.account_id == accounts.c.id))
    .where(
        accounts.c.id > bindparam("after"),
        or_(
            thinned.c.account_id.is_(None),
            thinned.c.hourly_to.is_(None),
            thinned.c.daily_to.is_(None),
            thinned.c.hourly_to < given(thinned.c.hourly_to, "hourly"),
            thinned.c.daily_to < given(thinned.c.daily_to, "daily"),
        ),
    )
    .order_by(accounts.c.id)
    .limit(bindparam("count"))
    .offset(_NONE)
)

_own = snapshots.alias("own")
_first_own = (
    select(_own.c.taken_at)
    .where(_own.c.account_id == given(snapshots.c.account_id), _own.c.origin == constant(""))
    .order_by(_own.c.taken_at)
    .limit(_ONE)
    .offset(_NONE)
    .scalar_subquery()
)
LIST_MEASURED = (
    select(snapshots.c.taken_at)
    .where(
        snapshots.c.account_id == given(snapshots.c.account_id),
        snapshots.c.taken_at >= given(snapshots.c.taken_at, "start"),
        snapshots.c.taken_at < given(snapshots.c.taken_at, "end"),
        snapshots.c.taken_at > _first_own,
        snapshots.c.origin == constant(""),
    )
    .order_by(snapshots.c.taken_at)
    .limit(bindparam("count"))
    .offset(_NONE)
)

_moment = items("moments", Moments(), "moment")
DROP_SNAPSHOTS = delete(snapshots).where(
    snapshots.c.account_id == given(snapshots.c.account_id),
    snapshots.c.taken_at.in_(select(cast(_moment.c.value, Moment()))),
)

_noted = add(thinned)
PUT_THINNED = _noted.on_conflict_do_update(
    index_elements=[thinned.c.account_id],
    set_={name: _noted.excluded[name] for name in ("hourly_to", "daily_to")},
)

_own_loads = loads.alias("own_loads")
_newest = (
    select(_own_loads.c.finished_at)
    .where(_own_loads.c.account_id == given(loads.c.account_id))
    .order_by(_own_loads.c.finished_at.desc())
    .limit(_ONE)
    .offset(bindparam("most"))
    .scalar_subquery()
)
LIST_OLD_LOADS = (
    select(loads.c.id)
    .where(
        loads.c.account_id == given(loads.c.account_id),
        or_(loads.c.finished_at < given(loads.c.finished_at, "before"), loads.c.finished_at <= _newest),
    )
    .order_by(loads.c.finished_at)
    .limit(bindparam("count"))
    .offset(_NONE)
)
DROP_LOADS = delete(loads).where(among(loads.c.id, "ids"))
