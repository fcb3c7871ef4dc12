"""By which networks coins reach an account, and where: read from the exchange, never acted upon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.money import add_up
from coinassay.domain.network import CoinNetworks, DepositAddress
from coinassay.errors import UnavailableForAccount
from coinassay.services.ports import AccountStore, Connection, LoadStore, Markets, WalletSource
from coinassay.services.sync import DEFAULT_TIMEOUT

OFFERED = frozenset(("binance", "binance_us", "okex"))
"""Market codes for which 3Commas documents networks and deposit addresses."""


class Accounts(AccountStore, LoadStore, Protocol):
    """The stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """Where an account may be sent a currency, and what it holds of it."""

    address: DepositAddress
    free: Decimal
    locked: Decimal
    total: Decimal


class WalletService:
    def __init__(
        self, accounts: Accounts, markets: Markets, source: WalletSource, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        self._accounts = accounts
        self._markets = markets
        self._source = source
        self._timeout = timeout

    async def get_account(self, user_id: int, account_id: int) -> Account:
        """Raises NotFound."""
        return await self._accounts.get_account(user_id, account_id)

    async def networks(self, user_id: int, account_id: int, *, deposits: bool) -> Sequence[CoinNetworks]:
        """The currencies that can be deposited, or else withdrawn, with all their networks.

        Raises NotFound, UnavailableForAccount where the exchange is none of those that are read, ExchangeError.
        """
        connection = await self._connection(await self.get_account(user_id, account_id))
        found = await self._source.fetch_networks(connection, self._timeout)
        return [each for each in found if (each.deposits if deposits else each.withdrawals)]

    async def deposit(self, user_id: int, account_id: int, currency: str, network: str) -> Deposit:
        """The address, with what the account held at its last load in all its wallets. Raises as `networks` does."""
        account = await self.get_account(user_id, account_id)
        connection = await self._connection(account)
        address = await self._source.fetch_deposit_address(connection, currency, network, self._timeout)
        balances = [each.balance for each in await self._accounts.list_holdings(account.id)]
        held = [balance for balance in balances if balance.asset == currency]
        return Deposit(
            address,
            free=add_up(balance.free for balance in held),
            locked=add_up(balance.locked for balance in held),
            total=add_up(balance.total for balance in held),
        )

    async def _connection(self, account: Account) -> Connection:
        market = self._markets.find(account.market_code)
        if market is None or market.code not in OFFERED:
            raise UnavailableForAccount
        credentials = await self._accounts.get_credentials(account.id)
        return Connection(account_id=account.id, market=market, credentials=credentials)
