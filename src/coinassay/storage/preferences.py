"""What is set on the pages."""

from __future__ import annotations

from coinassay.storage import statements as sql
from coinassay.storage.database import change
from coinassay.storage.noun import Noun


class Preferences(Noun):
    """The port PreferenceStore."""

    async def find_user_setting(self, user_id: int, name: str) -> str | None:
        row = await self._db.fetch_one(sql.FIND_USER_SETTING, {"user_id": user_id, "name": name})
        return None if row is None else str(row[0])

    async def set_user_setting(self, user_id: int, name: str, value: str | None) -> None:
        where = {"user_id": user_id, "name": name}
        if value is None:
            await self._db.write([change(sql.DROP_USER_SETTING, **where)])
        else:
            await self._db.write([change(sql.PUT_USER_SETTING, value=value, **where)])

    async def find_installation_setting(self, name: str) -> str | None:
        row = await self._db.fetch_one(sql.FIND_INSTALLATION_SETTING, {"name": name})
        return None if row is None else str(row[0])

    async def set_installation_setting(self, name: str, value: str | None) -> None:
        if value is None:
            await self._db.write([change(sql.DROP_INSTALLATION_SETTING, name=name)])
        else:
            await self._db.write([change(sql.PUT_INSTALLATION_SETTING, name=name, value=value)])
