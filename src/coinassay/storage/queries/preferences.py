"""What is set on the pages."""

from __future__ import annotations

from sqlalchemy import delete, select

from coinassay.storage.queries.expressions import add, given
from coinassay.storage.schema import installation_settings, user_settings

_of_user = user_settings.c.user_id == given(user_settings.c.user_id)
_own = _of_user & (user_settings.c.name == given(user_settings.c.name))
_user_setting = add(user_settings)
PUT_USER_SETTING = _user_setting.on_conflict_do_update(
    index_elements=[user_settings.c.user_id, user_settings.c.name], set_={"value": _user_setting.excluded.value}
)
FIND_USER_SETTING = select(user_settings.c.value).where(_own)
DROP_USER_SETTING = delete(user_settings).where(_own)

_this = installation_settings.c.name == given(installation_settings.c.name)
_installation_setting = add(installation_settings)
PUT_INSTALLATION_SETTING = _installation_setting.on_conflict_do_update(
    index_elements=[installation_settings.c.name], set_={"value": _installation_setting.excluded.value}
)
FIND_INSTALLATION_SETTING = select(installation_settings.c.value).where(_this)
DROP_INSTALLATION_SETTING = delete(installation_settings).where(_this)
