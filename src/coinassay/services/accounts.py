"""Connecting, listing and removing accounts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal

from coinassay.domain.account import PAPER, Account, Credentials, Mode, NewAccount
from coinassay.domain.money import ZERO
from coinassay.errors import Conflict, InvalidRequest
from coinassay.services.ports import AccountStore, Changes, Clock, Connector, Markets

DEFAULT_PAPER_BALANCES: Mapping[str, Decimal] = {"USDT": Decimal(10000), "BTC": Decimal("0.1")}

SHORTEST_NAME = 2
LONGEST_NAME = 200
ATTEMPTS = 5
"""How often a change is made to an account that changes meanwhile."""


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
        problem = "is missing" if name is None else _problem_with(name)
        if problem:
            problems["name"] = [problem]
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

    async def rename_account(self, user_id: int, account_id: int, name: str | None) -> Account:
        """Raises NotFound, InvalidRequest."""
        if name is None:
            await self._store.get_account(user_id, account_id)
            raise InvalidRequest({"name": ["is missing"]})
        return await self.update_account(user_id, account_id, name=name)

    async def update_account(
        self,
        user_id: int,
        account_id: int,
        *,
        name: str | None = None,
        fields: Mapping[str, str] | None = None,
        include_in_summary: bool | None = None,
    ) -> Account:
        """Sets what is given; None, and a credential field that is not among `fields`, stays as it is.

        All credentials together are examined as for a new account; nothing is sent to the exchange. Raises NotFound,
        and InvalidRequest naming every bad field at once.
        """
        for _ in range(ATTEMPTS):
            account = await self._store.get_account(user_id, account_id)
            problems: dict[str, Sequence[str]] = {}
            problem = "" if name is None else _problem_with(name)
            if problem:
                problems["name"] = [problem]
            credentials: Credentials | None = None
            try:
                credentials = await self._changed_credentials(account, fields or {})
            except InvalidRequest as e:
                problems.update(e.fields)
            if problems:
                raise InvalidRequest(problems)
            changes = Changes(None if name is None else name.strip(), credentials, include_in_summary)
            try:
                account = await self._store.change_account(user_id, account_id, changes, self._clock(), account.version)
            except Conflict:
                continue  # a load ended meanwhile, or somebody else changes the account
            if credentials is not None:
                await self._connector.forget(account_id)
            return account
        raise Conflict

    async def _changed_credentials(self, account: Account, fields: Mapping[str, str]) -> Credentials | None:
        """All credentials with `fields` in the place of the former; None where they stay what they are."""
        market = self._markets.find(account.market_code)
        if account.is_paper or not fields:
            return None
        if market is None:
            raise InvalidRequest({"account_id": ["is of a market that is no longer offered"]})
        before = await self._store.get_credentials(account.id)
        after = self._markets.check_credentials(market, {**before, **fields})
        return None if dict(after) == dict(before) else after

    async def remove_account(self, user_id: int, account_id: int) -> None:
        """Raises NotFound."""
        await self._store.remove_account(user_id, account_id)
        await self._connector.forget(account_id)


def _problem_with(name: str) -> str:
    """Empty for a name that can be used."""
    if len(name.strip()) < SHORTEST_NAME:
        return f"is too short (minimum is {SHORTEST_NAME} characters)"
    if len(name) > LONGEST_NAME:
        return f"is too long (maximum is {LONGEST_NAME} characters)"
    if any(ord(character) < 32 for character in name):
        return "is invalid"
    return ""
