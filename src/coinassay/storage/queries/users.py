"""Users, and the numbers that become ids."""

from __future__ import annotations

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from coinassay.storage.queries.expressions import add, given
from coinassay.storage.schema import counters, preferences, users

TAKE_ID = (
    insert(counters)
    .values(name=given(counters.c.name), value=literal_column("1"))
    .on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + literal_column("1")})
    .returning(counters.c.value)
)

_USER = select(users.c.id, users.c.name, users.c.display_currency, users.c.mode, users.c.created_at)

ADD_USER = add(users)
GET_USER = _USER.where(users.c.id == given(users.c.id))
FIND_USER = _USER.where(users.c.name == given(users.c.name))
LIST_USERS = _USER.order_by(users.c.id)
SET_MODE = update(users).values(mode=given(users.c.mode)).where(users.c.id == given(users.c.id))

_LOCALE = add(preferences)
SET_LOCALE = _LOCALE.on_conflict_do_update(
    index_elements=[preferences.c.user_id], set_={"locale": _LOCALE.excluded.locale}
)
FIND_LOCALE = select(preferences.c.locale).where(preferences.c.user_id == given(preferences.c.user_id))
