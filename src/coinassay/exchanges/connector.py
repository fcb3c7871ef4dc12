"""Reading accounts and prices of all exchanges through ccxt, and of paper accounts without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from coinassay.domain.account import Credentials
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.market import Market
from coinassay.domain.network import CoinNetworks, DepositAddress
from coinassay.domain.pair import Pair
from coinassay.domain.rates import Quote
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    NotSupportedByExchange,
)
from coinassay.exchanges import paper
from coinassay.exchanges.addresses import Addresses
from coinassay.exchanges.admission import Load
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask_knowing
from coinassay.exchanges.errors import is_ambiguous
from coinassay.exchanges.flows import Flows
from coinassay.exchanges.instances import IDLE, SIZE, Instances
from coinassay.exchanges.keeper import Shared
from coinassay.exchanges.limiter import DEADLINE, PATIENCE
from coinassay.exchanges.limiters import Limiters
from coinassay.exchanges.markets import MarketTable
from coinassay.exchanges.pairs import Pairs
from coinassay.exchanges.past_prices import PastCandles
from coinassay.exchanges.prices import Prices
from coinassay.exchanges.public import MOST_CATALOGUES, Catalogues, Key
from coinassay.exchanges.reading import Fetched, WalletPlan
from coinassay.exchanges.trades import Trades
from coinassay.exchanges.wallet_data import WalletData
from coinassay.exchanges.wallets import plan as plan_of
from coinassay.services.ports import Catalogue, Clock, Connection, NewTrades
from coinassay.services.ports.flows import NewMovements, PastPrice

T = TypeVar("T")

Plan = Callable[[Market], Sequence[WalletPlan]]

READING_SHARE = 0.8
"""Of its time, after which a reading of trades makes no further request: what it has must not be lost."""

MARGIN = 0.1
"""Seconds before its deadline at which a reading stops waiting, to be told in time."""


class ExchangeConnector:
    """The ports `Connector`, `QuoteSource`, `MarketData`, `TradeSource`, `WalletSource`, `MovementSource` and
    `PastPrices`.

    For one event loop. ccxt is imported with the first account or price that needs it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        base_urls: Mapping[str, str] | None = None,
        isolated: bool = False,
        limits: Mapping[str, Decimal | float] | None = None,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        markets: Iterable[Market] | None = None,
        plan: Plan = plan_of,
        instances: int = SIZE,
        idle: float = IDLE,
        catalogues: int = MOST_CATALOGUES,
        patience: float = PATIENCE,
        shared: Shared | None = None,
    ) -> None:
        """`base_urls` by market code or ccxt id; `isolated`: nobody else is asked anything.

        `limits` in ccxt's units a second by ccxt id; `idle` in seconds; `patience`: seconds a load waits for its turn.
        `shared`: where processes that ask from one address share their limits.

        Raises ConfigurationError for a base URL that is neither https nor loopback.
        """
        self._catalogue = catalogue
        self._now = monotonic
        self._plan = plan
        self._patience = patience
        known = MarketTable().list() if markets is None else markets
        self._addresses = Addresses(base_urls or {}, known, isolated=isolated)
        self._limiters = Limiters(limits or {}, monotonic, shared)
        background = Background("coinassay prices")
        self._catalogues = Catalogues(self._limiters, background, monotonic, size=catalogues)
        self._prices = Prices(self._catalogues, background, clock, monotonic)
        self._pairs = Pairs(self._catalogues, background, self._addresses, clock, monotonic)
        self._instances = Instances(
            self._addresses, self._limiters, self._catalogues.exchange, size=instances, idle=idle, now=monotonic
        )
        self._trades = Trades(self._instances, self._pairs, monotonic)
        self._wallet_data = WalletData(self._instances)
        self._flows = Flows(self._instances, catalogue, monotonic)
        self._past_candles = PastCandles(self._catalogues, background, self._addresses)

    async def fetch_reading(self, connection: Connection, timeout: float) -> Reading:
        market = connection.market
        if market.exchange_id == paper.PAPER_EXCHANGE:
            return paper.read(connection)
        plans = self._plan(market)
        if not plans:
            raise NotSupportedByExchange(exchange_id=market.exchange_id)
        self._limiters.bind()
        return await self._read(connection, plans, timeout)

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        if exchange_id == paper.PAPER_EXCHANGE:
            return ()
        key = Key(*self._addresses.of_prices(exchange_id))
        until = self._now() + timeout - min(MARGIN, timeout / 10)
        return await self._ask_publicly(key.exchange_id, self._prices.quotes(key, codes, until), timeout)

    async def fetch_pairs(self, market: Market, timeout: float) -> Mapping[str, Pair]:
        return await self._ask_publicly(market.exchange_id, self._pairs.pairs(market), timeout)

    async def fetch_quote(self, market: Market, pair: Pair, timeout: float) -> Quote:
        return await self._ask_publicly(market.exchange_id, self._pairs.quote(market, pair), timeout)

    async def fetch_trades(
        self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, timeout: float
    ) -> NewTrades:
        until = self._now() + timeout * READING_SHARE
        return await self._ask_in_time(
            connection.market.exchange_id, self._trades.fetch(connection, cursors, assets, now, until), timeout
        )

    async def fetch_movements(
        self, connection: Connection, start: datetime, now: datetime, timeout: float, *, thorough: bool = False
    ) -> NewMovements:
        until = self._now() + timeout * READING_SHARE
        return await self._ask_in_time(
            connection.market.exchange_id,
            self._flows.fetch(connection, start, now, until, thorough=thorough),
            timeout,
        )

    async def fetch_past_price(self, market: Market, code: str, at: datetime, timeout: float) -> PastPrice | None:
        if market.exchange_id == paper.PAPER_EXCHANGE:
            return None
        return await self._ask_publicly(market.exchange_id, self._past_candles.fetch(market, code, at), timeout)

    async def fetch_networks(self, connection: Connection, timeout: float) -> Sequence[CoinNetworks]:
        return await self._ask_in_time(
            connection.market.exchange_id, self._wallet_data.fetch_networks(connection), timeout
        )

    async def fetch_deposit_address(
        self, connection: Connection, currency: str, network: str, timeout: float
    ) -> DepositAddress:
        return await self._ask_in_time(
            connection.market.exchange_id,
            self._wallet_data.fetch_deposit_address(connection, currency, network),
            timeout,
        )

    def lend(
        self, market: Market, credentials: Credentials, beside: Market | None = None
    ) -> AbstractAsyncContextManager[Any]:
        """A ccxt exchange object for credentials that belong to no account, within the same limits and at the same
        address as those of accounts. `beside`: the market they were given for, where they are tried at another one."""
        self._limiters.bind()
        return self._instances.borrow(market, credentials, beside)

    async def forget(self, account_id: int) -> None:
        self._instances.forget(account_id)

    async def close(self) -> None:
        await self._catalogues.close()
        await self._instances.close()
        await self._limiters.close()

    async def _ask_in_time(self, exchange_id: str, asking: Coroutine[Any, Any, T], timeout: float) -> T:
        self._limiters.bind()
        before = DEADLINE.set(self._now() + timeout - min(MARGIN, timeout / 10))
        try:
            async with asyncio.timeout(timeout):
                return await asking
        except TimeoutError as e:
            self._limiters.check_pause(exchange_id)  # which began while others asked for the same
            raise _late(exchange_id, timeout) from e
        finally:
            DEADLINE.reset(before)

    async def _ask_publicly(self, exchange_id: str, asking: Coroutine[Any, Any, T], timeout: float) -> T:
        try:
            return await self._ask_in_time(exchange_id, asking, timeout)
        except CredentialsRejected as e:
            # Nobody's credentials were used: they must not be called rejected.
            raise NotSupportedByExchange(
                f"{exchange_id} tells nobody its prices without a key.", exchange_id=exchange_id
            ) from e
        except ExchangePermissionMissing as e:
            # No key lacks anything: it is this server's address that is refused, and others may be let in.
            raise ExchangeUnavailable(
                f"{exchange_id} refuses to tell this server its prices.", exchange_id=exchange_id
            ) from e

    async def _read(self, connection: Connection, plans: Sequence[WalletPlan], timeout: float) -> Reading:
        market = connection.market
        own_time = timeout - min(MARGIN, timeout / 10)
        try:
            async with asyncio.timeout(own_time) as waiting, self._instances.lease(connection) as exchange:
                waiting.reschedule(None)  # from here on its place in the queue and each wallet's time are measured
                load = exchange.limiter.load(market.code, market.exchange_id, own_time, self._patience)
                async with load:
                    outcomes = await self._read_wallets(exchange, connection, plans, load, timeout)
        except TimeoutError as e:
            raise _late(market.exchange_id, timeout) from e
        return judge(tuple(plan.name for plan in plans), outcomes, load.waited)

    async def _read_wallets(
        self, exchange: Any, connection: Connection, plans: Sequence[WalletPlan], load: Load, timeout: float
    ) -> list[Outcome]:
        """What came of each wallet. None waits for another."""
        secrets = tuple(connection.credentials.values())
        exchange_id = connection.market.exchange_id
        resolve = partial(self._catalogue.resolve, exchange_id)
        tasks = [
            asyncio.create_task(
                ask_knowing(exchange_id, plan.fetch(exchange, resolve), secrets), name=f"wallet {plan.name}"
            )
            for plan in plans
        ]
        if connection.tell is not None:
            for n, (plan, task) in enumerate(zip(plans, tasks, strict=True)):
                task.add_done_callback(partial(_tell, connection.tell, plan.name, n == 0))
        pending: set[asyncio.Task[Any]] = set(tasks)
        try:
            while pending and (left := load.left()) > 0:
                _, pending = await asyncio.wait(pending, timeout=left)
        finally:
            unfinished = [task for task in tasks if not task.done()]
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.gather(*unfinished, return_exceptions=True)
            errors = [None if task.cancelled() else task.exception() for task in tasks]
        outcomes: list[Outcome] = []
        for n, task in enumerate(tasks):
            result = None if task.cancelled() else errors[n] or task.result()
            if result is None:
                outcomes.append(_late(exchange_id, timeout))
                if connection.tell is not None:
                    connection.tell(_wallet(plans[n].name, outcomes[n], n == 0))
            elif isinstance(result, ExchangeError):
                outcomes.append(result)
            elif isinstance(result, BaseException):
                raise result
            else:
                fetched, answered = result
                outcomes.append(Read(fetched, proved=answered or bool(fetched.balances)))
        return outcomes


