"""The wrapped data key."""

from __future__ import annotations

from sqlalchemy import delete, exists, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from coinassay.storage.queries.expressions import given
from coinassay.storage.schema import vault_keys

LIST_WRAPPED = select(vault_keys.c.master_id, vault_keys.c.wrapped).order_by(vault_keys.c.master_id)
FIND_WRAPPED = select(vault_keys.c.wrapped).where(vault_keys.c.master_id == given(vault_keys.c.master_id))
LOCK_WRAPPED = FIND_WRAPPED.with_for_update()

# Of two processes that start on an empty database at the same moment only the first makes the data key.
ADD_FIRST_WRAPPED = insert(vault_keys).from_select(
    ["master_id", "wrapped"],
    select(given(vault_keys.c.master_id), given(vault_keys.c.wrapped)).where(
        ~exists(select(literal_column("1")).select_from(vault_keys))
    ),
)
_add = insert(vault_keys).values(master_id=given(vault_keys.c.master_id), wrapped=given(vault_keys.c.wrapped))
PUT_WRAPPED = _add.on_conflict_do_update(
    index_elements=[vault_keys.c.master_id], set_={"wrapped": _add.excluded.wrapped}
)
DROP_OTHER_WRAPPED = delete(vault_keys).where(vault_keys.c.master_id != given(vault_keys.c.master_id))
