"""What this server keeps of the user whose key asks."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import Text
from coinassay.api.params import MISSING
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.user import UserSettings, to_settings
from coinassay.domain.api_key import Permission
from coinassay.errors import InvalidRequest
from coinassay.services.bundle import Services

DISPLAY_CURRENCY = Text(
    "display_currency",
    "What amounts are shown in: the code of any national currency or coin that is known. Empty: the installation's.",
    "EUR",
)


class UserSettingsRoutes:
    def __init__(self, services: Services) -> None:
        self._users = services.users
        self._currencies = services.currencies

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
            Route(
                "PATCH",
                "/v1/user",
                self.change_user,
                Permission.ACCOUNTS_WRITE,
                summary="Change the user",
                answer=UserSettings,
                params=(DISPLAY_CURRENCY,),
                prefix=OWN,
            ),
        )

    async def user_settings(self, call: Call) -> bytes:
        """The user whose key this is, and what was chosen for them."""
        return await self._told(call.user_id)

    async def change_user(self, call: Call) -> bytes:
        """Sets what is given.

        A currency whose price nobody knows yet may be chosen: until there is one, amounts are shown in US dollars.
        Exchanges the user has accounts at are asked at once."""
        currency = DISPLAY_CURRENCY.read(call.params)
        if currency is None and not call.params.problems:
            call.params.complain(DISPLAY_CURRENCY.name, MISSING)
        call.params.check()
        assert currency is not None
        try:
            await self._currencies.choose(call.user_id, currency)
        except InvalidRequest as e:
            raise InvalidRequest({DISPLAY_CURRENCY.name: e.fields["currency"]}) from e
        return await self._told(call.user_id)

    async def _told(self, user_id: int) -> bytes:
        user = await self._users.get_user(user_id)
        currency = self._currencies.currency_of(user)
        rate = await self._currencies.now(currency)
        return encode(to_settings(user, await self._users.get_locale(user.id), currency, rate))
