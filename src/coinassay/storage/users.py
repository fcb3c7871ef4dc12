"""Users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coinassay.domain.account import LOCALES, Mode, User
from coinassay.errors import Conflict, InvalidRequest, NotFound
from coinassay.storage import statements as sql
from coinassay.storage.database import Row, change
from coinassay.storage.noun import Noun


class Users(Noun):
    """The port UserStore."""

    async def add_user(self, name: str, created_at: datetime) -> User:
        user = User(await self._take_id("users"), name, "", Mode.ALL, created_at)
        try:
            await self._db.write(
                [
                    change(
                        sql.ADD_USER,
                        id=user.id,
                        name=user.name,
                        display_currency=user.display_currency,
                        mode=user.mode.value,
                        created_at=user.created_at,
                    )
                ]
            )
        except Conflict as e:
            raise InvalidRequest({"name": ["has already been taken"]}) from e
        return user

    async def get_user(self, user_id: int) -> User:
        row = await self._db.fetch_one(sql.GET_USER, {"id": user_id})
        if row is None:
            raise NotFound
        return _user(row)

    async def find_user(self, name: str) -> User | None:
        row = await self._db.fetch_one(sql.FIND_USER, {"name": name})
        return None if row is None else _user(row)

    async def list_users(self) -> Sequence[User]:
        return [_user(row) for row in await self._db.fetch_all(sql.LIST_USERS, {})]

    async def set_mode(self, user_id: int, mode: Mode) -> None:
        """Raises NotFound."""
        await self._db.write([change(sql.SET_MODE, NotFound(), id=user_id, mode=mode.value)])

    async def set_locale(self, user_id: int, locale: str) -> None:
        """Raises NotFound."""
        await self.get_user(user_id)
        await self._db.write([change(sql.SET_LOCALE, user_id=user_id, locale=locale)])

    async def get_locale(self, user_id: int) -> str:
        row = await self._db.fetch_one(sql.FIND_LOCALE, {"user_id": user_id})
        return LOCALES[0] if row is None else str(row[0])


def _user(row: Row) -> User:
    user_id, name, display_currency, mode, created_at = row
    return User(user_id, name, display_currency, Mode(mode), created_at)
