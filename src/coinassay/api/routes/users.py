"""What a user works with: paper or real accounts, in which language, and with which permissions."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import RequiredChoice
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.service import Done
from coinassay.api.wire.users import CurrentMode, PermissionsInfo, UserLocale, to_permissions
from coinassay.domain.account import LOCALES, Mode
from coinassay.domain.api_key import Permission
from coinassay.errors import NotAuthenticated
from coinassay.services.bundle import Services

MODE = RequiredChoice("mode", "Which accounts are worked with.", "paper", (Mode.PAPER, Mode.REAL))
LOCALE = RequiredChoice("locale", "The language.", "en", LOCALES)


class UserRoutes:
    def __init__(self, services: Services) -> None:
        self._users = services.users

    def table(self) -> Sequence[Route]:
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        users = "/ver1/users"
        return (
            Route("GET", f"{users}/current_mode", self.current_mode, read, summary="Paper or real", answer=CurrentMode),
            Route(
                "POST",
                f"{users}/change_mode",
                self.change_mode,
                write,
                summary="Choose paper or real",
                answer=Done,
                params=(MODE,),
            ),
            Route(
                "GET",
                f"{users}/permissions_info",
                self.permissions_info,
                summary="What this key may do",
                answer=PermissionsInfo,
            ),
            Route(
                "PUT", f"{users}/locale", self.locale, summary="Choose a language", answer=UserLocale, params=(LOCALE,)
            ),
        )

    async def current_mode(self, call: Call) -> bytes:
        """The mode that is stored, whatever Forced-Mode says of this request.

        A user who has not chosen sees all accounts here, but clients know two modes: "real" is what they start with.
        """
        mode = (await self._users.get_user(call.user_id)).mode
        return encode(CurrentMode("paper" if mode is Mode.PAPER else "real"))

    async def change_mode(self, call: Call) -> bytes:
        """From now on only paper accounts are listed, or only real ones. The bare value true."""
        mode = MODE.read(call.params)
        call.params.check()
        await self._users.set_mode(call.user_id, Mode(mode))
        return b"true"

    async def permissions_info(self, call: Call) -> bytes:
        """What the key of this request may do."""
        if call.key is None:
            raise NotAuthenticated
        return encode(to_permissions(call.key))

    async def locale(self, call: Call) -> bytes:
        """Stores the user's language. The API speaks English in all of them: clients match its texts."""
        locale = LOCALE.read(call.params)
        call.params.check()
        await self._users.set_locale(call.user_id, locale)
        return encode(UserLocale(locale))
