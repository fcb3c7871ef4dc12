"""Connecting, listing, loading and removing accounts, and how their value divides up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from coinassay.api.cache import BodyCache
from coinassay.api.call import Call
from coinassay.api.options import ApiOptions
from coinassay.api.params import NO_SUCH_VALUE, Params
from coinassay.api.routing import Route
from coinassay.api.wire.account import AccountEntity, market_of, to_entity
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.pie import to_slices
from coinassay.domain.account import PAPER, Account, Mode
from coinassay.domain.allocation import Share
from coinassay.domain.api_key import Permission
from coinassay.errors import InvalidRequest
from coinassay.services.bundle import Services

MOST_PER_PAGE = 100
LAST_PAGE = 2**31 - 1


class AccountRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._portfolio = services.portfolio
        self._sync = services.sync
        self._users = services.users
        self._markets = services.markets
        self._catalogue = services.catalogue
        self._public_url = options.public_url.rstrip("/")
        self._pies = BodyCache(options.cache_bytes)

    def table(self) -> Sequence[Route]:
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            Route("GET", "/ver1/accounts", self.list_accounts, read),
            Route("POST", "/ver1/accounts/new", self.connect, write),
            Route("GET", "/ver1/accounts/{account_id}", self.get_account, read),
            Route("POST", "/ver1/accounts/{account_id}/load_balances", self.load_balances, write),
            Route("POST", "/ver1/accounts/{account_id}/pie_chart_data", self.pie_chart_data, read),
            Route("POST", "/ver1/accounts/{account_id}/remove", self.remove, write),
        )

    async def list_accounts(self, call: Call) -> bytes:
        """One page, oldest first; a page that is not full is the last. An array of entities."""
        page = call.params.integer("page", 1, 1, LAST_PAGE)
        per_page = call.params.integer("per_page", MOST_PER_PAGE, 1, MOST_PER_PAGE)
        api_key = call.params.text("api_key")
        call.params.check()
        mode = await self._mode(call)
        accounts = await self._accounts.list_accounts(
            call.user_id, mode=mode, api_key=api_key, page=page, per_page=per_page
        )
        return encode(await self._entities(accounts))

    async def get_account(self, call: Call) -> bytes:
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        return encode((await self._entities([account], detailed=True))[0])

    async def connect(self, call: Call) -> bytes:
        """Stores the account; its balances come with the first load. Until then all its amounts are 0.0."""
        params = call.params
        market_code, name = params.text("type"), params.text("name")
        fields = self._credential_fields(params, market_code)
        balances = params.amounts("balances") if market_code == PAPER else None
        params.check()
        account = await self._accounts.connect(call.user_id, market_code, name, fields, balances)
        call.account_id = account.id
        return encode((await self._entities([account]))[0])

    async def load_balances(self, call: Call) -> bytes:
        """Reads the account from its exchange, values and stores it. The updated entity."""
        account = await self._sync.sync_account(call.user_id, call.take_account_id())
        return encode((await self._entities([account]))[0])

    async def pie_chart_data(self, call: Call) -> bytes:
        """The shares of the last load, largest first. An array, empty for an account that was never loaded."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        body = self._pies.get(_state(account))
        while body is None:
            shares = await self._portfolio.allocation(account)
            read = _state(account)
            account = await self._accounts.get_account(account.user_id, account.id)
            if _state(account) == read:  # otherwise a load came between account and holdings: rates of two moments
                body = self._encode_pie(account, shares)
                self._pies.put(read, body)
        return body

    async def remove(self, call: Call) -> bytes:
        """Forgets the account with everything that belongs to it. The bare value true."""
        await self._accounts.remove_account(call.user_id, call.take_account_id())
        return b"true"

    async def _entities(self, accounts: Sequence[Account], *, detailed: bool = False) -> list[AccountEntity]:
        return [
            to_entity(
                report,
                market_of(report.account, self._markets.find(report.account.market_code)),
                self._public_url,
                detailed=detailed,
            )
            for report in await self._portfolio.report(accounts)
        ]

    def _encode_pie(self, account: Account, shares: Sequence[Share]) -> bytes:
        exchange_id = market_of(account, self._markets.find(account.market_code)).exchange_id
        find = self._catalogue.find
        return encode(to_slices(((share, find(share.asset, exchange_id)) for share in shares), account.id))

    async def _mode(self, call: Call) -> Mode:
        """What the Forced-Mode header asks for in this request, else what the user has chosen."""
        forced = call.header(b"forced-mode").strip().lower()
        if not forced:
            return (await self._users.get_user(call.user_id)).mode
        if forced in (Mode.PAPER, Mode.REAL):
            return Mode(forced)
        raise InvalidRequest({"Forced-Mode": [NO_SUCH_VALUE]})

    def _credential_fields(self, params: Params, market_code: str | None) -> Mapping[str, str]:
        """What is given of the credentials this market knows; everything else is left unread."""
        market = None if market_code is None else self._markets.find(market_code)
        wanted = () if market is None else (*market.required, *market.optional)
        fields: dict[str, str] = {}
        for name in wanted:
            value = params.text(name)
            if value is not None:
                fields[name] = value
        return fields


def _state(account: Account) -> tuple[int, int, datetime]:
    """What a finished answer depends on. `created_at`, lest an id given out again ever shows another's account."""
    return account.id, account.version, account.created_at
