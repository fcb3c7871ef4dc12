"""When accounts are due, who loads one, and what is done from time to time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, literal_column, or_, select, update

from coinassay.domain.account import KeyState
from coinassay.storage.columns import Flag, Moment
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.schema import accounts, chores, leases, loads, refreshes

_ONE = literal_column("1", Integer())
_NONE = literal_column("0", Integer())

ADD_REFRESH = add(refreshes).on_conflict_do_nothing(index_elements=[refreshes.c.account_id])

# Rows that another process claims at this moment are passed over. A CTE, lest PostgreSQL ask for the batch once more
# for each row it compares; one with FOR UPDATE is never folded into the rest.
_due = (
    select(refreshes.c.account_id)
    .where(refreshes.c.next_at <= bindparam("now", type_=Moment()))
    .order_by(refreshes.c.next_at)
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(_NONE)
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM_DUE = (
    update(refreshes)
    .values(next_at=bindparam("until", type_=Moment()))
    .where(refreshes.c.account_id.in_(select(_due.c.account_id)))
    .returning(refreshes.c.account_id)
)
FIND_NEXT_DUE = (
    select(refreshes.c.next_at)
    .where(refreshes.c.next_at.is_not(None))
    .order_by(refreshes.c.next_at)
    .limit(_ONE)
    .offset(_NONE)
)

_REFRESH = select(
    accounts.c.id,
    accounts.c.user_id,
    accounts.c.created_at,
    accounts.c.key_state,
    *refreshes.columns,
).select_from(accounts.outerjoin(refreshes, refreshes.c.account_id == accounts.c.id))
FIND_REFRESH = _REFRESH.where(accounts.c.id == given(accounts.c.id))
LIST_REFRESHES = _REFRESH.where(accounts.c.user_id == given(accounts.c.user_id)).order_by(accounts.c.id)
# Astray: nothing is stored; a clock that has gone back since wrote it; it never comes, or comes far too late, without a
# reason.
_default = refreshes.c.every_seconds.is_(None)
LIST_ASTRAY = (
    _REFRESH.where(
        or_(
            refreshes.c.account_id.is_(None),
            refreshes.c.refreshed_at > bindparam("now", type_=Moment()),
            and_(
                refreshes.c.next_at.is_(None),
                accounts.c.key_state != constant(KeyState.INVALID.value),
                or_(refreshes.c.every_seconds > _NONE, and_(bindparam("on", type_=Flag()), _default)),
            ),
            and_(
                _default,
                refreshes.c.failure == constant(""),
                refreshes.c.next_at > bindparam("horizon", type_=Moment()),
            ),
        )
    )
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(_NONE)
)

_settled = add(refreshes)
SETTLE_REFRESH = _settled.on_conflict_do_update(
    index_elements=[refreshes.c.account_id],
    set_={name: _settled.excluded[name] for name in ("next_at", "failures", "failure", "reason", "refreshed_at")},
)
SET_INTERVAL = _settled.on_conflict_do_update(
    index_elements=[refreshes.c.account_id],
    set_={name: _settled.excluded[name] for name in ("next_at", "every_seconds")},
)
# New keys: whatever was wrong with the former ones is no longer known to be.
RESUME_REFRESH = (
    update(refreshes)
    .values({name: given(refreshes.c[name]) for name in ("next_at", "failures", "failure", "reason")})
    .where(refreshes.c.account_id == given(refreshes.c.account_id))
)

_taken = add(leases)
TAKE_LEASE = _taken.on_conflict_do_update(
    index_elements=[leases.c.account_id],
    set_={name: _taken.excluded[name] for name in ("holder", "taken_at", "expires_at")},
    where=(leases.c.expires_at <= bindparam("expired", type_=Moment()))
    | (leases.c.expires_at == bindparam("abandoned", type_=Moment())),
).returning(leases.c.account_id)
_HELD = (leases.c.account_id == given(leases.c.account_id), leases.c.holder == given(leases.c.holder))
RENEW_LEASE = update(leases).values(expires_at=given(leases.c.expires_at)).where(*_HELD).returning(leases.c.account_id)
DROP_LEASE = delete(leases).where(*_HELD)
FIND_LEASE = select(leases.c.holder, leases.c.taken_at, leases.c.expires_at).where(
    leases.c.account_id == given(leases.c.account_id)
)

FIND_OUTCOME = (
    select(loads.c.started_at, loads.c.finished_at, loads.c.failure, loads.c.reason)
    .where(loads.c.account_id == given(loads.c.account_id))
    .order_by(loads.c.finished_at.desc())
    .limit(_ONE)
    .offset(_NONE)
)

_chore = add(chores)
CLAIM_CHORE = _chore.on_conflict_do_update(
    index_elements=[chores.c.name],
    set_={"next_at": _chore.excluded.next_at},
    where=(chores.c.next_at <= bindparam("now", type_=Moment()))
    | (chores.c.next_at > bindparam("horizon", type_=Moment())),
).returning(chores.c.name)
SETTLE_CHORE = update(chores).values(next_at=given(chores.c.next_at)).where(chores.c.name == given(chores.c.name))