@dataclass(frozen=True, slots=True)
class Read:
    """A wallet that was read."""

    fetched: Fetched
    proved: bool = True
    """Whether the exchange let the key in for it. A wallet that cannot be there (a funding wallet beside a classic
    account) is empty without a question."""


Outcome = Read | ExchangeError


def judge(names: Sequence[str], outcomes: Sequence[Outcome], waited: float = 0.0) -> Reading:
    """The reading of an account from what came of its wallets, the primary one first.

    Raises the most telling error when the exchange let none be read: that the credentials are rejected, if that is
    certain or said of the primary wallet; else whatever came first.
    """
    failures = [outcome for outcome in outcomes if isinstance(outcome, ExchangeError)]
    if failures and not any(isinstance(outcome, Read) and outcome.proved for outcome in outcomes):
        rejected = [each for each in failures if isinstance(each, CredentialsRejected)]
        raise next((each for each in rejected if not is_ambiguous(each)), failures[0])
    wallets = zip(names, outcomes, strict=True)
    return Reading(tuple(_wallet(name, outcome, n == 0) for n, (name, outcome) in enumerate(wallets)), waited)


def _tell(
    tell: Callable[[WalletReading], None], name: str, primary: bool, task: asyncio.Task[tuple[Fetched, bool]]
) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        tell(_wallet(name, Read(task.result()[0]), primary))
    elif isinstance(error, ExchangeError):
        tell(_wallet(name, error, primary))


def _wallet(name: str, outcome: Outcome, primary: bool) -> WalletReading:
    if isinstance(outcome, Read):
        return WalletReading(name, outcome.fetched.balances, outcome.fetched.positions)
    if isinstance(outcome, NotSupportedByExchange) and not primary:
        return WalletReading(name)  # this user, or this exchange, has no such wallet
    if isinstance(outcome, CredentialsRejected):
        # The same key has just read another wallet: it is good, and lacks the permission for this one.
        outcome = ExchangePermissionMissing(
            f"The API key reads other wallets, but not this one. {outcome.message}", exchange_id=outcome.exchange_id
        )
    return WalletReading(name, failure=outcome.code, reason=outcome.message)


def _late(exchange_id: str, timeout: float) -> ExchangeUnavailable:
    return ExchangeUnavailable(f"{exchange_id} did not answer in {timeout:g} s.", exchange_id=exchange_id)
