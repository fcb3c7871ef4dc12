"""Connecting, listing and removing accounts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal

from coinassay.domain.account import PAPER, Account, Credentials, Mode, NewAccount
from coinassay.domain.money import ZERO
from coinassay.errors import InvalidRequest
from coinassay.services.ports import AccountStore, Clock, Connector, Markets

DEFAULT_PAPER_BALANCES: Mapping[str, Decimal] = {"USDT": Decimal(10000), "BTC": Decimal("0.1")}

SHORTEST_NAME = 2
LONGEST_NAME = 200


class AccountService:
    def __init__(self, store: AccountStore, markets: Markets, connector: Connector, clock: Clock) -> None:
        self._store = store
        self._markets = markets
        self._connector = connector
        self._clock = clock

    async def connect(
        self,
        user_id: int,
        market_code: str | None,
        name: str | None,
        fields: Mapping[str, str],
        paper_balances: Mapping[str, Decimal] | None = None,
    ) -> Account:
        """Stores a new account; nothing is sent to its exchange. `fields` may hold more than the credentials.

        Raises InvalidRequest naming every bad field at once.
        """
        problems: dict[str, Sequence[str]] = {}
        market = None if market_code is None else self._markets.find(market_code)
        if market_code is None:
            problems["type"] = ["is missing"]
        elif market is None:
            problems["type"] = ["does not have a valid value"]
        if name is None:
            problems["name"] = ["is missing"]
        elif len(name.strip()) < SHORTEST_NAME:
            problems["name"] = [f"is too short (minimum is {SHORTEST_NAME} characters)"]
        elif len(name) > LONGEST_NAME:
            problems["name"] = [f"is too long (maximum is {LONGEST_NAME} characters)"]
        elif any(ord(character) < 32 for character in name):
            problems["name"] = ["is invalid"]
        credentials = Credentials({})
        if market is not None:
            try:
                credentials = self._markets.check_credentials(market, fields)
            except InvalidRequest as e:
                problems.update(e.fields)
        if paper_balances is not None and any(amount < ZERO for amount in paper_balances.values()):
            problems["balances"] = ["is invalid"]
        if problems or market is None or name is None:
            raise InvalidRequest(problems)
        if market.code == PAPER:
            credentials = Credentials({"api_key": secrets.token_hex(16)})
            paper_balances = DEFAULT_PAPER_BALANCES if paper_balances is None else paper_balances
        new = NewAccount(market.code, name.strip(), credentials, paper_balances or {})
        return await self._store.add_account(user_id, new, self._clock())

    async def list_accounts(
        self,
        user_id: int,
        *,
        mode: Mode = Mode.ALL,
        api_key: str | None = None,
        page: int = 1,
        per_page: int = 100,
    ) -> Sequence[Account]:
        """One page, oldest first."""
        return await self._store.list_accounts(
            user_id, mode=mode, api_key=api_key, limit=per_page, offset=(page - 1) * per_page
        )

    async def get_account(self, user_id: int, account_id: int) -> Account:
        """Raises NotFound, also for another user's account."""
        return await self._store.get_account(user_id, account_id)

    async def remove_account(self, user_id: int, account_id: int) -> None:
        """Raises NotFound."""
        await self._store.remove_account(user_id, account_id)
        await self._connector.forget(account_id)
