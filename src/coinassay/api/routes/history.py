"""What was, and what came of it: the profit ledger, and what accounts held at a moment of the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from coinassay.api.call import Call
from coinassay.api.declared import FORCED_MODE, LastMoment, Moment
from coinassay.api.params import INVALID, Params
from coinassay.api.routes.mode import mode_of
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.history import PastComposition, ProfitLedger, to_composition, to_ledger
from coinassay.api.wire.numbers import encode
from coinassay.domain.account import Account
from coinassay.domain.api_key import Permission
from coinassay.domain.series import day_of
from coinassay.services.bundle import Services

FROM = Moment("from", "The first day; the first of which anything is known where it is not given.", "2026-02-01")
TO = Moment("to", "The last day; today, up to now, where it is not given.", "2026-03-01")
AT = LastMoment("at", "The moment, or a date for the end of that day; now where it is not given.", "2026-02-01")


class HistoryRoutes:
    def __init__(self, services: Services) -> None:
        self._accounts = services.accounts
        self._portfolio = services.portfolio
        self._users = services.users
        self._history = services.history
        self._ledger = services.ledger
        self._currencies = services.currencies
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        read = Permission.ACCOUNTS_READ
        one, together = "/v1/accounts/{account_id}", "/v1/accounts/summary"
        return (
            Route(
                "GET",
                f"{one}/profit",
                self.profit,
                read,
                summary="Profit ledger",
                answer=ProfitLedger,
                params=(FROM, TO),
                prefix=OWN,
            ),
            Route(
                "GET",
                f"{together}/profit",
                self.summary_profit,
                read,
                summary="Profit ledger of all accounts",
                answer=ProfitLedger,
                params=(FROM, TO, FORCED_MODE),
                prefix=OWN,
            ),
            Route(
                "GET",
                f"{one}/composition",
                self.composition,
                read,
                summary="Holdings at a past moment",
                answer=PastComposition,
                params=(AT,),
                prefix=OWN,
            ),
            Route(
                "GET",
                f"{together}/composition",
                self.summary_composition,
                read,
                summary="Holdings of all accounts at a past moment",
                answer=PastComposition,
                params=(AT, FORCED_MODE),
                prefix=OWN,
            ),
        )

    async def profit(self, call: Call) -> bytes:
        """Day by day what the account was worth, what came and went, and what was earned."""
        account_id = call.take_account_id()

        async def read() -> Sequence[Account]:
            return [await self._accounts.get_account(call.user_id, account_id)]

        await read()  # of what is not there nothing else is said
        return await self._tell(call, read)

    async def summary_profit(self, call: Call) -> bytes:
        """The accounts that count in the summary as if they were one: what was moved between two of them is no deposit
        or withdrawal, and what is missing after it is a loss."""
        mode = await mode_of(call, self._users)
        return await self._tell(call, lambda: self._portfolio.included(call.user_id, mode))

    async def composition(self, call: Call) -> bytes:
        """What the account held at a moment, as its last load until then found it."""
        account = await self._accounts.get_account(call.user_id, call.take_account_id())
        return encode(to_composition(await self._history.composition_at([account], self._moment(call.params))))

    async def summary_composition(self, call: Call) -> bytes:
        """What the accounts that count in the summary held together at a moment."""
        accounts = await self._included(call)
        return encode(to_composition(await self._history.composition_at(accounts, self._moment(call.params))))

    # ---------------------------------------------------------------------------------------------- parts

    async def _included(self, call: Call) -> Sequence[Account]:
        return await self._portfolio.included(call.user_id, await mode_of(call, self._users))

    async def _tell(self, call: Call, read: Callable[[], Awaitable[Sequence[Account]]]) -> bytes:
        params = call.params
        first, last = FROM.read(params), TO.read(params)
        if first is not None and last is not None and last < first:
            params.complain("to", INVALID)
        params.check()
        currency = self._currencies.currency_of(call.admitted)
        ledger = await self._ledger.current(
            read, None if first is None else day_of(first), None if last is None else day_of(last), currency
        )
        return encode(to_ledger(ledger, currency))

    def _moment(self, params: Params) -> datetime:
        moment = AT.read(params)
        params.check()
        now = self._clock()
        return now if moment is None else min(moment, now)
