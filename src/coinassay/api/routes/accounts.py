"""Listing, loading, changing and removing accounts."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import LARGEST_ID, Call
from coinassay.api.options import ApiOptions
from coinassay.api.params import INVALID, MISSING, Params
from coinassay.api.routes.entities import Entities, credential_fields
from coinassay.api.routes.mode import mode_of
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.domain.api_key import Permission
from coinassay.errors import NotFound
from coinassay.services.bundle import Services

MOST_PER_PAGE = 100
LAST_PAGE = 2**31 - 1


class AccountRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._sync = services.sync
        self._users = services.users
        self._markets = services.markets
        self._entities = Entities(services, options)

    def table(self) -> Sequence[Route]:
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            Route("GET", "/ver1/accounts", self.list_accounts, read),
            Route("POST", "/ver1/accounts/update", self.update, write),
            Route("GET", "/ver1/accounts/{account_id}", self.get_account, read),
            Route("POST", "/ver1/accounts/{account_id}/load_balances", self.load_balances, write),
            Route("POST", "/ver1/accounts/{account_id}/rename", self.rename, write),
            Route("POST", "/ver1/accounts/{account_id}/remove", self.remove, write),
        )

    async def list_accounts(self, call: Call) -> bytes:
        """One page, oldest first; a page that is not full is the last. An array of entities."""
        page = call.params.integer("page", 1, 1, LAST_PAGE)
        per_page = call.params.integer("per_page", MOST_PER_PAGE, 1, MOST_PER_PAGE)
        api_key = call.params.text("api_key")
        call.params.check()
        mode = await mode_of(call, self._users)
        accounts = await self._accounts.list_accounts(
            call.user_id, mode=mode, api_key=api_key, page=page, per_page=per_page
        )
        return encode(await self._entities.of(accounts))

    async def get_account(self, call: Call) -> bytes:
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account, detailed=True))

    async def load_balances(self, call: Call) -> bytes:
        """Reads the account from its exchange, values and stores it. The updated entity."""
        account = await self._sync.sync_account(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account))

    async def update(self, call: Call) -> bytes:
        """Changes what is given of the account in `account_id`; a new key is examined before. The updated entity."""
        params = call.params
        account_id = _account_id(params)
        name, included = params.text("name"), params.boolean("include_in_summary")
        account = None if account_id is None else await self._accounts.get_account(call.user_id, account_id)
        fields = {} if account is None else credential_fields(params, self._markets, account.market_code)
        params.check()
        assert account is not None
        call.account_id = account.id
        account = await self._accounts.update_account(
            call.user_id, account.id, name=name, fields=fields, include_in_summary=included
        )
        return encode(await self._entities.one(account))

    async def rename(self, call: Call) -> bytes:
        """The updated entity."""
        account_id = call.take_account_id()
        name = call.params.text("name")
        call.params.check()
        account = await self._accounts.rename_account(call.user_id, account_id, name)
        return encode(await self._entities.one(account))

    async def remove(self, call: Call) -> bytes:
        """Forgets the account with everything that belongs to it. The bare value true."""
        await self._accounts.remove_account(call.user_id, call.take_account_id())
        return b"true"


def _account_id(params: Params) -> int | None:
    """The parameter `account_id`; None, with a complaint, where it cannot be one. Raises NotFound for more than 32
    bits and for 0."""
    text = params.text("account_id")
    if text is None:
        if "account_id" not in params.problems:
            params.complain("account_id", MISSING)
        return None
    if not (text.isascii() and text.isdigit()):
        params.complain("account_id", INVALID)
        return None
    if len(text) > 10 or not 0 < int(text) <= LARGEST_ID:
        raise NotFound
    return int(text)
