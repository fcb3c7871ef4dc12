"""What users, and the owner for everybody, have set on the pages."""

from __future__ import annotations

from decimal import Decimal

from coinassay.domain.money import NotANumber, decimal_of, plain
from coinassay.domain.retention import DEFAULT, Retention, retention_of
from coinassay.errors import InvalidRequest, PermissionDenied
from coinassay.services.ports import UserStore
from coinassay.services.ports.preferences import PreferenceStore

DUST = Decimal(1)
"""US dollars below which a holding is dust, until a user says otherwise."""
LARGEST_DUST = Decimal(1_000_000)

_DUST, _RETENTION = "dust", "retention"


class PreferenceService:
    def __init__(self, store: PreferenceStore, users: UserStore, retention: Retention = DEFAULT) -> None:
        """`retention`: that of the settings, which the owner may replace."""
        self._store = store
        self._users = users
        self._retention = retention

    async def dust(self, user_id: int) -> Decimal:
        """US dollars: holdings worth less may be hidden. 0 hides nothing."""
        text = await self._store.find_user_setting(user_id, _DUST)
        return DUST if text is None else decimal_of(text)

    async def set_dust(self, user_id: int, text: str) -> None:
        """Empty: as it comes. Raises InvalidRequest({"dust": …})."""
        if not text.strip():
            await self._store.set_user_setting(user_id, _DUST, None)
            return
        try:
            limit = decimal_of(text.strip().replace(",", ""))
        except NotANumber as e:
            raise InvalidRequest({"dust": ["is not an amount"]}) from e
        if not 0 <= limit <= LARGEST_DUST:
            raise InvalidRequest({"dust": [f"must be from 0 to {LARGEST_DUST:,}"]})
        await self._store.set_user_setting(user_id, _DUST, plain(limit))

    async def retention(self) -> Retention:
        """For how long snapshots are kept."""
        text = await self._store.find_installation_setting(_RETENTION)
        return self._retention if text is None else retention_of(text)

    async def retention_text(self) -> str:
        """What the owner has set; empty for the setting of the environment."""
        return await self._store.find_installation_setting(_RETENTION) or ""

    async def set_retention(self, user_id: int, text: str) -> None:
        """For everybody; empty: the setting of the environment. Raises InvalidRequest({"retention": …}), and
        PermissionDenied for anybody but the owner."""
        if not await self.is_owner(user_id):
            raise PermissionDenied
        wanted = text.strip().lower()
        if not wanted:
            await self._store.set_installation_setting(_RETENTION, None)
            return
        try:
            retention_of(wanted)
        except ValueError as e:
            raise InvalidRequest({"retention": [str(e)]}) from e
        await self._store.set_installation_setting(_RETENTION, wanted)

    async def is_owner(self, user_id: int) -> bool:
        """The installation's first user."""
        users = await self._users.list_users()
        return bool(users) and users[0].id == user_id
