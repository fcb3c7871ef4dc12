"""When accounts load themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from coinassay.api.call import Call
from coinassay.api.declared import RequiredText
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.refresh import Refreshing, to_refreshing
from coinassay.domain.api_key import Permission
from coinassay.domain.refresh import read_interval
from coinassay.services.bundle import Services

DEFAULT = "default"

EVERY = RequiredText(
    "every",
    'An interval from "30s" to "7d", such as "30m" or "2h"; "off", or "default" for the installation\'s.',
    "30m",
)


class RefreshRoutes:
    def __init__(self, services: Services) -> None:
        self._refresh = services.refresh

    def table(self) -> Sequence[Route]:
        path = "/v1/accounts/{account_id}/refresh"
        return (
            Route(
                "GET",
                path,
                self.refresh,
                Permission.ACCOUNTS_READ,
                summary="When it loads itself",
                answer=Refreshing,
                prefix=OWN,
            ),
            Route(
                "PATCH",
                path,
                self.change_refresh,
                Permission.ACCOUNTS_WRITE,
                summary="How often it loads itself",
                answer=Refreshing,
                params=(EVERY,),
                prefix=OWN,
            ),
        )

    async def refresh(self, call: Call) -> bytes:
        """When the account is loaded next without being asked to, what came of the last time, and why it is paused."""
        return encode(to_refreshing(await self._refresh.get_state(call.user_id, call.take_account_id())))

    async def change_refresh(self, call: Call) -> bytes:
        """The account keeps its place among the others: the next load is within the interval from now."""
        account_id = call.take_account_id()
        text = EVERY.read(call.params)
        interval: timedelta | None = None
        if text.strip().lower() not in ("", DEFAULT):
            try:
                interval = read_interval(text)
            except ValueError as e:
                call.params.complain("every", str(e))
        call.params.check()
        return encode(to_refreshing(await self._refresh.set_interval(call.user_id, account_id, interval)))
