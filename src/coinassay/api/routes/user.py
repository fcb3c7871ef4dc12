"""What this server keeps of the user whose key asks."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.user import UserSettings, to_settings
from coinassay.domain.api_key import Permission
from coinassay.services.bundle import Services


class UserSettingsRoutes:
    def __init__(self, services: Services) -> None:
        self._users = services.users

    def table(self) -> Sequence[Route]:
        return (
            Route(
                "GET",
                "/v1/user",
                self.user_settings,
                Permission.ACCOUNTS_READ,
                summary="The user",
                answer=UserSettings,
                prefix=OWN,
            ),
        )

    async def user_settings(self, call: Call) -> bytes:
        """The user whose key this is, and what was chosen for them."""
        user = await self._users.get_user(call.user_id)
        return encode(to_settings(user, await self._users.get_locale(user.id)))
