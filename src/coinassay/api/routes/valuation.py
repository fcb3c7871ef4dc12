"""What totals rest on: prices and where they are from, wallets, ages, and the loads behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from coinassay.api.call import Call
from coinassay.api.declared import FORCED_MODE, Integer, Moment
from coinassay.api.routes.mode import mode_of
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.account import market_of
from coinassay.api.wire.display import Amount
from coinassay.api.wire.numbers import encode, text
from coinassay.api.wire.valuation import (
    LoadAttempt,
    SummaryValuation,
    Valuation,
    to_attempts,
    to_summary,
    to_valuation,
)
from coinassay.domain.api_key import Permission
from coinassay.domain.snapshot import Money
from coinassay.services.bundle import Services

LIMIT = Integer("limit", "How many at most.", 10, default=20, lowest=1, highest=100)
BEFORE = Moment("before", "Only those that ended before this moment; for the next page the `finished_at` of the last.")


class ValuationRoutes:
    def __init__(self, services: Services) -> None:
        self._valuation = services.valuation
        self._portfolio = services.portfolio
        self._currencies = services.currencies
        self._display = services.display
        self._users = services.users
        self._markets = services.markets
        self._catalogue = services.catalogue
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        read = Permission.ACCOUNTS_READ
        return (
            Route(
                "GET",
                "/v1/accounts/{account_id}/valuation",
                self.valuation,
                read,
                summary="Valuation",
                answer=Valuation,
                prefix=OWN,
            ),
            Route(
                "GET",
                "/v1/accounts/summary/valuation",
                self.summary_valuation,
                read,
                summary="Valuation of all accounts",
                answer=SummaryValuation,
                params=(FORCED_MODE,),
                prefix=OWN,
            ),
            Route(
                "GET",
                "/v1/accounts/{account_id}/loads",
                self.loads,
                read,
                summary="Last loads",
                answer=list[LoadAttempt],
                params=(LIMIT, BEFORE),
                prefix=OWN,
            ),
        )

    async def valuation(self, call: Call) -> bytes:
        """What the last good load found: every holding with the prices that lead to US dollars, what has no price and
        why, and the wallets with their ages. `state` says whether the total is complete."""
        valuation = await self._valuation.account(call.user_id, call.take_account_id())
        account = valuation.standing.account
        shown = await self._shown(account.total, call)
        exchange_id = market_of(account, self._markets.find(account.market_code)).exchange_id
        return encode(to_valuation(valuation, shown, self._catalogue, exchange_id))

    async def summary_valuation(self, call: Call) -> bytes:
        """The sum of the accounts that count in the summary, and of each its total, state and age."""
        mode = await mode_of(call, self._users)
        state, standings = await self._valuation.together(call.user_id, mode)
        report = await self._portfolio.summary(call.user_id, mode)
        total = report.account.total
        shown = await self._shown(total, call)
        return encode(to_summary(state, standings, total.usd, total.btc, shown, self._clock()))

    async def loads(self, call: Call) -> bytes:
        """The attempts to load the account, good and bad, the latest first, each with the outcome of every wallet."""
        account_id = call.take_account_id()
        limit, before = LIMIT.read(call.params), BEFORE.read(call.params)
        call.params.check()
        until = before if before is not None else self._clock() + timedelta(days=1)
        return encode(to_attempts(await self._valuation.loads(call.user_id, account_id, until, limit)))

    async def _shown(self, total: Money, call: Call) -> Amount:
        currency, value = await self._display.value(total, self._currencies.currency_of(call.admitted))
        return Amount(currency, text(value))
