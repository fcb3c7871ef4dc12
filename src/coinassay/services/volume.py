"""How much accounts traded: their exchanges' trades, each read once, valued at its own day and added up.

Paper accounts trade by selling on paper; that is counted when it is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ONE, ZERO
from coinassay.domain.rates import BTC, USD, RateBook
from coinassay.domain.snapshot import Money
from coinassay.domain.trade import EPOCH, DayVolume, Trade, start_of_day
from coinassay.domain.valuation import in_btc
from coinassay.errors import Conflict, ExchangeUnavailable, NotSupportedByExchange, NoVolume, UnavailableForAccount
from coinassay.services.ports import (
    AccountStore,
    Clock,
    Connection,
    DailyCloses,
    LoadStore,
    Markets,
    NewTrades,
    RateSource,
    TradeReading,
    TradeSource,
    VolumeStore,
)
from coinassay.services.sync import DEFAULT_TIMEOUT, SyncService

FRESH = timedelta(seconds=60)
"""For so long trades are not asked for again."""

LEAST_TIME = 1.0
"""Seconds: with less left, no further request is begun."""


class Accounts(AccountStore, LoadStore, VolumeStore, Protocol):
    """The stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What was traded in a time."""

    money: Money
    approximate: bool
    """Where a trade could not be valued at the prices of its day, or trades may be missing: too old for the exchange to
    tell them, or in markets that nothing the account was seen to hold points to."""


class VolumeService:
    def __init__(
        self,
        accounts: Accounts,
        sync: SyncService,
        markets: Markets,
        source: TradeSource,
        rates: RateSource,
        closes: DailyCloses,
        clock: Clock,
        timeout: float = DEFAULT_TIMEOUT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._sync = sync
        self._markets = markets
        self._source = source
        self._rates = rates
        self._closes = closes
        self._clock = clock
        self._timeout = timeout
        self._now = monotonic
        self._running: dict[int, asyncio.Task[TradeReading]] = {}

    async def between(self, user_id: int, account_id: int, start: datetime, end: datetime, what: str) -> Volume:
        """What was traded on the UTC days from `start` until before `end`.

        Raises NoVolume, with `what` was asked for ("date", "month"), where nothing was; UnavailableForAccount where the
        exchange tells nobody his trades; NotFound, ExchangeError.
        """
        account = await self._accounts.get_account(user_id, account_id)
        await self._read(account, end)
        volumes = await self._accounts.list_volumes(account.id, start, end)
        if not volumes:
            raise NoVolume(f"No data available for the requested {what}")
        return _sum(volumes)

    async def total(self, user_id: int, account_id: int) -> Volume:
        """Everything; 0 for an account that never traded. Raises as `between` does, but for NoVolume."""
        account = await self._accounts.get_account(user_id, account_id)
        reading = await self._read(account, None)
        volumes = await self._accounts.list_volumes(account.id, EPOCH, datetime.max.replace(tzinfo=UTC))
        volume = _sum(volumes)
        return volume if reading.complete else replace(volume, approximate=True)

    # --------------------------------------------------------------------------------------------------- reading

    async def _read(self, account: Account, end: datetime | None) -> TradeReading:
        """Sees to it that the trades made until `end` (None: until now) are counted. Calls of one moment are one."""
        reading = await self._accounts.find_trade_reading(account.id)
        if account.is_paper or self._is_fresh(reading, end):
            return reading
        task = self._running.get(account.id)
        if task is None:
            task = asyncio.create_task(self._read_on(account, reading), name=f"trades of account {account.id}")
            self._running[account.id] = task
            task.add_done_callback(lambda done: self._finished(account.id, done))
        return await asyncio.shield(task)

    def _finished(self, account_id: int, task: asyncio.Task[TradeReading]) -> None:
        self._running.pop(account_id, None)
        if not task.cancelled():
            task.exception()  # every caller may have gone

    def _is_fresh(self, reading: TradeReading, end: datetime | None) -> bool:
        now = self._clock()
        if reading.read_at is None:
            return False
        return now - reading.read_at < FRESH or (end is not None and end <= reading.read_at)

    async def _read_on(self, account: Account, reading: TradeReading) -> TradeReading:
        """Asks until all trades are told, or the time is over; what was told is stored each time."""
        until = self._now() + self._timeout
        market = self._markets.find(account.market_code)
        if market is None:
            raise UnavailableForAccount
        credentials = await self._accounts.get_credentials(account.id)
        connection = Connection(account_id=account.id, market=market, credentials=credentials)
        if account.loaded_at is None:  # nothing is known yet of what it holds
            await self._sync.sync_account(account.user_id, account.id)
        assets = await self._assets(account, reading)
        while (left := until - self._now()) > LEAST_TIME:
            now = self._clock()
            try:
                new = await self._source.fetch_trades(connection, reading.cursors, assets, now, left)
            except NotSupportedByExchange as e:
                raise UnavailableForAccount from e
            volumes = await self._value(account, new, max(LEAST_TIME, until - self._now()))
            after = replace(
                reading,
                cursors=new.cursors,
                read_at=new.read_until or reading.read_at,
                complete=reading.complete and new.complete and not new.guessed,
            )
            try:
                reading = await self._accounts.record_trades(account.id, after, volumes)
            except Conflict:  # another process has read and counted them
                reading = await self._accounts.find_trade_reading(account.id)
            if self._is_fresh(reading, None):
                return reading
        raise ExchangeUnavailable(
            "There are many trades, and they are still being read: ask again.", exchange_id=market.exchange_id
        )

    async def _assets(self, account: Account, reading: TradeReading) -> Sequence[str]:
        """What the account holds or has held since the last reading, under our codes and the exchange's."""
        held = set(await self._accounts.list_assets(account.id, reading.read_at or EPOCH))
        for holding in await self._accounts.list_holdings(account.id):
            held |= {holding.balance.asset, holding.balance.exchange_code or holding.balance.asset}
        return sorted(held)

    # -------------------------------------------------------------------------------------------------- valuation

    async def _value(self, account: Account, new: NewTrades, timeout: float) -> Sequence[DayVolume]:
        trades = new.trades
        if not trades:
            return ()
        prices = _Prices(self._closes, start_of_day(self._clock()))
        wanted = {code for trade in trades for code in (trade.quote, BTC) if not prices.knows(code, trade.at)}
        market = self._markets.find(account.market_code)
        if wanted and market is not None:
            balances = [Balance(code, "", ONE) for code in sorted(wanted)]
            prices.present = await self._rates.fetch_rates(market, balances, timeout)
        days: dict[datetime, DayVolume] = {}
        for trade in trades:
            money, approximate = prices.worth(trade)
            day = start_of_day(trade.at)
            known = days.get(day, DayVolume(day, Money(), 0))
            days[day] = DayVolume(
                day, known.money + money, known.trades + 1, known.approximate or approximate or new.guessed
            )
        return tuple(days.values())


