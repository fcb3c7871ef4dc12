"""Accounts, the credentials their exchanges want, and what paper accounts start with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from coinassay.domain.account import Account, Credentials, KeyState, Mode, NewAccount
from coinassay.domain.snapshot import Money
from coinassay.errors import Conflict, InvalidRequest, NotFound
from coinassay.services.ports import Changes
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Row, change
from coinassay.storage.key_reports import set_report
from coinassay.storage.noun import Noun
from coinassay.storage.refresh import due_at, resume

CREDENTIALS = ("credentials", "exchange")
"""Table and purpose their seal is bound to."""


class Accounts(Noun):
    """The port AccountStore."""

    async def add_account(self, user_id: int, new: NewAccount, created_at: datetime) -> Account:
        return (await self.add_accounts(user_id, [new], created_at))[0]

    async def add_accounts(self, user_id: int, new: Sequence[NewAccount], created_at: datetime) -> Sequence[Account]:
        """Raises NotFound when there is no such user."""
        accounts: list[Account] = []
        changes: list[Change] = []
        for each in new:
            account = Account(
                id=await self._take_id("accounts"),
                user_id=user_id,
                market_code=each.market_code,
                name=each.name,
                **_public(each.credentials),
                include_in_summary=True,
                key_state=each.key_state,
                created_at=created_at,
                updated_at=created_at,
            )
            accounts.append(account)
            changes += self._additions(account, each)
        try:
            await self._db.write(changes)
        except Conflict as e:
            raise InvalidRequest({"api_key": ["This account is already connected!"]}) from e
        return accounts

    def _additions(self, account: Account, new: NewAccount) -> list[Change]:
        balances = [
            {"account_id": account.id, "position": n, "asset": asset, "amount": amount}
            for n, (asset, amount) in enumerate(new.paper_balances.items())
        ]
        return [
            Change(sql.ADD_ACCOUNT, [_columns(account)]),
            change(sql.ADD_CREDENTIALS, account_id=account.id, sealed=self._seal(account.id, new.credentials)),
            Change(sql.ADD_PAPER_BALANCE, balances),
            *([] if new.key_report is None else [set_report(account.id, new.key_report)]),
            due_at(account.id, account.created_at),
        ]

    async def get_account(self, user_id: int, account_id: int) -> Account:
        account = await self._db.fetch_kept(sql.GET_ACCOUNT, {"id": account_id, "user_id": user_id}, account_of)
        if account is None:
            raise NotFound
        return account

    async def list_accounts(
        self,
        user_id: int,
        *,
        mode: Mode = Mode.ALL,
        api_key: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Account]:
        params = of_mode(user_id, mode) | {"limit": limit, "offset": offset}
        if api_key is None:
            return await self._db.fetch_all_kept(sql.LIST_ACCOUNTS, params, account_of)
        return await self._db.fetch_all_kept(sql.LIST_ACCOUNTS_BY_KEY, params | {"api_key": api_key}, account_of)

    async def remove_account(self, user_id: int, account_id: int) -> None:
        await self._db.write(
            [
                change(sql.REMOVE_ACCOUNT, NotFound(), id=account_id, user_id=user_id),
                change(sql.UNLINK_COUNTERPART, counterpart=account_id),  # what came from it came from outside now
            ]
        )

    async def change_account(
        self, user_id: int, account_id: int, changes: Changes, changed_at: datetime, base_version: int
    ) -> Account:
        account = await self.get_account(user_id, account_id)
        if account.version != base_version:
            raise Conflict
        changed = replace(
            account,
            name=account.name if changes.name is None else changes.name,
            include_in_summary=(
                account.include_in_summary if changes.include_in_summary is None else changes.include_in_summary
            ),
            updated_at=changed_at,
        )
        stale = Conflict()  # in distinction from a key that is taken
        rows: list[Change] = []
        if changes.credentials is not None:
            changed = replace(changed, **_public(changes.credentials), key_state=changes.key_state)
            sealed = self._seal(account_id, changes.credentials)
            rows.append(change(sql.SET_CREDENTIALS, stale, account_id=account_id, sealed=sealed))
            rows.append(resume(account_id, changed_at))
            if changes.key_report is None:
                rows.append(change(sql.DROP_KEY_REPORT, account_id=account_id))  # it was about the old key
            else:
                rows.append(set_report(account_id, changes.key_report))
        written = Change(sql.CHANGE_ACCOUNT, [_columns(changed) | {"base_version": base_version}], stale)
        try:
            rows_given = await self._db.write([written, *rows])
        except Conflict as e:
            if e is stale:
                raise
            raise InvalidRequest({"api_key": ["This account is already connected!"]}) from e
        return account_of(rows_given[0][0])

    async def get_credentials(self, account_id: int) -> Credentials:
        """Raises NotFound."""
        row = await self._db.fetch_one(sql.GET_CREDENTIALS, {"account_id": account_id})
        if row is None:
            raise NotFound
        table, purpose = CREDENTIALS
        return Credentials(json.loads(self._vault.open(row[0], table, account_id, purpose)))

    def _seal(self, account_id: int, credentials: Credentials) -> bytes:
        table, purpose = CREDENTIALS
        return self._vault.seal(json.dumps(dict(credentials)).encode(), table, account_id, purpose)

    async def get_paper_balances(self, account_id: int) -> Mapping[str, Decimal]:
        """Empty for an account that is not a paper account, and for one that has gone."""
        rows = await self._db.fetch_all(sql.LIST_PAPER_BALANCES, {"account_id": account_id})
        return {asset: amount for asset, amount in rows}  # noqa: C416  (rows are sequences, not always tuples)


class _Public(TypedDict):
    api_key: str
    customer_id: str | None
    subaccount_name: str | None


def _public(credentials: Credentials) -> _Public:
    """What of the credentials is shown."""
    return {
        "api_key": credentials.identity,
        "customer_id": credentials.get("customer_id"),
        "subaccount_name": credentials.get("subaccount_name"),
    }


def of_mode(user_id: int, mode: Mode) -> dict[str, object]:
    return {"user_id": user_id, "paper": mode is not Mode.REAL, "real": mode is not Mode.PAPER}


def account_of(row: Row) -> Account:
    """From a row of the table, in the order of its columns."""
    (
        account_id,
        user_id,
        market_code,
        name,
        api_key,
        customer_id,
        subaccount_name,
        include_in_summary,
        key_state,
        created_at,
        updated_at,
        loaded_at,
        complete,
        total_usd,
        total_btc,
        net_deposits_usd,
        net_deposits_btc,
        btc_rate,
        version,
    ) = row
    return Account(
        account_id,
        user_id,
        market_code,
        name,
        api_key,
        customer_id,
        subaccount_name,
        include_in_summary,
        _KEY_STATES[key_state],
        created_at,
        updated_at,
        loaded_at,
        complete,
        Money(total_usd, total_btc),
        Money(net_deposits_usd, net_deposits_btc),
        btc_rate,
        version,
    )


_KEY_STATES = {state.value: state for state in KeyState}


def _columns(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "user_id": account.user_id,
        "market_code": account.market_code,
        "name": account.name,
        "api_key": account.api_key,
        "customer_id": account.customer_id,
        "subaccount_name": account.subaccount_name,
        "include_in_summary": account.include_in_summary,
        "key_state": account.key_state.value,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
        "loaded_at": account.loaded_at,
        "complete": account.complete,
        "total_usd": account.total.usd,
        "total_btc": account.total.btc,
        "net_deposits_usd": account.net_deposits.usd,
        "net_deposits_btc": account.net_deposits.btc,
        "btc_rate": account.btc_rate,
        "version": account.version,
    }
