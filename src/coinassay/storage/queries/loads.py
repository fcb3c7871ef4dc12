"""What a load writes, and what the last one found."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from coinassay.storage.columns import Exact, exact_sum
from coinassay.storage.queries.expressions import add, among, constant, given
from coinassay.storage.schema import (
    accounts,
    allocations,
    compositions,
    flows,
    holdings,
    loads,
    positions,
    snapshots,
    wallets,
)

_NEXT_VERSION = accounts.c.version + literal_column("1")

SET_TOTALS = (
    update(accounts)
    .values(
        key_state=given(accounts.c.key_state),
        updated_at=given(accounts.c.updated_at),
        loaded_at=given(accounts.c.loaded_at),
        complete=given(accounts.c.complete),
        total_usd=given(accounts.c.total_usd),
        total_btc=given(accounts.c.total_btc),
        btc_rate=given(accounts.c.btc_rate),
        version=_NEXT_VERSION,
    )
    .where(accounts.c.id == given(accounts.c.id))
)
LOCK_ACCOUNT = select(accounts.c.id).where(accounts.c.id == given(accounts.c.id)).with_for_update()
LOCK_VERSION = LOCK_ACCOUNT.where(accounts.c.version == given(accounts.c.version))
SET_KEY_STATE = (
    update(accounts)
    .values(
        key_state=given(accounts.c.key_state),
        updated_at=given(accounts.c.updated_at),
        version=_NEXT_VERSION,
    )
    .where(accounts.c.id == given(accounts.c.id))
)
SET_KEY_STATE_OF = SET_KEY_STATE.where(accounts.c.version == given(accounts.c.version))

# Adding inside the statement, not reading first and writing the sum: no flow is lost between two processes. A movement
# that is known by its reference is counted once.
COUNT_FLOW = (
    update(accounts)
    .values(
        net_deposits_usd=exact_sum(accounts.c.net_deposits_usd, bindparam("usd", type_=Exact())),
        net_deposits_btc=exact_sum(accounts.c.net_deposits_btc, bindparam("btc", type_=Exact())),
    )
    .where(
        accounts.c.id == given(flows.c.account_id),
        ~exists().where(
            flows.c.account_id == accounts.c.id,
            flows.c.reference == given(flows.c.reference),
            flows.c.reference != constant(""),
        ),
    )
)
ADD_FLOW = add(flows).on_conflict_do_nothing(
    index_elements=[flows.c.account_id, flows.c.reference], index_where=flows.c.reference != constant("")
)

DROP_HOLDINGS = delete(holdings).where(holdings.c.account_id == given(holdings.c.account_id))
ADD_HOLDING = add(holdings)
LIST_HOLDINGS = (
    select(*(column for column in holdings.columns if column.name not in {"account_id", "position", "day_ago"}))
    .where(holdings.c.account_id == given(holdings.c.account_id))
    .order_by(holdings.c.position)
)

_added = add(allocations)
PUT_ALLOCATION = _added.on_conflict_do_update(
    index_elements=[allocations.c.account_id],
    set_={name: _added.excluded[name] for name in ("loaded_at", "btc_day_ago", "body")},
)
# What belongs to the load that the account's row is about.
_with_allocation = accounts.outerjoin(
    allocations,
    (allocations.c.account_id == accounts.c.id) & (allocations.c.loaded_at == accounts.c.loaded_at),
)
GET_ALLOCATION = (
    select(
        accounts.c.version,
        accounts.c.loaded_at.is_not(None).label("loaded"),
        accounts.c.btc_rate,
        allocations.c.body,
    )
    .select_from(_with_allocation)
    .where(accounts.c.id == given(allocations.c.account_id))
)
LIST_ALLOCATIONS = (
    select(
        accounts.c.id,
        accounts.c.version,
        accounts.c.loaded_at.is_not(None).label("loaded"),
        accounts.c.btc_rate,
        allocations.c.body,
    )
    .select_from(_with_allocation)
    .where(among(accounts.c.id, "account_ids"))
    .order_by(accounts.c.id)
)
LIST_CONTENTS = (
    select(
        accounts.c.id,
        accounts.c.version,
        accounts.c.btc_rate,
        allocations.c.btc_day_ago,
        holdings.c.asset,
        holdings.c.wallet,
        holdings.c.total,
        holdings.c.free,
        holdings.c.locked,
        holdings.c.borrowed,
        holdings.c.unrealised,
        holdings.c.price,
        holdings.c.day_ago,
        holdings.c.usd,
    )
    .select_from(_with_allocation.outerjoin(holdings, holdings.c.account_id == accounts.c.id))
    .where(among(accounts.c.id, "account_ids"))
    .order_by(accounts.c.id, holdings.c.position)
)

DROP_POSITIONS = delete(positions).where(positions.c.account_id == given(positions.c.account_id))
ADD_POSITION = add(positions)
LIST_POSITIONS = (
    select(
        accounts.c.id,
        accounts.c.version,
        *(column for column in positions.columns if column.name not in {"account_id", "position"}),
    )
    .select_from(accounts.outerjoin(positions, positions.c.account_id == accounts.c.id))
    .where(among(accounts.c.id, "account_ids"))
    .order_by(accounts.c.id, positions.c.position)
)

DROP_WALLETS = delete(wallets).where(wallets.c.account_id == given(wallets.c.account_id))
ADD_WALLET = add(wallets)
LIST_WALLETS = (
    select(wallets.c.wallet, wallets.c.state, wallets.c.read_at, wallets.c.failure, wallets.c.reason)
    .where(wallets.c.account_id == given(wallets.c.account_id))
    .order_by(wallets.c.position)
)

# Taken from the account's row, after the flows were counted. Two loads may end in the same microsecond: the second one
# stands, as it does in the account's row.
_TOTALS = ("total_usd", "total_btc", "net_deposits_usd", "net_deposits_btc", "complete")
_snapshot = insert(snapshots).from_select(
    ["account_id", "taken_at", *_TOTALS],
    select(accounts.c.id, given(snapshots.c.taken_at), *(accounts.c[name] for name in _TOTALS)).where(
        accounts.c.id == given(snapshots.c.account_id)
    ),
)
ADD_SNAPSHOT = _snapshot.on_conflict_do_update(
    index_elements=[snapshots.c.account_id, snapshots.c.taken_at],
    set_={name: _snapshot.excluded[name] for name in _TOTALS},
)
_composition = add(compositions)
ADD_COMPOSITION = _composition.on_conflict_do_update(
    index_elements=[compositions.c.account_id, compositions.c.taken_at], set_={"body": _composition.excluded.body}
)

ADD_LOAD = add(loads)
