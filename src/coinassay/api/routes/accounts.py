"""Listing, loading, changing and removing accounts."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import FORCED_MODE, AccountId, Flag, Integer, Text
from coinassay.api.errors import EXCHANGE_ERRORS
from coinassay.api.options import ApiOptions
from coinassay.api.routes.entities import CREDENTIALS, NAME, Entities, credential_fields
from coinassay.api.routes.mode import mode_of
from coinassay.api.routing import Route
from coinassay.api.wire.account import AccountEntity
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.service import Done
from coinassay.domain.api_key import Permission
from coinassay.errors import Conflict, NotFound
from coinassay.services.bundle import Services

PAGE = Integer("page", "Which page.", 1, default=1, lowest=1)
PER_PAGE = Integer(
    "per_page", "Accounts on a page; one with fewer is the last.", 100, default=100, lowest=1, highest=100
)
API_KEY = Text("api_key", "Only the accounts connected with this key of an exchange.")
ACCOUNT_ID = AccountId("account_id", "The account's `id`.", 1)
CHANGEABLE = tuple(field for field in CREDENTIALS if field.name != ACCOUNT_ID.name)
"""Three exchanges call something of theirs `account_id`, too. In a change the name is taken."""
INCLUDED = Flag("include_in_summary", "Whether the account counts in the summary.", True)


class AccountRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._sync = services.sync
        self._users = services.users
        self._markets = services.markets
        self._entities = Entities(services, options)

    def table(self) -> Sequence[Route]:
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        one = "/ver1/accounts/{account_id}"
        return (
            Route(
                "GET",
                "/ver1/accounts",
                self.list_accounts,
                read,
                summary="List accounts",
                answer=list[AccountEntity],
                params=(PAGE, PER_PAGE, API_KEY, FORCED_MODE),
            ),
            Route(
                "POST",
                "/ver1/accounts/update",
                self.update,
                write,
                summary="Change an account",
                answer=AccountEntity,
                params=(ACCOUNT_ID, NAME, INCLUDED, *CHANGEABLE),
                errors=(NotFound, Conflict),
            ),
            Route("GET", one, self.get_account, read, summary="Show an account", answer=AccountEntity),
            Route(
                "POST",
                f"{one}/load_balances",
                self.load_balances,
                write,
                summary="Load balances",
                answer=AccountEntity,
                errors=(Conflict, *EXCHANGE_ERRORS),
            ),
            Route(
                "POST",
                f"{one}/rename",
                self.rename,
                write,
                summary="Rename an account",
                answer=AccountEntity,
                params=(NAME,),
                errors=(Conflict,),
            ),
            Route("POST", f"{one}/remove", self.remove, write, summary="Remove an account", answer=Done),
        )

    async def list_accounts(self, call: Call) -> bytes:
        """One page, oldest first; a page that is not full is the last. An array of entities."""
        page, per_page, api_key = (PAGE.read(call.params), PER_PAGE.read(call.params), API_KEY.read(call.params))
        call.params.check()
        mode = await mode_of(call, self._users)
        accounts = await self._accounts.list_accounts(
            call.user_id, mode=mode, api_key=api_key, page=page, per_page=per_page
        )
        return encode(await self._entities.encoded(accounts, call.admitted))

    async def get_account(self, call: Call) -> bytes:
        """The entity as the last load left it. Only here, and in the summary, it has `auto_balance_portfolio`."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account, call.admitted, detailed=True))

    async def load_balances(self, call: Call) -> bytes:
        """Reads the account from its exchange, values and stores it. The updated entity."""
        account = await self._sync.sync_account(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account, call.admitted))

    async def update(self, call: Call) -> bytes:
        """Changes what is given of the account in `account_id`; a new key is examined before. The updated entity."""
        params = call.params
        account_id = ACCOUNT_ID.read(params)
        name, included = NAME.read(params), INCLUDED.read(params)
        account = None if not account_id else await self._accounts.get_account(call.user_id, account_id)
        fields = {} if account is None else dict(credential_fields(params, self._markets, account.market_code))
        fields.pop(ACCOUNT_ID.name, None)
        params.check()
        assert account is not None
        call.account_id = account.id
        account = await self._accounts.update_account(
            call.user_id, account.id, name=name, fields=fields, include_in_summary=included
        )
        return encode(await self._entities.one(account, call.admitted))

    async def rename(self, call: Call) -> bytes:
        """Changes the name. The updated entity."""
        account_id = call.take_account_id()
        name = NAME.read(call.params)
        call.params.check()
        account = await self._accounts.rename_account(call.user_id, account_id, name)
        return encode(await self._entities.one(account, call.admitted))

    async def remove(self, call: Call) -> bytes:
        """Forgets the account with everything that belongs to it. The bare value true."""
        await self._accounts.remove_account(call.user_id, call.take_account_id())
        return b"true"
