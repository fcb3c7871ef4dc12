"""Keys with which clients sign."""

from __future__ import annotations

from sqlalchemy import func, or_, select, update

from coinassay.storage.queries.expressions import add, given
from coinassay.storage.schema import api_keys, users

_KEY = select(
    api_keys.c.id,
    api_keys.c.user_id,
    api_keys.c.name,
    api_keys.c.api_key,
    api_keys.c.kind,
    api_keys.c.verifier,
    api_keys.c.permissions,
    api_keys.c.networks,
    api_keys.c.created_at,
    api_keys.c.last_used_at,
    api_keys.c.revoked_at,
    users.c.display_currency,
).select_from(api_keys.join(users, users.c.id == api_keys.c.user_id))

ADD_KEY = add(api_keys)
FIND_KEY = _KEY.where(api_keys.c.api_key == given(api_keys.c.api_key))
LIST_KEYS = _KEY.where(api_keys.c.user_id == given(api_keys.c.user_id)).order_by(api_keys.c.id)

# Once revoked it was revoked then, however often it is asked for.
REVOKE_KEY = (
    update(api_keys)
    .values(revoked_at=func.coalesce(api_keys.c.revoked_at, given(api_keys.c.revoked_at)))
    .where(api_keys.c.id == given(api_keys.c.id), api_keys.c.user_id == given(api_keys.c.user_id))
)
# Two servers write their notes in any order: the later time stays.
RECORD_USED = (
    update(api_keys)
    .values(last_used_at=given(api_keys.c.last_used_at))
    .where(
        api_keys.c.id == given(api_keys.c.id),
        or_(
            api_keys.c.last_used_at.is_(None),
            api_keys.c.last_used_at < given(api_keys.c.last_used_at, "before"),
        ),
    )
)