class _Prices:
    """What a trade is worth: by its own price where that says it, by the close of its day, or by the present price,
    which is as good on the day itself and approximate for an older trade."""

    def __init__(self, closes: DailyCloses, today: datetime) -> None:
        self._closes = closes
        self._today = today
        self.present: RateBook | None = None

    def knows(self, code: str, at: datetime) -> bool:
        """Whether the price of that day is known without asking anybody."""
        return code == USD or self._close(code, at) is not None

    def worth(self, trade: Trade) -> tuple[Money, bool]:
        """And whether it is approximate. Without any price it counts 0."""
        usd, usd_is_approximate = self._usd(trade)
        if trade.base == BTC:
            return Money(usd, trade.amount.copy_abs()), usd_is_approximate
        if trade.quote == BTC:
            return Money(usd, trade.cost), usd_is_approximate
        price, approximate = self._price(BTC, trade.at)
        return Money(usd, in_btc(usd, price)), usd_is_approximate or approximate

    def _usd(self, trade: Trade) -> tuple[Decimal, bool]:
        if trade.base == USD:
            return trade.amount.copy_abs(), False
        price, approximate = self._price(trade.quote, trade.at)
        return CONTEXT.multiply(trade.cost, price), approximate

    def _price(self, code: str, at: datetime) -> tuple[Decimal, bool]:
        if code == USD:
            return ONE, False
        close = self._close(code, at)
        if close is not None:
            return close, False
        rate = None if self.present is None else self.present.get(code)
        return (ZERO, True) if rate is None else (rate.price, start_of_day(at) < self._today)

    def _close(self, code: str, at: datetime) -> Decimal | None:
        day = start_of_day(at).date()
        found = self._closes.find(code, day)
        return found[1] if found is not None and found[0] == day else None


def _sum(volumes: Iterable[DayVolume]) -> Volume:
    money, approximate = Money(), False
    for each in volumes:
        money, approximate = money + each.money, approximate or each.approximate
    return Volume(money, approximate)
