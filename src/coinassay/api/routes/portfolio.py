"""How the value of an account, or of all accounts together, divides up and moves."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import chain

from coinassay.api.cache import BodyCache
from coinassay.api.call import Call
from coinassay.api.declared import FORCED_MODE, Moment, RequiredMoment
from coinassay.api.options import ApiOptions
from coinassay.api.params import INVALID, Params
from coinassay.api.routes.mode import mode_of
from coinassay.api.routing import Route
from coinassay.api.wire.account import SUMMARY_MARKET, AccountEntity, market_of, to_entity
from coinassay.api.wire.chart import ChartRow, to_chart
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.pie import Slice, shown_slices
from coinassay.api.wire.table import TableRow, to_rows
from coinassay.domain.account import SUMMARY_ID, Account
from coinassay.domain.allocation import Shown
from coinassay.domain.api_key import Permission
from coinassay.domain.breakdown import Line
from coinassay.domain.rates import BTC, USD
from coinassay.domain.series import day_of
from coinassay.errors import NotFound
from coinassay.services.bundle import Services
from coinassay.services.display import DOLLARS, Lens
from coinassay.services.ports import State

DATE_FROM = RequiredMoment(
    "date_from", "The first day: a date, or a moment of it, in UTC or with an offset.", "2026-02-01"
)
DATE_TO = Moment("date_to", "The last day; today where it is not given.", "2026-03-01T00:00:00.000Z")

ROWS_AT_ONCE = 500
"""Of a table, that are written before others have their turn; more are written in a thread."""


class PortfolioRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._accounts = services.accounts
        self._portfolio = services.portfolio
        self._users = services.users
        self._currencies = services.currencies
        self._display = services.display
        self._markets = services.markets
        self._catalogue = services.catalogue
        self._clock = services.clock
        self._public_url = options.public_url.rstrip("/")
        self._bodies = BodyCache(options.cache_bytes)

    def table(self) -> Sequence[Route]:
        read = Permission.ACCOUNTS_READ
        one, all_together = "/ver1/accounts/{account_id}", "/ver1/accounts/summary"
        return (
            Route(
                "GET",
                all_together,
                self.summary,
                read,
                summary="All accounts as one",
                answer=AccountEntity,
                params=(FORCED_MODE,),
            ),
            Route("POST", f"{one}/pie_chart_data", self.pie_chart_data, read, summary="Shares", answer=list[Slice]),
            Route(
                "POST",
                f"{all_together}/pie_chart_data",
                self.summary_pie_chart_data,
                read,
                summary="Shares of all accounts",
                answer=list[Slice],
                params=(FORCED_MODE,),
            ),
            Route(
                "POST",
                f"{one}/account_table_data",
                self.account_table_data,
                read,
                summary="Assets in detail",
                answer=list[TableRow],
            ),
            Route(
                "POST",
                f"{all_together}/account_table_data",
                self.summary_account_table_data,
                read,
                summary="Assets of all accounts in detail",
                answer=list[TableRow],
                params=(FORCED_MODE,),
            ),
            Route(
                "GET",
                f"{one}/balance_chart_data",
                self.balance_chart_data,
                read,
                summary="Value day by day",
                answer=list[ChartRow],
                params=(DATE_FROM, DATE_TO),
            ),
            Route(
                "GET",
                f"{all_together}/balance_chart_data",
                self.summary_balance_chart_data,
                read,
                summary="Value of all accounts day by day",
                answer=list[ChartRow],
                params=(DATE_FROM, DATE_TO, FORCED_MODE),
            ),
        )

    # ------------------------------------------------------------------------------------------- one account

    async def pie_chart_data(self, call: Call) -> bytes:
        """The shares of the last load, largest first. An array, empty for an account that was never loaded."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        currency = self._currencies.currency_of(call.admitted)
        lens = DOLLARS if currency == USD else await self._lens(currency, account)
        name = "pie" if lens is DOLLARS else ("pie", lens)
        body = self._bodies.get((name, (account.id, account.version)))
        if body is None:
            state, shares = await self._portfolio.shown_allocation(account.id)
            body = self._encode_pie(shares, self._exchange_of(account), account.id, lens)
            self._bodies.put((name, state), body)
        return body

    async def account_table_data(self, call: Call) -> bytes:
        """What the last load found, a row for each asset and open derivative, largest value first."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        body = self._bodies.get(("table", (account.id, account.version)))
        if body is None:
            states, lines = await self._portfolio.breakdown([account.id])
            if not states:  # removed meanwhile
                raise NotFound
            body = self._encode_table(lines, {account.id: self._exchange_of(account)})
            self._bodies.put(("table", *states), body)
        return body

    async def balance_chart_data(self, call: Call) -> bytes:
        """The value day by day. An array, empty for an account that was never loaded."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        return await self._chart(call.params, [account])

    # --------------------------------------------------------------------------------------- all together

    async def summary(self, call: Call) -> bytes:
        """The accounts that count in the summary as one entity."""
        mode, currency = await mode_of(call, self._users), self._currencies.currency_of(call.admitted)
        report = await self._portfolio.summary(call.user_id, mode)
        worth = await self._display.summary_worth(report, call.user_id, mode, currency)
        return encode(to_entity(report, SUMMARY_MARKET, self._public_url, worth, detailed=True))

    async def summary_pie_chart_data(self, call: Call) -> bytes:
        """The shares of all accounts together, those of one asset added up. The rows belong to the account 0."""
        mode = await mode_of(call, self._users)
        states = await self._portfolio.states(call.user_id, mode)
        lens = await self._display.lens(self._currencies.currency_of(call.admitted))
        body = self._bodies.get(("summary pie", lens, call.user_id, _digest(states)))
        if body is None:
            read, shares = await self._portfolio.combined_allocation([account_id for account_id, _ in states])
            body = self._encode_pie(shares, "", SUMMARY_ID, lens)
            self._bodies.put(("summary pie", lens, call.user_id, _digest(read)), body)
        return body

    async def summary_account_table_data(self, call: Call) -> bytes:
        """The rows of all accounts, each with its own account. Percentages are of all accounts together."""
        mode = await mode_of(call, self._users)
        states = await self._portfolio.states(call.user_id, mode)
        body = self._bodies.get(("summary table", call.user_id, _digest(states)))
        if body is None:
            read, lines = await self._portfolio.breakdown([account_id for account_id, _ in states])
            accounts = await self._portfolio.included(call.user_id, mode)
            exchanges = {account.id: self._exchange_of(account) for account in accounts}
            if len(lines) <= ROWS_AT_ONCE:
                body = self._encode_table(lines, exchanges)
            else:
                body = await asyncio.to_thread(self._encode_table, lines, exchanges)
            self._bodies.put(("summary table", call.user_id, _digest(read)), body)
        return body

    async def summary_balance_chart_data(self, call: Call) -> bytes:
        """The value of all accounts together."""
        accounts = await self._portfolio.included(call.user_id, await mode_of(call, self._users))
        return await self._chart(call.params, accounts)

    # ---------------------------------------------------------------------------------------------- parts

    async def _chart(self, params: Params, accounts: Sequence[Account]) -> bytes:
        first, last = DATE_FROM.read(params), DATE_TO.read(params)
        if first is not None and last is not None and last < first:
            params.complain("date_to", INVALID)
        params.check()
        assert first is not None
        now = self._clock()
        until = None if last is None or last >= now else day_of(last)
        return encode(to_chart(await self._portfolio.series(accounts, day_of(first), until)))

    def _exchange_of(self, account: Account) -> str:
        """The exchange's id: a code may stand for another coin there."""
        return market_of(account, self._markets.find(account.market_code)).exchange_id

    async def _lens(self, currency: str, account: Account) -> Lens:
        """One account's value in BTC is that of its last load, as everywhere."""
        if currency == BTC:
            return DOLLARS if account.btc_rate is None else Lens(BTC, account.btc_rate)
        return await self._display.lens(currency)

    def _encode_pie(self, shares: Sequence[Shown], exchange_id: str, account_id: int, lens: Lens) -> bytes:
        find = self._catalogue.find
        named = [(share, find(share.asset, exchange_id)) for share in shares]
        return encode(shown_slices(named, account_id, lens.currency, lens.rate))

    def _encode_table(self, lines: Sequence[Line], exchanges: Mapping[int, str]) -> bytes:
        find = self._catalogue.find
        named = ((line, find(line.asset, exchanges.get(line.account_id, ""))) for line in lines)
        return encode(to_rows(named, self._public_url))


def _digest(states: Sequence[State]) -> bytes:
    """What a finished answer about these accounts depends on, in few bytes."""
    return sha256(array("q", chain.from_iterable(states)).tobytes()).digest()
