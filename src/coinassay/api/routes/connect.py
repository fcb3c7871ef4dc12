"""Connecting an account: what the key could be connected as, and the connection."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.options import ApiOptions
from coinassay.api.routes.entities import Entities, credential_fields
from coinassay.api.routing import Route
from coinassay.api.wire.connect import to_types
from coinassay.api.wire.numbers import encode
from coinassay.domain.account import PAPER
from coinassay.domain.api_key import Permission
from coinassay.services.bundle import Services


class ConnectRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._keys = services.keys
        self._markets = services.markets
        self._entities = Entities(services, options)

    def table(self) -> Sequence[Route]:
        return (
            Route("GET", "/ver1/accounts/types_to_connect", self.types_to_connect),
            Route("POST", "/ver1/accounts/new", self.connect, Permission.ACCOUNTS_WRITE),
        )

    async def connect(self, call: Call) -> bytes:
        """Examines the key and stores the account; its balances come with the first load. Until then all its amounts
        are 0.0.

        With `types_to_create` an account is stored for each of those types; the one of `type` is answered.
        """
        params = call.params
        market_code, name = params.text("type"), params.text("name")
        fields = credential_fields(params, self._markets, market_code)
        balances = params.amounts("balances") if market_code == PAPER else None
        types = params.texts("types_to_create") or ()
        params.check()
        account = await self._accounts.connect(call.user_id, market_code, name, fields, balances, types)
        call.account_id = account.id
        return encode(await self._entities.one(account))

    async def types_to_connect(self, call: Call) -> bytes:
        """Examines the key and tells what it could be connected as, the asked type first. Nothing is stored.

        The credentials stand in the query, as the interface has it. Without all of them nothing is asked of the
        exchange.
        """
        params = call.params
        market_code = params.text("type")
        params.text("name")
        fields = credential_fields(params, self._markets, market_code)
        params.check()
        return encode(to_types(await self._keys.types_to_connect(call.user_id, market_code, fields)))
