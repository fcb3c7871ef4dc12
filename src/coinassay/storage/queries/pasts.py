"""Whether accounts' pasts are still what they were."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal_column, select
from sqlalchemy.dialects.postgresql import Insert, insert

from coinassay.storage.queries.expressions import among, given
from coinassay.storage.schema import accounts, pasts, snapshots

_ONE: ColumnElement[int] = literal_column("1")


def _turned(added: Insert) -> Insert:
    return added.on_conflict_do_update(index_elements=[pasts.c.account_id], set_={"number": pasts.c.number + _ONE})


LIST_PASTS = select(pasts.c.account_id, pasts.c.number).where(among(pasts.c.account_id, "account_ids"))

TURN_PAST = _turned(insert(pasts).values(account_id=given(pasts.c.account_id), number=_ONE))

# Of a load that is recorded behind another one, as when the clock was set back.
TURN_PAST_IF_LATE = _turned(
    insert(pasts).from_select(
        ["account_id", "number"],
        select(accounts.c.id, _ONE).where(
            accounts.c.id == given(pasts.c.account_id),
            exists().where(
                snapshots.c.account_id == accounts.c.id, snapshots.c.taken_at >= given(snapshots.c.taken_at)
            ),
        ),
    )
)
