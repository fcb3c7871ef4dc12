"""Connecting an account: what the key could be connected as, and the connection."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import Amounts, Text, Texts
from coinassay.api.options import ApiOptions
from coinassay.api.routes.entities import CREDENTIALS, NAME, Entities, credential_fields
from coinassay.api.routing import Route
from coinassay.api.wire.account import AccountEntity
from coinassay.api.wire.connect import TypeToConnect, to_types
from coinassay.api.wire.numbers import encode
from coinassay.domain.account import PAPER
from coinassay.domain.api_key import Permission
from coinassay.errors import CredentialsRejected
from coinassay.services.bundle import Services

TYPE = Text("type", "One of market_list, or `paper_trading`. Required.", "binance")
TYPES = Texts(
    "types_to_create",
    "Which accounts to make with this key: of the types that types_to_connect names. Without it the one of `type`.",
    ["binance"],
)
BALANCES = Amounts(
    "balances",
    "What an account of `paper_trading` starts with, by currency code. Without it 10,000 USDT and 0.1 BTC.",
    {"USDT": "2500", "ETH": "1.5"},
)


class ConnectRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._keys = services.keys
        self._markets = services.markets
        self._entities = Entities(services, options)

    def table(self) -> Sequence[Route]:
        return (
            Route(
                "GET",
                "/ver1/accounts/types_to_connect",
                self.types_to_connect,
                summary="What a key could be connected as",
                answer=list[TypeToConnect],
                params=(TYPE, NAME, *CREDENTIALS),
                errors=(CredentialsRejected,),
            ),
            Route(
                "POST",
                "/ver1/accounts/new",
                self.connect,
                Permission.ACCOUNTS_WRITE,
                summary="Connect an account",
                answer=AccountEntity,
                params=(TYPE, NAME, TYPES, BALANCES, *CREDENTIALS),
            ),
        )

    async def connect(self, call: Call) -> bytes:
        """Examines the key and stores the account; its balances come with the first load. Until then all its amounts
        are 0.0.

        With `types_to_create` an account is stored for each of those types; the one of `type` is answered.
        """
        params = call.params
        market_code, name = TYPE.read(params), NAME.read(params)
        fields = credential_fields(params, self._markets, market_code)
        balances = BALANCES.read(params) if market_code == PAPER else None
        types = TYPES.read(params) or ()
        params.check()
        account = await self._accounts.connect(call.user_id, market_code, name, fields, balances, types)
        call.account_id = account.id
        return encode(await self._entities.one(account, call.admitted))

    async def types_to_connect(self, call: Call) -> bytes:
        """Examines the key and tells what it could be connected as, the asked type first. Nothing is stored.

        The credentials stand in the query, as the interface has it. Without all of them nothing is asked of the
        exchange.
        """
        params = call.params
        market_code = TYPE.read(params)
        NAME.read(params)
        fields = credential_fields(params, self._markets, market_code)
        params.check()
        return encode(to_types(await self._keys.types_to_connect(call.user_id, market_code, fields)))
