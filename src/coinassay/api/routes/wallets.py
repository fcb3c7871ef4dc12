"""By which networks coins reach an account, where to, and what trades in it by itself."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import RequiredChoice, RequiredText
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.wallets import (
    ActiveTradingEntities,
    DepositEntity,
    NetworksEntity,
    to_deposit,
    to_networks,
)
from coinassay.domain.api_key import Permission
from coinassay.errors import ExchangeError, UnavailableForAccount
from coinassay.services.bundle import Services

DEPOSIT, WITHDRAW = "deposit", "withdraw"
PURPOSE = RequiredChoice("purpose", "For which the networks are wanted.", DEPOSIT, (DEPOSIT, WITHDRAW))
CURRENCY = RequiredText("currency", "A currency's code.", "USDT")
NETWORK = RequiredText("network", "A network's `network`, as networks_info says it.", "TRX")


class WalletRoutes:
    def __init__(self, services: Services) -> None:
        self._wallets = services.wallets

    def table(self) -> Sequence[Route]:
        read = Permission.ACCOUNTS_READ
        one = "/ver1/accounts/{account_id}"
        errors = (UnavailableForAccount, ExchangeError)
        return (
            Route(
                "GET",
                f"{one}/active_trading_entities",
                self.active_trading_entities,
                read,
                summary="What trades in the account by itself: nothing",
                answer=ActiveTradingEntities,
            ),
            Route(
                "GET",
                f"{one}/networks_info",
                self.networks_info,
                read,
                summary="By which networks coins come and go",
                answer=list[NetworksEntity],
                params=(PURPOSE,),
                errors=errors,
            ),
            Route(
                "GET",
                f"{one}/deposit_data",
                self.deposit_data,
                read,
                summary="Where a coin may be sent",
                answer=DepositEntity,
                params=(CURRENCY, NETWORK),
                errors=errors,
            ),
        )

    async def active_trading_entities(self, call: Call) -> bytes:
        """This server runs no bots and places no orders, so there is nothing to count."""
        await self._wallets.get_account(call.user_id, call.take_account_id())
        return encode(ActiveTradingEntities())

    async def networks_info(self, call: Call) -> bytes:
        """The currencies that can be deposited or withdrawn, each with all its networks. An array."""
        account_id = call.take_account_id()
        purpose = PURPOSE.read(call.params)
        call.params.check()
        found = await self._wallets.networks(call.user_id, account_id, deposits=purpose == DEPOSIT)
        return encode(to_networks(found))

    async def deposit_data(self, call: Call) -> bytes:
        """The address the exchange has for that network, and what the account held at its last load."""
        account_id = call.take_account_id()
        currency, network = CURRENCY.read(call.params), NETWORK.read(call.params)
        call.params.check()
        return encode(to_deposit(await self._wallets.deposit(call.user_id, account_id, currency.upper(), network)))
