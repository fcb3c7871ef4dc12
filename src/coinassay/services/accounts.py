"""Connecting, listing and removing accounts."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from coinassay.domain.account import PAPER, Account, Credentials, Mode, NewAccount
from coinassay.domain.market import Market
from coinassay.domain.money import ZERO
from coinassay.domain.names import is_plain
from coinassay.errors import Conflict, InvalidRequest
from coinassay.services.doctor import Examined, KeyService
from coinassay.services.ports import AccountStore, Changes, Clock, Connector, Markets

DEFAULT_PAPER_BALANCES: Mapping[str, Decimal] = {"USDT": Decimal(10000), "BTC": Decimal("0.1")}

SHORTEST_NAME = 2
LONGEST_NAME = 200
ATTEMPTS = 5
"""How often a change is made to an account that changes meanwhile."""


class AccountService:
    def __init__(
        self,
        store: AccountStore,
        markets: Markets,
        connector: Connector,
        clock: Clock,
        keys: KeyService | None = None,
    ) -> None:
        """`keys` examines each key before it is stored; without it they are stored unseen."""
        self._store = store
        self._markets = markets
        self._connector = connector
        self._clock = clock
        self._keys = keys

    async def connect(
        self,
        user_id: int,
        market_code: str | None,
        name: str | None,
        fields: Mapping[str, str],
        paper_balances: Mapping[str, Decimal] | None = None,
        types: Sequence[str] = (),
    ) -> Account:
        """Stores a new account. `fields` may hold more than the credentials.

        `types` names what the key is to be connected as in the place of `market_code` alone: market codes it shares its
        keys with, all of them or none. The account of `market_code` is returned, else the first.

        Raises InvalidRequest naming every bad field at once, and for a key that may withdraw.
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
        wanted: Sequence[Market] = ()
        if market is not None:
            wanted = self._wanted(market, types)
            if not wanted:
                problems["types_to_create"] = ["does not have a valid value"]
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
            new = [NewAccount(PAPER, name.strip(), credentials, paper_balances)]
        else:
            await self._check_new(user_id, wanted, credentials)
            new = [
                NewAccount(
                    each.code,
                    _name_of(name.strip(), each, market),
                    credentials,
                    key_state=examined.key_state,
                    key_report=examined.report,
                )
                for each, examined in zip(wanted, await self._examine(wanted, credentials), strict=True)
            ]
        accounts = await self._store.add_accounts(user_id, new, self._clock())
        if self._keys is not None:
            for account, each in zip(accounts, new, strict=True):
                self._keys.tell(account, each.key_report)
        return next((account for account in accounts if account.market_code == market.code), accounts[0])

    def _wanted(self, market: Market, types: Sequence[str]) -> Sequence[Market]:
        """The markets that `types` names, each once; nothing where one of them is none of this key's. Some clients name
        the kind of the market itself ("spot")."""
        family = {each.code: each for each in self._markets.sharing_keys(market)}
        codes = dict.fromkeys(market.code if code in market.kinds else code for code in types or (market.code,))
        return [family[code] for code in codes] if codes.keys() <= family.keys() else ()

    async def _check_new(self, user_id: int, wanted: Sequence[Market], credentials: Credentials) -> None:
        """Raises InvalidRequest for what is connected already, before the exchange is asked anything."""
        if not credentials.identity:
            return
        known = {
            account.market_code for account in await self._store.list_accounts(user_id, api_key=credentials.identity)
        }
        if any(each.code in known for each in wanted):
            raise InvalidRequest({"api_key": ["This account is already connected!"]})

    async def _examine(self, wanted: Sequence[Market], credentials: Credentials) -> Sequence[Examined]:
        """The first one before the others: a key that is refused is asked about once."""
        if self._keys is None:
            return [Examined()] * len(wanted)
        first, *others = wanted
        examined = await self._keys.check(first, credentials)
        return [examined, *await asyncio.gather(*(self._keys.check(each, credentials) for each in others))]

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

        All credentials together are checked and examined as for a new account. Raises NotFound, and InvalidRequest
        naming every bad field at once, and for a key that may withdraw.
        """
        examined: tuple[Credentials, Examined] | None = None
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
            if credentials is not None:
                if examined is None or examined[0] != credentials:
                    examined = credentials, await self._examine_change(account, credentials)
                changes = replace(changes, key_state=examined[1].key_state, key_report=examined[1].report)
            try:
                account = await self._store.change_account(user_id, account_id, changes, self._clock(), account.version)
            except Conflict:
                continue  # a load ended meanwhile, or somebody else changes the account
            if credentials is not None:
                await self._connector.forget(account_id)
                if self._keys is not None:
                    self._keys.tell(account, changes.key_report)
            return account
        raise Conflict

    async def _examine_change(self, account: Account, credentials: Credentials) -> Examined:
        market = self._markets.find(account.market_code)
        return Examined() if market is None else (await self._examine([market], credentials))[0]

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


def _name_of(name: str, market: Market, main: Market) -> str:
    """Accounts that are connected together are told apart by their markets."""
    if market.code == main.code:
        return name
    end = f" ({market.name})"
    return name[: LONGEST_NAME - len(end)] + end


def _problem_with(name: str) -> str:
    """Empty for a name that can be used."""
    if len(name.strip()) < SHORTEST_NAME:
        return f"is too short (minimum is {SHORTEST_NAME} characters)"
    if len(name) > LONGEST_NAME:
        return f"is too long (maximum is {LONGEST_NAME} characters)"
    if not is_plain(name):
        return "is invalid"
    return ""
